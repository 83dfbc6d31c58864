"""`hitsave restore`: the exact code of a run, in a new folder or in place; and the folder in which `run --at` runs it."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from hitsave.cli.opening import STORE, archive, opened
from hitsave.cli.pages import EXAMPLES
from hitsave.cli.references import ONE_RUN
from hitsave.render import console
from hitsave.report.archive import Run, mapping_of, number_of
from hitsave.report.words import count

EXAMPLES["restore"] = """\
  hitsave restore 41 old        the code of run 41, into the new folder old
  hitsave restore 41 --data     with the input files that were kept
  hitsave restore 41 --in-place over the project's files; what they are now is
                                recorded first, and can be restored in turn
"""


def restore(
    run: ONE_RUN,
    folder: Annotated[
        str | None, typer.Argument(metavar="DIR", show_default=False, help="A new folder; run-N if not said.")
    ] = None,
    data: Annotated[bool, typer.Option("--data", help="Also the input files that were kept.")] = False,
    in_place: Annotated[bool, typer.Option("--in-place", help="Over the project's own files.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    store: STORE = None,
) -> None:
    """Write the exact source of all user code of a run, committed or not, with --data also the small input files that were
    kept. It goes to a new folder, unless you say --in-place.
    """
    from hitsave.render.json import encoded
    from hitsave.report import find
    from hitsave.report import restore as answers

    if in_place and folder is not None:
        raise typer.BadParameter("with --in-place there is no other folder", param_hint="DIR")
    snapshot = None
    with archive(store) as kept:
        found = find.run(kept, run)
        number = number_of(found)
        wanted = answers.plan(kept, found, data=data)
        project = str(found.get("project") or "")
    if in_place:
        target = project
        if not os.path.isdir(target):
            raise find.NotFound(f"the project's folder {target} is not there", hint="Restore into a new one.")
        snapshot = _snapshot(store, found, {**wanted.sources, **wanted.data})
    else:
        target = os.path.abspath(folder or f"run-{number}")
        if os.path.lexists(target) and (not os.path.isdir(target) or os.listdir(target)):
            raise typer.BadParameter(f"{target} is there already, and not empty", param_hint="DIR")
        os.makedirs(target, exist_ok=True)
    for name, content in {**wanted.data, **wanted.sources}.items():
        if not (in_place and os.path.isabs(name)):
            answers.write(answers.target(target, name), content)
    told = {
        "run": number,
        "folder": target,
        "sources": sorted(wanted.sources),
        "data": sorted(wanted.data),
        "not_kept": wanted.not_kept,
        "lost": wanted.lost,
        "snapshot": snapshot,
    }
    console.write(encoded(told) if json else _told(told))


def _told(told: dict[str, object]) -> console.Layout:
    sources, data, not_kept, lost = (told[key] for key in ("sources", "data", "not_kept", "lost"))
    assert isinstance(sources, list)
    assert isinstance(data, list)
    assert isinstance(not_kept, dict)
    assert isinstance(lost, list)
    what = count(len(sources), "source file") + (f" and {count(len(data), 'input file')}" if data else "")
    layout: console.Layout = [[(f"run {told['run']}: ", "strong"), (f"{what} in {told['folder']}", "")]]
    for name, text in not_kept.items():
        layout.append(
            [("  not kept: ", "warn"), (f"{name} ({text})", ""), ("  too large, outside, or changed since", "soft")]
        )
    layout += [[("  lost: ", "bad"), (str(name), "")] for name in lost]
    if told["snapshot"]:
        layout.append([("  as it was before: ", "soft"), (f"hitsave restore {told['snapshot']} --in-place", "")])
    return layout


def _snapshot(store: str | None, run: Run, files: dict[str, bytes]) -> int:
    """Record the files that are about to be overwritten, as a run of their own."""
    import time

    project = str(run.get("project"))
    with opened(store, write=True, project=project) as (kept, _):
        assert kept is not None
        sources: dict[str, str] = {}
        for name in {**mapping_of(run, "sources"), **files}:
            try:
                with open(os.path.join(project, name), "rb") as file:
                    sources[name] = kept.save_source(file.read()).hex()
            except OSError:
                continue
        command = [f"(before restoring run {run.get('run')})"]
        record = {"command": command, "script": "(snapshot)", "project": project, "cwd": os.getcwd()}
        number = kept.start_run({**record, "started": time.time(), "state": "snapshot"})
        kept.finish_run(number, {"state": "snapshot", "sources": sources, "seconds": 0.0, "exit": 0})
        kept.flush()
        if not number or not all(kept.source(bytes.fromhex(digest)) is not None for digest in sources.values()):
            raise OSError("the present state can't be recorded, so nothing was overwritten")
    return number


class Place:
    """Where `run --at` runs: the folder, the working directory in it, and what to run."""

    __slots__ = ("arguments", "cwd", "module", "project", "run", "script")

    def __init__(self, run: int, project: str, cwd: str) -> None:
        self.run = run
        self.project = project
        self.cwd = cwd
        self.module: str | None = None
        self.script: str | None = None
        self.arguments: list[str] = []


def prepare(reference: str, store: str | None, script: str | None) -> Place:
    """Make the folder for `run --at`. Without a script: the command of that run."""
    import tempfile

    from hitsave.report import find
    from hitsave.report import restore as answers

    with archive(store) as kept:
        run = find.run(kept, reference)
        wanted = answers.plan(kept, run, data=True)
    if wanted.lost:
        raise find.NotFound(f"the code of run {run.get('run')} is not whole", [("lost", name) for name in wanted.lost])
    project = str(run.get("project") or os.getcwd())
    folder = os.path.realpath(tempfile.mkdtemp(prefix=f"hitsave-run-{run.get('run')}-"))
    for name, content in {**wanted.data, **wanted.sources}.items():
        answers.write(answers.target(folder, name), content)
    answers.link_rest(project, folder)
    cwd = str(run.get("cwd") or project)
    inside = os.path.relpath(cwd, project)
    place = Place(
        number_of(run), project, folder if inside.startswith("..") else os.path.normpath(os.path.join(folder, inside))
    )
    os.makedirs(place.cwd, exist_ok=True)
    command = run.get("command")
    words = [str(word) for word in command] if isinstance(command, list | tuple) else []
    if script is not None:
        place.script = _moved(script, os.getcwd(), project, folder, place.cwd)
    elif words[:1] == ["-m"]:
        place.module, place.arguments = words[1], words[2:]
    else:
        place.script, place.arguments = _moved(words[0], cwd, project, folder, place.cwd), words[1:]
    return place


def _moved(script: str, cwd: str, project: str, folder: str, new: str) -> str:
    """The script's path from the working directory `new` in the new folder, if it lies in the project."""
    full = os.path.normpath(os.path.join(cwd, script))
    if not full.startswith(project + os.sep):
        return full
    moved = os.path.join(folder, os.path.relpath(full, project))
    return moved if os.path.isabs(script) else os.path.relpath(moved, new)
