"""Doing again what a run did: its files, and the bytes that it wrote to its descriptors."""

from __future__ import annotations

import os

from hitsave_trace.fingerprint.files import stamp_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    Contents = dict[str, bytes]


def looks(path: str, stamp: tuple[int, ...], mode: int) -> bool:
    """Whether a file still is what the run left, for all that its times say."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stamp_of(found) == tuple(stamp) and found.st_mode & 0o7777 == mode


def possible(file: tuple[object, ...]) -> bool:
    """Whether a path can be brought to its state: nothing of another kind stands in its way."""
    path = str(file[0])
    if file[1] == "directory":
        return not os.path.lexists(path) or (os.path.isdir(path) and not os.path.islink(path))
    return not os.path.isdir(path) or (file[1] == "absent" and not os.path.islink(path))


def restore(file: tuple[object, ...], contents: Contents) -> None:
    """Bring a path to the state in which the run left it. What is so already is not touched. Raises OSError."""
    path, state = str(file[0]), file[1]
    if state == "absent":
        try:
            if os.path.isdir(path):
                os.rmdir(path)
            else:
                os.unlink(path)
        except (FileNotFoundError, NotADirectoryError):
            pass
        return
    if state == "directory":
        if not os.path.isdir(path):
            os.mkdir(path)
        if os.stat(path).st_mode & 0o7777 != file[2]:
            os.chmod(path, file[2])  # type: ignore[arg-type]
        return
    if path not in contents:
        return
    data, mode = contents[path], file[3]
    try:
        with open(path, "rb") as there:
            same = os.fstat(there.fileno()).st_size == len(data) and there.read() == data
    except OSError:
        same = False
    if not same:
        with open(path, "wb") as there:
            there.write(data)
    if os.stat(path).st_mode & 0o7777 != mode:
        os.chmod(path, mode)  # type: ignore[arg-type]


def has_readers(numbers: set[int]) -> bool:
    """Whether somebody still reads what is written to these descriptors."""
    from select import POLLERR, POLLNVAL, poll

    asked = poll()
    for number in numbers:
        asked.register(number, 0)
    return not any(event & (POLLERR | POLLNVAL) for _, event in asked.poll(0))


def write(pieces: list[tuple[int, bytes | memoryview]] | list[tuple[int, bytes]], status: int) -> int:
    """Write to the descriptors; the exit status then.

    If a reader goes away in the middle, what plain Python says when it finds that at its end is said.
    """
    gone = set()
    for number, data in pieces:
        view = memoryview(data)
        while view and number not in gone:
            try:
                view = view[os.write(number, view) :]
            except OSError as error:
                gone.add(number)
                if number == 1:
                    status = 120
                    _say(
                        f"Exception ignored in: <_io.TextIOWrapper name='<stdout>' mode='w' encoding='utf-8'>\n{type(error).__name__}: {error}\n"
                    )
    return status


def _say(text: str) -> None:
    try:
        os.write(2, text.encode())
    except OSError:
        pass
