"""Moving pixels about."""

from functools import lru_cache

import numpy as np

UPSAMPLE = 4


@lru_cache(maxsize=None)
def rotation_grid(size, degrees):
    """Where each pixel of a rotated image comes from."""
    angle = np.deg2rad(degrees)
    centre = (size - 1) / 2
    y, x = np.mgrid[:size, :size] - centre
    rows = np.cos(angle) * y - np.sin(angle) * x + centre
    columns = np.sin(angle) * y + np.cos(angle) * x + centre
    return rows, columns


def sample(images, rows, columns):
    """Bilinear lookup, black outside."""
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    limit = images.shape[1]
    rows = np.clip(rows, -1, limit) + 1
    columns = np.clip(columns, -1, limit) + 1
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    down, right = rows - top, columns - left
    return (
        padded[:, top, left] * (1 - down) * (1 - right)
        + padded[:, top + 1, left] * down * (1 - right)
        + padded[:, top, left + 1] * (1 - down) * right
        + padded[:, top + 1, left + 1] * down * right
    )


def rotate(images, degrees):
    """Turn all images by one angle."""
    rows, columns = rotation_grid(images.shape[1], degrees)
    return sample(images, rows, columns)


def shift(images, down, right):
    """Move all images by parts of a pixel."""
    size = images.shape[1]
    rows, columns = np.mgrid[:size, :size].astype(float)
    return sample(images, rows - down, columns - right)


def soften(images, strength=0.1):
    """Blur a little: each pixel takes some of its neighbours."""
    kernel = np.array([strength, 1.0, strength])
    kernel = kernel / kernel.sum()
    wide = np.repeat(np.repeat(images, UPSAMPLE, axis=1), UPSAMPLE, axis=2)
    for axis in (1, 2):
        wide = np.apply_along_axis(np.convolve, axis, wide, kernel, "same")
    size = images.shape[1]
    return wide.reshape(-1, size, UPSAMPLE, size, UPSAMPLE).mean(axis=(2, 4))
