"""Whose store is it?

A pickle is code, so a store is read only if this user's HitSave made it, or the user said so. A folder that came with a
clone, a download or another user's home is refused.

How: a file in the user's own data folder holds a secret (mode 0600). The owner file of a store carries a number of its
own and a keyed digest of that number *and of the file's inode*: a copy (git, cp, tar) is another file and does not match,
even if it is a copy of a store that was ours once and that someone has worked on since; a folder that was renamed does.
A store inside the user's data folder needs no inode: a home that was moved to another disk keeps its store.
What the user trusts is written in the user's data folder, by number and place, never in the store.
"""

from __future__ import annotations

import os

from hitsave.config import data_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_OWNER = "owner"
_SECRET = "secret"  # noqa: S105 - the name of a file
_TRUSTED = "trusted"


class SecretError(Exception):
    """The user's secret can be neither read nor made."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(why)
        self.path = path
        self.why = why


def is_trusted(store: str, *, new: bool) -> bool:
    """Whether this store may be read; a `new` one, with nothing in it yet, is made ours. Raises SecretError, OSError."""
    secret = _secret()
    path = os.path.join(store, _OWNER)
    owner = _read_owner(path)
    if owner is None and new:
        number = os.urandom(16).hex()
        _create(path, lambda fd: _owner_text(number, _mark(secret, number, store, fd)), 0o644)
        owner = _read_owner(path)
    if owner is None:
        return False
    number, mark = owner.get("number", ""), owner.get("mark", "")
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        ours = _mark(secret, number, store, fd)
    finally:
        os.close(fd)
    # Not hmac.compare_digest: whoever can time us runs code as this user already.
    return mark == ours or _trust_line(number, store) in _trusted_lines()


def trust(store: str) -> None:
    """From now on read this store, in this place. Raises OSError if it has no owner file or nothing can be noted."""
    owner = _read_owner(os.path.join(store, _OWNER))
    if owner is None:
        raise FileNotFoundError(f"{store} has no owner file")
    line = _trust_line(owner.get("number", ""), store)
    if line in _trusted_lines():
        return
    folder = data_folder()
    os.makedirs(folder, mode=0o700, exist_ok=True)
    fd = os.open(os.path.join(folder, _TRUSTED), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(fd, (line + "\n").encode("utf-8", "surrogateescape"))
    finally:
        os.close(fd)


def maker(store: str) -> str:
    """Who made it, in words, as its owner file says."""
    owner = _read_owner(os.path.join(store, _OWNER))
    if owner is None:
        return "unknown"
    return f"{owner.get('made by', 'unknown')}, {owner.get('on', 'at an unknown time')}"


def _secret() -> bytes:
    folder = data_folder()
    path = os.path.join(folder, _SECRET)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not os.path.exists(path):
            _create(path, lambda _: os.urandom(32), 0o600)
        with open(path, "rb") as file:
            secret = file.read()
    except OSError as error:
        raise SecretError(path, error.strerror or str(error)) from None
    if len(secret) < 32:
        raise SecretError(path, "the file is damaged")
    return secret


def _mark(secret: bytes, number: str, store: str, fd: int) -> str:
    from _blake2 import blake2b

    inside = (os.path.realpath(store) + os.sep).startswith(os.path.realpath(data_folder()) + os.sep)
    inode = 0 if inside else os.fstat(fd).st_ino
    return blake2b(f"{number} {inode}".encode(), key=secret, digest_size=16).hexdigest()


def _create(path: str, content: Callable[[int], bytes], mode: int) -> None:
    """Make a file with all its content at once, unless there is one: of many processes, one wins."""
    temporary = f"{path}.{os.getpid()}-{os.urandom(4).hex()}"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        try:
            os.write(fd, content(fd))
        finally:
            os.close(fd)
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:
            # No hard links here. Two that start at once may then each think theirs counts; the last one does.
            os.rename(temporary, path)
            return
    finally:
        try:
            os.unlink(temporary)
        except OSError:
            pass


def _owner_text(number: str, mark: str) -> bytes:
    from time import localtime, strftime

    user = os.environ.get("USER") or os.environ.get("USERNAME") or f"user {getattr(os, 'getuid', int)()}"
    host = os.uname().nodename if hasattr(os, "uname") else ""
    lines = (
        f"number: {number}",
        f"mark: {mark}",
        f"made by: {user}@{host}",
        f"on: {strftime('%Y-%m-%d', localtime())}",
    )
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _read_owner(path: str) -> dict[str, str] | None:
    try:
        with open(path, "rb") as file:
            text = file.read(4096).decode("utf-8", "replace")
    except OSError:
        return None
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def _trust_line(number: str, store: str) -> str:
    return f"{number} {os.path.realpath(store)}"


def _trusted_lines() -> list[str]:
    try:
        with open(os.path.join(data_folder(), _TRUSTED), "rb") as file:
            return file.read().decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []
