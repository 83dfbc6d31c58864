"""The store that a command reads: the one that a run in this folder would use.

Reading makes nothing: where there is no store yet, a command says so in its own words.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from hitsave.render import console
from hitsave.report.archive import Archive

if TYPE_CHECKING:
    from hitsave.config import Settings
    from hitsave.store.store import Store

STORE = Annotated[str | None, typer.Option("--store", metavar="DIR", help="The store to read. [env: HITSAVE_STORE]")]


def settings_of(store: str | None) -> Settings:
    """The settings that a run of a script in the working directory would have."""
    from hitsave import config

    return config.load(config.find_project(os.path.join(os.getcwd(), "script.py")), {"store": store})


def folder_of(store: str | None) -> str:
    """The folder of the store that `--store` and the settings name."""
    return os.path.abspath(settings_of(store).store)


@contextmanager
def opened(
    store: str | None, *, make: bool = False, write: bool = False, project: str | None = None
) -> Iterator[tuple[Store | None, str]]:
    """The store and its folder; no store where there is none, unless `make`. Raises errors.Failure.

    It is opened for reading alone, unless something is to be written.
    """
    from hitsave.store import place
    from hitsave.store.store import Store, open_store

    settings = settings_of(store)
    folder = os.path.abspath(settings.store)
    if not make and not os.path.isfile(folder) and place.format_of(folder) is None:
        yield None, folder
        return
    told: list[Exception] = []
    kept = open_store(
        folder, project or settings.project, settings.size_limit_bytes, told.append, readonly=not (make or write)
    )
    if not isinstance(kept, Store):
        raise told[0] if told else OSError(f"{folder} can't be opened")
    try:
        yield kept, folder
    finally:
        kept.close()


@contextmanager
def archive(store: str | None, *, quiet: bool = False) -> Iterator[Archive]:
    """The runs of this project, as reports want them; empty where there is no store.

    A script in a folder without any mark of a project is a project of its own, and may have been run from a folder
    above. So where this folder has no runs, a project below it is shown, and said.
    """
    from hitsave.store.no_store import NoStore

    below: str | None = None
    with opened(store) as (kept, folder):
        if kept is None:
            yield Archive(NoStore(folder))
            return
        if not kept.run_numbers(limit=1):
            below = _below(kept, os.getcwd())
        if below is None:
            yield Archive(kept)
            return
    with opened(store, project=below) as (kept, folder):
        if not quiet:
            console.note([[("hitsave: ", "soft"), (f"runs of {os.path.relpath(below)}", "")]])
        yield Archive(NoStore(folder) if kept is None else kept)


def _below(kept: Store, here: str) -> str | None:
    """The only project with a folder below `here`; None if there are none or several."""
    from hitsave.store import schema

    names = [os.fsdecode(row) for _, row in kept.log.scan(schema.META + b"ns")]
    # A project is also noted when somebody only looks: what counts is that it has had a run.
    ran = [name for name in names if kept.log.get(schema.META + b"run" + schema.namespace(name)) is not None]
    inside = [name for name in ran if name.startswith(here.rstrip(os.sep) + os.sep)]
    return inside[0] if len(inside) == 1 else None
