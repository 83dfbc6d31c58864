"""The folder of a store: made, recognised, or refused, before anything in it is opened."""

from __future__ import annotations

import os

from hitsave import errors
from hitsave.store import schema, trust


def prepare(folder: str) -> None:
    """Make sure that `folder` is a store of a format that we know, and ours to read. Raises Failure or OSError."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise errors.store_is_file(folder) from None
    found = format_of(folder)
    if found is None:
        if not _is_ours_to_make(folder):
            raise errors.not_a_store(folder)
        _create(os.path.join(folder, ".gitignore"), "*\n")
        _create(os.path.join(folder, "format"), f"{schema.FORMAT_LINE}{schema.FORMAT}\n")
        found = format_of(folder)
    if found != schema.FORMAT:
        if found is None or found < schema.FORMAT:
            raise errors.store_damaged(folder, "the format file can't be read")
        raise errors.store_newer(folder, found, schema.FORMAT)
    new = not any(os.path.exists(os.path.join(folder, part, "data.mdb")) for part in ("values", "log"))
    try:
        trusted = trust.is_trusted(folder, new=new)
        if not trusted and not new:
            # The one who made it may have come just between our two looks.
            trusted = trust.is_trusted(folder, new=False)
    except trust.SecretError as error:
        raise errors.no_secret(error.path, error.why) from None
    if not trusted:
        raise errors.store_foreign(folder, trust.maker(folder))
    for part in ("values", "values/blobs", "values/new", "log"):
        os.makedirs(os.path.join(folder, part), mode=0o700, exist_ok=True)
    _create(os.path.join(folder, "values", "CACHEDIR.TAG"), schema.CACHEDIR_TAG)


def examine(folder: str) -> None:
    """Make sure that `folder` is a store that may be read; nothing is made. Raises Failure or OSError."""
    if os.path.isfile(folder):
        raise errors.store_is_file(folder)
    found = format_of(folder)
    if found is None:
        raise errors.not_a_store(folder)
    if found != schema.FORMAT:
        if found < schema.FORMAT:
            raise errors.store_damaged(folder, "the format file can't be read")
        raise errors.store_newer(folder, found, schema.FORMAT)
    try:
        trusted = trust.is_trusted(folder, new=False)
    except trust.SecretError as error:
        raise errors.no_secret(error.path, error.why) from None
    if not trusted:
        raise errors.store_foreign(folder, trust.maker(folder))


def format_of(folder: str) -> int | None:
    """The format of the store in `folder`; None if there is no store; 0 if its format file is damaged."""
    try:
        with open(os.path.join(folder, "format"), "rb") as file:
            text = file.read(100).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    number = text.removeprefix(schema.FORMAT_LINE)
    return int(number) if number != text and number.isdigit() else 0


def _is_ours_to_make(folder: str) -> bool:
    # What another process puts there while it makes the same store does not count.
    made = ("format", ".gitignore", "owner", "values", "log", "secret", "settings", "trusted")
    return all(name.startswith(made) for name in os.listdir(folder))


def _create(path: str, text: str) -> None:
    if not os.path.exists(path):
        temporary = f"{path}.{os.getpid()}-{os.urandom(4).hex()}"
        with open(temporary, "x", encoding="ascii") as file:
            file.write(text)
        os.replace(temporary, path)
