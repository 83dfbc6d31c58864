"""Whether LMDB may be let loose on a data file.

LMDB trusts its file: a page that is not what another page says of it ends the process, and the process is the user's
program. So a file that may have been changed by anything but LMDB (a disk, a copy that broke off, a tool that
synchronises folders) is walked first, in Python: every page that can be reached is what it should be, lies within the
file, and is reached once. It costs about 3 ms a megabyte, so it is done only if the file's length and time differ from
those noted after our last commit.

What the rows hold is not looked at: they go by their digests.
"""

from __future__ import annotations

import os
import struct
from mmap import ACCESS_READ, mmap
from struct import Struct, unpack_from

_MAGIC = 0xBEEFC0DE
_VERSION = 1
_META = Struct("=IIQQ")
_TREE = Struct("=IHHQQQQQ")
_PAGE = Struct("=QHHHH")
_NODE = Struct("=HHHH")
_BRANCH, _LEAF, _OVERFLOW = 1, 2, 4
_DEEPEST = 30
_NONE = (1 << 64) - 1


class Unsound(Exception):
    """The file would crash LMDB, or be misread."""


def check(folder: str) -> None:
    """Raises Unsound. A file that other processes write while we look is looked at again."""
    path = os.path.join(folder, "data.mdb")
    for _ in range(5):
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                return
            with mmap(file.fileno(), size, access=ACCESS_READ) as data:
                before = _newest(data)
                try:
                    _Walk(data, before).go()
                    return
                except Unsound:
                    if _newest(data) == before:
                        raise
                except (struct.error, IndexError) as error:
                    if _newest(data) == before:
                        raise Unsound(f"a page leads out of the file ({error})") from None
    # It changes faster than we can look: those who change it can use it.


def _newest(data: mmap) -> tuple[int, int, int, int, int, int, int]:
    """(page size, free root, free depth, main root, main depth, pages, transaction) of the newer meta page."""
    found = []
    offset = 0
    for _ in range(2):
        try:
            magic, version, _, _ = _META.unpack_from(data, offset + 16)
            free = _TREE.unpack_from(data, offset + 40)
            main = _TREE.unpack_from(data, offset + 88)
            last, transaction = unpack_from("=QQ", data, offset + 136)
        except struct.error:
            raise Unsound("the file ends within its head") from None
        if magic != _MAGIC:
            raise Unsound("the file is no LMDB file")
        if version & 0xFFFF != _VERSION:
            raise Unsound(f"the file has LMDB's format {version}")
        size = free[0]
        if size not in (4096, 8192, 16384, 32768, 65536):
            raise Unsound("the file names an impossible page size")
        found.append((size, free[7], free[2], main[7], main[2], last + 1, transaction))
        offset = size
    return max(found, key=lambda meta: meta[6])


class _Walk:
    """One walk over all pages in use."""

    def __init__(self, data: mmap, meta: tuple[int, int, int, int, int, int, int]) -> None:
        self.data = data
        self.size, self.free_root, self.free_depth, self.main_root, self.main_depth, self.pages, _ = meta
        if self.pages > 1 << 40 or self.pages < 2:
            raise Unsound("the file names an impossible number of pages")
        # A file may end before its last pages if nothing is in them.
        self.there = min(self.pages, len(data) // self.size)
        self.seen = bytearray(self.there)
        self.seen[:2] = b"\1" * min(2, self.there)

    def go(self) -> None:
        """Raises Unsound."""
        self.tree(self.main_root, self.main_depth, free=False)
        self.tree(self.free_root, self.free_depth, free=True)

    def tree(self, root: int, depth: int, *, free: bool) -> None:
        """Walk one tree; all its leaves must be equally deep."""
        if root == _NONE:
            return
        if not 0 < depth <= _DEEPEST:
            raise Unsound(f"a tree is {depth} deep")
        todo = [(root, depth)]
        while todo:
            number, level = todo.pop()
            self.take(number, 1)
            start = number * self.size
            own, _, flags, lower, upper = _PAGE.unpack_from(self.data, start)
            if own != number or flags != (_LEAF if level == 1 else _BRANCH):
                raise Unsound(f"page {number} is not the page that it should be")
            if not 16 <= lower <= upper <= self.size or lower & 1:
                raise Unsound(f"page {number} has no sense in its head")
            places = unpack_from(f"={(lower - 16) // 2}H", self.data, start + 16)
            if not places or min(places) < upper:
                raise Unsound(f"page {number} has no sense in its head")
            if level > 1:
                for place in places:
                    low, high, top, key = _NODE.unpack_from(self.data, start + place)
                    if place + 8 + key > self.size:
                        raise Unsound(f"page {number} holds a row that leaves it")
                    todo.append((low | high << 16 | top << 32, level - 1))
            else:
                self.leaf(number, start, places, free=free)

    def leaf(self, number: int, start: int, places: tuple[int, ...], *, free: bool) -> None:
        """Look at the rows of a leaf, as far as they say where things lie."""
        for place in places:
            low, high, flags, key = _NODE.unpack_from(self.data, start + place)
            length = low | high << 16
            inside = 8 if flags == 1 else length
            if flags > 1 or place + 8 + key + inside > self.size:
                raise Unsound(f"page {number} holds a row that leaves it")
            at = start + place + 8 + key
            if flags == 1:
                (first,) = unpack_from("=Q", self.data, at)
                count = (length + 15) // self.size + 1
                self.take(first, count)
                own, _, kind, _, _ = _PAGE.unpack_from(self.data, first * self.size)
                (told,) = unpack_from("=I", self.data, first * self.size + 12)
                if own != first or kind != _OVERFLOW or told != count:
                    raise Unsound(f"page {first} is not the page that it should be")
                at = first * self.size + 16
            if free:
                self.free_list(at, length)

    def free_list(self, at: int, length: int) -> None:
        """Pages that may be written over must not be in use."""
        if length < 8 or length % 8:
            raise Unsound("a list of free pages is cut")
        count, *numbers = unpack_from(f"={length // 8}Q", self.data, at)
        if count > len(numbers):
            raise Unsound("a list of free pages is cut")
        for number in numbers[:count]:
            if not 2 <= number < self.pages or (number < self.there and self.seen[number]):
                raise Unsound(f"page {number} is in use and free")

    def take(self, first: int, count: int) -> None:
        """These pages are in use: by one only, and there."""
        end = first + count
        if first < 2 or end > self.there:
            raise Unsound(f"page {first} is not in the file")
        if any(self.seen[first:end]):
            raise Unsound(f"page {first} is used twice")
        self.seen[first:end] = b"\1" * count
