"""Images of Pillow, by their pixels."""

import pytest

from hitsave_trace.fingerprint.forms import form_of
from hitsave_trace.fingerprint.values import Unfingerprintable, Walk

Image = pytest.importorskip("PIL.Image")


def of(value):
    return Walk().fingerprint(value)


def test_kind_size_pixels_and_words_count():
    image = Image.new("RGB", (4, 3), (1, 2, 3))
    other = image.copy()
    assert of(image) == of(other)
    other.putpixel((1, 1), (0, 0, 0))
    told = image.copy()
    told.info["dpi"] = 72
    others = [other, told, Image.new("RGB", (3, 4), (1, 2, 3)), image.convert("RGBA"), image.convert("L")]

    assert len({of(one) for one in (image, *others)}) == 6


def test_it_is_set_in_place():
    image = Image.new("L", (5, 5), 7)
    form, before = form_of(type(image)), of(image)
    held, fixed = form.take(image), form.fixed(image)
    image.paste(9, (0, 0, 2, 2))
    assert of(image) != before
    form.put(image, held)

    assert of(image) == before
    assert form.fixed(image) == fixed


def test_what_saving_leaves_behind_is_set_too(tmp_path):
    image, other = Image.new("RGB", (4, 4)), Image.new("RGB", (4, 4))
    image.save(tmp_path / "image.png")
    form = form_of(type(image))
    form.put(other, form.take(image))

    assert of(other) == of(image)
    assert vars(other).keys() == vars(image).keys()


def test_what_is_elsewhere_has_none(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "image.png")
    numpy = pytest.importorskip("numpy")
    with Image.open(tmp_path / "image.png") as opened:
        for image in (opened, Image.fromarray(numpy.zeros((3, 3), "uint8")), Image.new("P", (2, 2))):
            with pytest.raises(Unfingerprintable):
                of(image)
