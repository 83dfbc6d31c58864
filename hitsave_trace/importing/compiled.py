"""Rewritten code, kept on disk.

A template is found by what it was made of: the code object as the compiler made it, the module's name, and a version
that stands for everything else (the interpreter, the format of templates, HitSave itself). So nothing has to be
invalidated, and a source file that changed while its bytecode did not (same size and time) can't be answered with the
wrong template: what plain Python would run is what is looked up.

A cache must never be the reason of a failure. What can't be read, is damaged or can't be written counts as missing.
"""

from __future__ import annotations

import marshal
import os
import sys

import xxhash

from hitsave_trace.accounts import ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

CHECKSUM = 16


class Templates:
    """The templates of one folder. Without a folder nothing is kept."""

    __slots__ = ("folder", "version")

    def __init__(self, folder: str | None, version: str) -> None:
        self.folder = folder
        self.version = f"{version} {sys.implementation.cache_tag} {sys.version}".encode()

    def key(self, code: CodeType, module: str) -> str:
        """The name under which the template of `code` is kept."""
        hasher = xxhash.xxh3_128()
        for part in (self.version, module.encode("utf-8", "surrogatepass")):
            hasher.update(len(part).to_bytes(8, "little"))
            hasher.update(part)
        # Version 2 of the format writes each object where it stands. The later ones write references, and which objects
        # get one depends on how often they happen to be referenced in this process.
        hasher.update(marshal.dumps(code, 2))
        return hasher.hexdigest()

    def get(self, key: str) -> bytes | None:
        """The template kept under `key`, whole, or None."""
        if self.folder is None:
            return None
        try:
            with open(self._path(key), "rb") as file:
                data = file.read()
        except OSError:
            return None
        template = data[CHECKSUM:]
        return template if template and xxhash.xxh3_128_digest(template) == data[:CHECKSUM] else None

    def put(self, key: str, template: bytes) -> None:
        """Keep `template`. Others see it whole or not at all."""
        if self.folder is None:
            return
        path = self._path(key)
        fresh = f"{path}.{os.getpid()}.{id(template):x}"
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            try:
                with ours, open(fresh, "xb") as file:
                    file.write(xxhash.xxh3_128_digest(template) + template)
                os.replace(fresh, path)
            except OSError:
                os.unlink(fresh)
        except OSError:
            pass

    def _path(self, key: str) -> str:
        return os.path.join(self.folder or "", key[:2], key[2:])
