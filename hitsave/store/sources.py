"""Every version of every source that ran, and where in it each version of each function stands.

A text is kept once, whatever it is called and in however many runs it took part. The table of codes answers "what did
`helper:scale` look like when its code had this fingerprint" for reports, and for restoring.
"""

from __future__ import annotations

import zlib

from hitsave.store import schema
from hitsave.store.codec import Damaged, decode, digest_of, encode
from hitsave.store.rows import Rows


class Sources:
    """The texts and the codes of one project; texts are shared by all."""

    __slots__ = ("_known", "_namespace", "_rows")

    def __init__(self, rows: Rows, namespace: bytes) -> None:
        self._rows = rows
        self._namespace = namespace
        self._known: set[bytes] = set()

    def save(self, text: bytes) -> bytes:
        """Keep a source text; returns its digest."""
        name = digest_of(text)
        if name not in self._known:
            self._known.add(name)
            key = schema.SOURCE + name
            if self._rows.writable and self._rows.get(key) is None:
                self._rows.put(key, zlib.compress(text, 6))
        return name

    def text(self, name: bytes) -> bytes | None:
        """The text of this digest, or None if it is not kept, or damaged."""
        row = self._rows.get(schema.SOURCE + name)
        if row is None:
            return None
        try:
            text = zlib.decompress(row)
        except zlib.error:
            return None
        return text if digest_of(text) == name else None

    def save_code(self, fingerprint: bytes, function: str, place: tuple[bytes, str | None, int, int]) -> None:
        """Note where the code of this fingerprint stands: source digest, path, first and last line."""
        self._rows.put_new(self._key(function, fingerprint), encode(place))

    def save_codes(self, module: str, source: bytes, path: str, codes: list[tuple[str, bytes, int, int]]) -> None:
        """`save_code` for all that a module defines. A row of its own says that it was done: most modules are what they
        were in the run before, and have dozens of functions.
        """
        whole = module + ":", digest_of(b"".join([fingerprint for _, fingerprint, _, _ in codes]))
        if self._rows.get(self._key(*whole)) is not None:
            return
        for function, fingerprint, first, last in codes:
            self.save_code(fingerprint, function, (source, path, first, last))
        self.save_code(whole[1], whole[0], (source, path, 0, 0))

    def code(self, function: str, fingerprint: bytes) -> tuple[bytes, str | None, int, int] | None:
        """What `save_code` noted."""
        row = self._rows.get(self._key(function, fingerprint))
        if row is None:
            return None
        try:
            return decode(row)  # type: ignore[return-value]
        except Damaged:
            return None

    def _key(self, function: str, fingerprint: bytes) -> bytes:
        return schema.CODE + self._namespace + schema.name(function) + fingerprint
