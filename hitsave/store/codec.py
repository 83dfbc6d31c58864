"""Records as bytes.

A record is made of str, bytes, int, float, bool, None, tuple, list and dict. Encoded it is

    8 bytes    xxh3 of all that follows
    1 byte     format: 1 = marshal, 2 = marshal in zlib
    the rest   marshal, version 2

Version 2 of marshal has no back-references, so that equal records are equal bytes whatever the reference counts of
their parts; it is the same on every Python that we run on. The checksum stands in front of marshal because marshal may
crash on damaged bytes.
"""

from __future__ import annotations

from marshal import dumps, loads

from xxhash import xxh3_64_digest, xxh3_128_digest

_MARSHAL = 1
_ZLIB = 2
_WORTH_PACKING = 512

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Record: TypeAlias = (
        "str | bytes | int | float | bool | tuple[Record, ...] | list[Record] | dict[Record, Record] | None"
    )


class Damaged(Exception):
    """Stored bytes that are not what was written."""


class Gone(Exception):
    """Something that was stored and no longer is: evicted, cleared, or removed by hand."""


def encode(record: object, packed: bool = False) -> bytes:
    """The bytes of a record; ValueError if something in it is no plain value. `packed` compresses what is long."""
    body = dumps(record, 2)  # type: ignore[arg-type]
    if packed and len(body) > _WORTH_PACKING:
        from zlib import compress

        body = b"\2" + compress(body, 1)
    else:
        body = b"\1" + body
    return xxh3_64_digest(body) + body


def decode(data: bytes) -> Record:
    """The record of these bytes; raises Damaged."""
    body = data[8:]
    if len(body) < 2 or xxh3_64_digest(body) != data[:8]:
        raise Damaged("a record fails its checksum")
    if body[0] == _MARSHAL:
        return loads(memoryview(body)[1:])  # type: ignore[no-any-return]
    if body[0] == _ZLIB:
        from zlib import decompress

        return loads(decompress(memoryview(body)[1:]))  # type: ignore[no-any-return]
    raise Damaged(f"a record has the unknown format {body[0]}")


def digest_of(data: bytes | memoryview) -> bytes:
    """The name of bytes that we wrote."""
    return xxh3_128_digest(data)


def decode_named(data: bytes, name: bytes) -> Record:
    """The record that goes by the digest `name`: nothing else may ever be taken for it."""
    if xxh3_128_digest(data) != name:
        raise Damaged("a record does not have the digest that it is stored under")
    return decode(data)


def plain(value: object) -> Record:
    """What `encode` takes, from values that only look plain (an enum of str, a numpy integer in a count)."""
    kind = type(value)
    if value is None or kind in (str, bytes, int, float, bool):
        return value  # type: ignore[return-value]
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, (list, set, frozenset)):
        return [plain(item) for item in value]
    # Not `str(value)`: that asks the subclass.
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    return str.__str__(value) if isinstance(value, str) else str(value)
