"""Are the stored bytes whole?

Every row is read and compared with the digest it goes by; every blob file, too. Rows and files are compared both ways: what
a row names must be there, what is there must be named. It reads all that is stored, at the speed of the disk, and locks
nothing: on a store that is in use it may report what was being written.
"""

from __future__ import annotations

import os
import zlib

import lmdb

from hitsave.store import schema
from hitsave.store.codec import Damaged, Gone, decode, decode_named, digest_of
from hitsave.store.pickles import references

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.store.blobs import Reference
    from hitsave.store.rows import Rows
    from hitsave.store.store import Store


class Problem:
    """Something that is not as it was written: `kind` is a slug, `what` a sentence; `fixed` if it was removed."""

    __slots__ = ("fixed", "key", "kind", "part", "what")

    def __init__(self, kind: str, what: str, part: str = "", key: bytes = b"") -> None:
        self.kind = kind
        self.what = what
        self.part = part
        self.key = key
        self.fixed = False

    def __repr__(self) -> str:
        return f"Problem({self.kind}: {self.what})"


def verify(store: Store, *, fix: bool = False) -> list[Problem]:
    """What is wrong. With `fix`, damaged rows and files are removed, so that what they were for is computed again."""
    store.flush()
    problems: list[Problem] = []
    for name, rows in (("values", store.values), ("log", store.log)):
        try:
            found = rows.environment.scan(b"")
        except (lmdb.Error, OSError) as error:
            problems.append(Problem("unreadable", f"{name}/data.mdb can't be read: {error}"))
            continue
        for key, row in found:
            why = _wrong(name, key, row)
            if why:
                problems.append(Problem("damaged-row", f"a {why} in {name} is damaged", name, key))
        if name == "values":
            problems += _compare(store, dict(found))
    if fix:
        _fix(store, problems)
    return problems


def _wrong(part: str, key: bytes, row: bytes) -> str:
    """The name of what is damaged here, or an empty string."""
    kind, name = key[:1], key[1:]
    try:
        if part == "values":
            if kind in (schema.TRACE, schema.NODE, schema.VALUE):
                decode_named(row, name)
            elif kind in (schema.COST, schema.FILE):
                decode(row)
            elif kind == schema.BLOB and digest_of(row) != name:
                return "blob"
            elif kind == schema.CALL and len(row) != 16:
                return "candidate"
        elif kind in (schema.RUN, schema.RUN_CALLS, schema.CODE):
            decode(row)
        elif kind == schema.SOURCE and digest_of(zlib.decompress(row)) != name:
            return "source"
    except (Damaged, zlib.error):
        return "row"
    return ""


def _compare(store: Store, rows: dict[bytes, bytes]) -> list[Problem]:
    problems: list[Problem] = []
    wanted: dict[bytes, Reference] = {}
    for key, row in rows.items():
        if key[:1] == schema.CALL and schema.TRACE + row not in rows:
            problems.append(Problem("dangling", "a candidate names a trace that is not there", "values", key))
        if key[:1] == schema.VALUE:
            try:
                found = references(decode(row))  # type: ignore[arg-type]
            except Damaged:
                continue
            for reference in found:
                wanted[reference[0]] = reference
                if not store.blobs.has(reference[0], reference[1]):
                    problems.append(Problem("missing-blob", "a value names a blob that is not there", "values", key))
    for name in store.blobs.listing():
        try:
            store.blobs.read(name)
        except Gone:
            continue
        except Damaged as error:
            problems.append(Problem("damaged-blob", str(error), "blobs", name))
    named = set(wanted) | _named_by_traces(rows)
    problems += [
        Problem("unnamed-blob", f"nothing names blob {name.hex()}", "blobs", name)
        for name in store.blobs.listing()
        if name not in named
    ]
    problems += [
        Problem("unfinished", f"{path} was never finished", "new", path.encode()) for path in store.blobs.unfinished()
    ]
    return problems


def _named_by_traces(rows: dict[bytes, bytes]) -> set[bytes]:
    from hitsave.store.evict import names_in

    found: set[bytes] = set()
    for key, row in rows.items():
        if key[:1] == schema.TRACE:
            try:
                found.update(names_in(decode(row)))
            except Damaged:
                continue
    return found


def _fix(store: Store, problems: list[Problem]) -> None:
    parts: dict[str, Rows] = {"values": store.values, "log": store.log}
    for problem in problems:
        if problem.part in parts:
            key = problem.key
            problem.fixed = parts[problem.part].write(lambda txn, key=key: txn.delete(key), False)  # type: ignore[misc]
        elif problem.part == "blobs":
            store.blobs.remove(problem.key)
            problem.fixed = True
        elif problem.part == "new":
            try:
                os.unlink(problem.key)
                problem.fixed = True
            except OSError:
                pass
