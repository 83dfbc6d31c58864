"""More training data out of little: shifted, turned and noisy copies."""

import os

import numpy as np

import imaging

NOISE = float(os.environ.get("DIGITS_NOISE", "0.08"))
TRANSFORMS = {}


def transform(name):
    """Enter a function into the table of transforms."""

    def enter(function):
        TRANSFORMS[name] = function
        return function

    return enter


@transform("shift")
def shifted(images, rng):
    down, right = rng.uniform(-1, 1, size=2)
    return imaging.shift(images, down, right)


@transform("rotate")
def turned(images, rng):
    return imaging.rotate(images, int(rng.integers(-12, 13)))


@transform("noise")
def noisy(images, rng):
    return np.clip(images + rng.normal(0, noise_level(), images.shape), 0, 1)


def noise_level():
    """How much noise to add, as the environment says at this moment."""
    return float(os.environ.get("DIGITS_NOISE", NOISE))


def apply(name, images, rng):
    """One transform, found by its name, then a soft focus."""
    return imaging.soften(TRANSFORMS[name](images, rng))


def augment(images, labels, names, seed, copies=6):
    """The images themselves and `copies` changed versions of them."""
    rng = np.random.default_rng(seed)
    everything = [images]
    for number in range(copies):
        name = names[number % len(names)]
        everything.append(apply(name, images, rng))
        print(f"  copy {number + 1} of {copies}: {name}")
    return np.concatenate(everything), np.tile(labels, copies + 1)


def whiten(images):
    """Give each pixel mean 0 and deviation 1."""
    return (images - images.mean(axis=0)) / (images.std(axis=0) + 0.01)


def flatten(images, white):
    """Rows of pixels, as the network wants them."""
    if white:
        images = whiten(images)
    return images.reshape(len(images), -1)
