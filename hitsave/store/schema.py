"""What lies where in a store: files, tables, keys, and the history of the format.

A store is a folder, made with mode 0700:

    format               "hitsave store, format 1"; read before anything else
    owner                which user's HitSave made it (see `trust`)
    .gitignore           "*": a store inside a project is never committed by accident
    values/              a cache: what is lost is computed again
        CACHEDIR.TAG
        data.mdb lock.mdb
        stamp            length and time of data.mdb after our last commit (see `soundness`)
        blobs/xx/…       content-addressed files, named by the digest of their bytes, mode 0444
        new/             files being written; renamed into blobs/ when whole
        seals/           of whole runs: each came to its end (see `hitsave.replay.record`)
    log/                 data: runs, and every version of every source that ran
        data.mdb lock.mdb stamp

Each LMDB environment has one table; the first byte of a key says what the row is. `ns` is the 8-byte xxh3 of the
project's name, `f` the 16-byte digest of a function's name, `late` the complement of the time in ns (newest first).

    values/
    c ns call late       → trace digest                  the candidates of a call, once for its project and once
                                                         with a namespace of zeros, for all projects
    t digest             → trace                         a record; the digest is of the row's bytes. A whole run
                                                         that was kept is one, too, of a call named "<run>"
    n digest             → dependency                    shared between traces; the same
    v digest             → value                         pickle and small buffers, references to blobs; the same
    b digest             → raw bytes                     a blob too small for a file of its own
    f ns f late          → call digest, trace digest     the stored calls of a function; late: `late` below
    k ns f               → (function, *cost)             what calls of a function cost
    d path               → file digest behind its stat   by digest of the path; what is installed in folders, the same way
    u digest             → u32, hours since 1970         when a trace or value was last used; all ones: pinned
    m name               → u64                           counters
    log/
    r ns run             → run record                    run: u32, big-endian, consecutive in a project
    c ns run batch       → list of call records
    p ns script run      → nothing                       the runs of a script, by digest of its name
    l ns run             → sources of a run by path       until it has ended; then they stand in its record
    u digest             → what was used                 (kind, name, fingerprint, text)…, shared between runs
    o ns run             → what a run printed            (stream, text)…, up to a limit
    x ns f run batch     → rows of the table of calls    one for each call of a function that ran
    a ns run             → what the user said of a run   pinned, notes, tags; what was accepted
    s digest             → source text                   zlib; the digest is of the text. Small input files, too
    e ns f fingerprint   → (source digest, path, first line, last line)
    m name               → u64 or text                   `run`+ns: last run number; `ns`+ns: the project's name;
                                                         `fn`+ns+f: the name of a function that has a table

History of the format
    1   the first; p, l, u, o, x and a came later: a store without them is whole, and its runs are read the long way
On the next change: nothing is waiting.
"""

from __future__ import annotations

from time import time_ns

from xxhash import xxh3_64_digest, xxh3_128_digest

FORMAT = 1
FORMAT_LINE = "hitsave store, format "

CACHEDIR_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder is a cache made by HitSave. What is deleted here is computed again.\n"
    "# The folder beside it (log) is not a cache.\n"
)

# Address space, not disk space: an LMDB file is as long as what was ever in it. Both grow when they are full.
VALUES_MAP = 256 << 20
LOG_MAP = 64 << 20

CALL = b"c"
TRACE = b"t"
NODE = b"n"
VALUE = b"v"
BLOB = b"b"
FUNCTION = b"f"
COST = b"k"
FILE = b"d"
USED = b"u"
META = b"m"

RUN = b"r"
RUN_CALLS = b"c"
SCRIPT = b"p"
LOADED = b"l"
USES = b"u"
OUTPUT = b"o"
TABLE = b"x"
SAID = b"a"
SOURCE = b"s"
CODE = b"e"

BLOB_BYTES = META + b"blob bytes"

EVERYWHERE = bytes(8)

PINNED = b"\xff\xff\xff\xff"
"""Stands for an hour that never passes, of what the user wants to keep."""

_LAST = (1 << 64) - 1
# Kind, namespace, and the digest of a call or the name of a function.
_BEFORE_LATE = 1 + 8 + 16


def namespace(project: str) -> bytes:
    """The 8 bytes that stand for a project in keys."""
    return xxh3_64_digest(project.encode("utf-8", "surrogatepass"))


def name(text: str) -> bytes:
    """The 16 bytes that stand for a function or a path in keys, which LMDB limits to 511 bytes."""
    return xxh3_128_digest(text.encode("utf-8", "surrogatepass"))


def late(trace: bytes) -> bytes:
    """Sorts what is newer before what is older; what is saved at the same tick of the clock has a place each."""
    return (_LAST - time_ns()).to_bytes(8, "big") + trace[:8]


def saved_at(key: bytes) -> int:
    """When (nanoseconds since 1970) the row of this key, which ends by `late`, was saved."""
    return _LAST - int.from_bytes(key[_BEFORE_LATE : _BEFORE_LATE + 8], "big")


def without_late(key: bytes) -> bytes:
    """What such a key is about: the same for all rows of a call, or of a function."""
    return key[:_BEFORE_LATE]


def number(n: int) -> bytes:
    """A run or batch number as it stands in keys."""
    return n.to_bytes(4, "big")
