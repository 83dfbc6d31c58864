"""Content-addressed files: bytes that are too large for LMDB, named by their digest.

Promises: a file under its final name is whole and never changes: it is written elsewhere, made read-only, renamed, and only
ever unlinked. So it can be mapped: what was unlinked stays readable, and nobody overwrites what a program has in its
hands. What is in the file is what its name says, even if the memory it came from changed while it was written.

Large blobs come back as copy-on-write maps, which touch no page that nobody reads. Where a map can't be trusted (network
file systems, where a page may be missing when it is needed: SIGBUS) or can't be had, they are read.
"""

from __future__ import annotations

import os

from xxhash import xxh3_64_digest, xxh3_128, xxh3_128_digest

from hitsave.store.codec import Damaged, Gone
from hitsave_trace.accounts import ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Buffer

    Reference = tuple[bytes, int, bytes]

# Below this, bytes stand in LMDB.
INLINE_UNTIL = 64 << 10
MAPPED_FROM = 1 << 20
_CHUNK = 1 << 20
_EDGE = 4096
# Before 3.13 a map keeps a descriptor of its own; a program may want its thousand open files for itself.
_MOST_MAPS = 256
_NETWORK = ("nfs", "cifs", "smb", "fuse", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs", "virtiofs")

_maps: set[object] = set()


class BlobFolder:
    """The files of one store."""

    __slots__ = ("_count", "_maps_allowed", "_new", "folder")

    def __init__(self, values: str) -> None:
        self.folder = os.path.join(values, "blobs")
        self._new = os.path.join(values, "new")
        self._count = 0
        self._maps_allowed: bool | None = None

    def path(self, digest: bytes) -> str:
        """Where the blob lies, if it is there."""
        name = digest.hex()
        return f"{self.folder}/{name[:2]}/{name[2:]}"

    def has(self, digest: bytes, size: int) -> bool:
        """Whether the blob is there, in its full length."""
        try:
            return os.stat(self.path(digest)).st_size == size
        except OSError:
            return False

    def write(self, data: memoryview) -> tuple[bytes, bool]:
        """Keep the bytes; returns their digest and whether a file was made. Raises OSError."""
        digest = xxh3_128_digest(data)
        if self.has(digest, data.nbytes):
            return digest, False
        self._count += 1
        temporary = f"{self._new}/{os.getpid()}-{self._count}-{os.urandom(4).hex()}"
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            try:
                ours.__enter__()
                # The digest is taken of the copy that is written, not of memory that another thread may be changing.
                state, at = xxh3_128(), 0
                while at < data.nbytes:
                    piece = bytes(data[at : at + _CHUNK])
                    state.update(piece)
                    at += len(piece)
                    rest = memoryview(piece)
                    while rest:
                        rest = rest[os.write(fd, rest) :]
                digest = state.digest()
                os.fchmod(fd, 0o444)
            finally:
                ours.__exit__()
                os.close(fd)
            target = self.path(digest)
            try:
                os.replace(temporary, target)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
                os.replace(temporary, target)
        except BaseException:
            try:
                os.unlink(temporary)
            except OSError:
                pass
            raise
        return digest, True

    def read(self, digest: bytes, size: int | None = None) -> bytes:
        """The bytes, every one of them compared with the digest; raises Gone or Damaged."""
        fd = self._open(digest, size)
        try:
            data = _read_all(fd, os.fstat(fd).st_size)
        finally:
            os.close(fd)
        if xxh3_128_digest(data) != digest:
            raise Damaged(f"blob {digest.hex()} is not what its name says")
        return bytes(data)

    def load(self, reference: Reference, *, whole: bool = False) -> memoryview:
        """Writeable memory with the content of a blob: private to this process, whatever is written to it.

        Of a mapped blob only length and edges are looked at, unless `whole` is asked for: that finds a torn file.
        `verify` reads all of it.
        """
        digest, size, edges = reference
        fd = self._open(digest, size)
        try:
            memory = self._map(fd, size) if size >= MAPPED_FROM else None
            if memory is None:
                data = _read_all(fd, size)
                if xxh3_128_digest(data) != digest:
                    raise Damaged(f"blob {digest.hex()} is not what its name says")
                return memoryview(data)
        finally:
            os.close(fd)
        if edges_of(memory) != edges or (whole and xxh3_128_digest(memory) != digest):
            raise Damaged(f"blob {digest.hex()} was cut or overwritten")
        return memory

    def remove(self, digest: bytes) -> None:
        """Unlink the file, if it is there. Who has it mapped keeps it."""
        try:
            os.unlink(self.path(digest))
        except OSError:
            pass

    def listing(self) -> dict[bytes, int]:
        """Every blob with its length."""
        found = {}
        for first in _entries(self.folder):
            for entry in _entries(first.path):
                try:
                    found[bytes.fromhex(first.name + entry.name)] = entry.stat().st_size
                except (ValueError, OSError):
                    continue
        return found

    def unfinished(self) -> list[str]:
        """Files that a process was killed over: their writer no longer lives."""
        left = []
        for entry in _entries(self._new):
            pid = entry.name.partition("-")[0]
            if not pid.isdigit() or not _lives(int(pid)):
                left.append(entry.path)
        return left

    def _open(self, digest: bytes, size: int | None) -> int:
        try:
            fd = os.open(self.path(digest), os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError:
            raise Gone(f"blob {digest.hex()} is no longer there") from None
        except OSError as error:
            raise Gone(f"blob {digest.hex()} can't be opened: {error.strerror}") from None
        if size is not None and os.fstat(fd).st_size != size:
            os.close(fd)
            raise Damaged(f"blob {digest.hex()} does not have the length that it had")
        return fd

    def maps_allowed(self) -> bool:
        """Whether blobs may be mapped. Asked once, and better before the program runs: it is a look at the system."""
        if self._maps_allowed is None:
            self._maps_allowed = not on_network(self.folder)
        return self._maps_allowed

    def _map(self, fd: int, size: int) -> memoryview | None:
        if not self.maps_allowed():
            return None
        from mmap import ACCESS_COPY, mmap

        try:
            try:
                return memoryview(mmap(fd, size, access=ACCESS_COPY, trackfd=False))  # type: ignore[call-arg]
            except TypeError:
                if len(_maps) >= _MOST_MAPS:
                    return None
            from _weakref import ref

            memory = mmap(fd, size, access=ACCESS_COPY)
            _maps.add(ref(memory, _maps.discard))
            return memoryview(memory)
        except (OSError, ValueError):
            return None


def edges_of(data: memoryview) -> bytes:
    """A cheap checksum: of the first and the last page."""
    return xxh3_64_digest(bytes(data[:_EDGE]) + bytes(data[-_EDGE:]))


def as_bytes(data: Buffer) -> memoryview:
    """Any contiguous buffer as plain bytes in a row."""
    view = memoryview(data)
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")


def on_network(folder: str) -> bool:
    """Whether the file system is one that another machine may pull away. Not known is no."""
    try:
        device = os.stat(folder).st_dev
        wanted = f"{os.major(device)}:{os.minor(device)}".encode()
        with open("/proc/self/mountinfo", "rb") as mounts:
            for line in mounts:
                fields = line.split()
                if fields[2] == wanted:
                    kind = fields[fields.index(b"-") + 1].decode()
                    return kind.startswith(_NETWORK)
    except (OSError, ValueError, IndexError, AttributeError):
        pass
    return False


def _read_all(fd: int, size: int) -> bytearray:
    data = bytearray(size)
    rest = memoryview(data)
    while rest:
        got = os.readv(fd, [rest])
        if not got:
            raise Damaged("a blob is shorter than it was")
        rest = rest[got:]
    return data


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
