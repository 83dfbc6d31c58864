"""The canonical form of Pillow's images: kind, size, pixels, and what is noted of them.

Pixels lie in memory of Pillow's own, and come out as a copy. Which of its colours a palette has is kept there as well, and can't be seen.
"""

from __future__ import annotations

from hitsave_trace.fingerprint import forms, hasher, objects
from hitsave_trace.fingerprint.hasher import marshalled, number, text
from hitsave_trace.fingerprint.libraries import note
from hitsave_trace.fingerprint.places import ATTRIBUTES
from hitsave_trace.fingerprint.registry import WHOLE, add, qualified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything, Children
    from hitsave_trace.fingerprint.values import Walk

_IMAGE = "PIL.Image.Image"
_PARTS = {"_im", "_mode", "_size", "palette", "info", "readonly", "_readonly", "_exif", "pyaccess", "_category"}
_MODES = frozenset(("1", "L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16"))


def _image(walk: Walk, value: Anything) -> Children:
    if ".".join(qualified(type(value))) != _IMAGE:
        objects.refuse(value, "an image that was opened may still be an open file; what .copy() gives is in memory")
    held = object.__getattribute__(value, "__dict__")
    if value.mode not in _MODES or held.get("palette") or held.get("_exif"):
        objects.refuse(value, "an image that holds more than pixels and words")
    if value.readonly:
        objects.refuse(value, "an image that shows the memory of something else; what .copy() gives has its own")
    pixels = value.tobytes() if value.width and value.height else b""
    note(walk, "PIL")
    walk.write(hasher.IMAGE + text(value.mode) + marshalled(tuple(value.size), 2) + number(len(pixels)))
    walk.feed(pixels)
    return [value.info, walk.made(_others(value))], (ATTRIBUTES, ["info", "__dict__"])


def _others(image: object) -> dict[str, object]:
    """Give the attributes besides those that every image has: to save one leaves some behind."""
    held = object.__getattribute__(image, "__dict__")
    return {name: value for name, value in held.items() if name not in _PARTS}


class _Image(forms.Form):
    """An image: its pixels, and what else it has been given."""

    __slots__ = ()

    watches = True

    def fixed(self, thing: Anything) -> object:
        return thing.mode, thing.size, id(thing.info)

    def take(self, thing: Anything) -> object:
        return thing.tobytes(), _others(thing)

    def put(self, thing: Anything, held: Anything) -> None:
        thing.frombytes(held[0])
        own = object.__getattribute__(thing, "__dict__")
        for name in _others(thing):
            del own[name]
        own.update(held[1])


forms.NAMED[_IMAGE] = _Image()
add(_IMAGE, _image, shared=True, reach=WHOLE)
