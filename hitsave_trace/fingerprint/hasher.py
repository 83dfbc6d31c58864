"""The letters of the canonical form.

A canonical form is a byte stream that can be read in one way only: every item starts with a tag that says what
follows, and all that has no fixed size says its size first. So no two shapes share their bytes, and the 128-bit
xxh3 digest of the stream stands for the value.

Most of what programs pass around is numbers and text in lists and dicts. Those are written by `marshal`, in the
version that has no back-references and no interned strings: its bytes depend on nothing but the values, and it runs
at the speed of C. It is only given *atoms* (exact types, listed in `ATOMS`) and containers of atoms: it would write
anything that offers a buffer as if it were bytes.
"""

from __future__ import annotations

from marshal import dumps
from struct import Struct

from xxhash import xxh3_128, xxh3_128_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.fingerprint.registry import Anything

__all__ = ["ATOMS", "CHUNK", "atom", "digest_of", "marshalled", "number", "text", "xxh3_128"]

ATOMS: frozenset[type] = frozenset((int, str, float, bool, type(None), bytes, complex, type(...)))
"""Exact types that are immutable, hold nothing else, and that `marshal` writes in one way."""

CHUNK = 16384
"""Elements of a long sequence that are written together; also how often the clock is looked at."""

BIG = 1 << 20
"""Text and bytes of this size are fed to the hash without a copy."""

# Tags. The atoms use letters.
BACK = b"\x81"
LIST = b"\x82"
LONG = b"\x83"
TUPLE = b"\x84"
DICT = b"\x85"
STRING_DICT = b"\x86"
SET = b"\x87"
FLAT_SET = b"\x88"
FROZEN_SET = b"\x89"
FLAT_FROZEN_SET = b"\x8a"
BUFFER = b"\x8b"
ROWS = b"\x8c"
POOL = b"\x8d"
LEAF = b"\x90"
SUBCLASS = b"\x91"
INSTANCE = b"\x92"
INLINE_CLASS = b"\x93"
CLASS = b"\x94"
SHAPE = b"\x95"
BODY = b"\x96"
REDUCED = b"\x97"
WEAK = b"\x98"
FUNCTION = b"\xa0"
LIBRARY = b"\xa1"
LIBRARY_CLOSURE = b"\xa2"
DEEP = b"\xa3"
CELL = b"\xa4"
EMPTY_CELL = b"\xa5"
METHOD = b"\xa6"
MODULE = b"\xa7"
MENTIONS = b"\xa8"
ARRAY = b"\xb0"
SCALAR = b"\xb1"
SHARED_MEMORY = b"\xb2"
OWN_MEMORY = b"\xb3"
FRAME = b"\xc0"
COLUMN = b"\xc1"
BLOCK = b"\xc2"
TABLE = b"\xc8"
TENSOR = b"\xd0"
EXPRESSION = b"\xd8"
IMAGE = b"\xd9"

number = Struct("<Q").pack
_signed = Struct("<cq").pack
_double = Struct("<cd").pack
_complex = Struct("<cdd").pack
_sized = Struct("<cQ").pack

digest_of = xxh3_128_digest


marshalled: Callable[[Anything, int], bytes] = dumps
"""Write a container of atoms, or a container of such containers: `marshalled(value, 2)`. Its bytes start with one of
`[`, `(` and `{`, which are no tags."""


def text(value: str) -> bytes:
    """Write text with its size."""
    encoded = value.encode("utf-8", "surrogatepass")
    return number(len(encoded)) + encoded


def _int(value: int) -> bytes:
    try:
        return _signed(b"i", value)
    except Exception:  # struct.error, which would cost an import to name
        size = (value.bit_length() + 8) // 8
        return _sized(b"I", size) + value.to_bytes(size, "little", signed=True)


def _str(value: str) -> bytes:
    encoded = value.encode("utf-8", "surrogatepass")
    return _sized(b"s", len(encoded)) + encoded


def _bytes(value: bytes) -> bytes:
    return _sized(b"b", len(value)) + value


_WRITE: dict[type, Callable[..., bytes]] = {
    int: _int,
    str: _str,
    # The bits decide: 0.0 and -0.0 differ, and so would two kinds of NaN, which `math.copysign` tells apart.
    float: lambda value: _double(b"f", value),
    bool: lambda value: b"t" if value else b"u",
    type(None): lambda _: b"n",
    bytes: _bytes,
    complex: lambda value: _complex(b"c", value.real, value.imag),
    type(...): lambda _: b"e",
}


def atom(value: object) -> bytes:
    """Write one atom."""
    return _WRITE[type(value)](value)


WRITERS = _WRITE
"""The writer of each atom type, for the hot paths that look it up themselves."""


def named(words: str) -> bytes:
    """Fingerprint something that is wholly said by a text."""
    return xxh3_128_digest(words.encode("utf-8", "surrogatepass"))
