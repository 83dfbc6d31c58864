"""The groups of the comparison: calls that are answered, an experiment, and edits."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.pairs import Broken
from benchmarks.peers import edits, environments, programs
from benchmarks.peers.environments import OTHERS, OURS, PLAIN, REPLAYED, Missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.peers.environments import Peer

    Say = Callable[[Figure], None]

CALLS, EXPERIMENT, EDITS = "peers: calls", "peers: experiment", "peers: edits"
ANSWERED = 0.5
"""The share of a computation that must be saved for it to have been answered."""


class Ran:
    """One process: its seconds, those of the processor, and what it printed."""

    def __init__(self, seconds: float, processor: float, output: str) -> None:
        self.seconds = seconds
        self.processor = processor
        self.output = output


class Project:
    """A program in a folder of its own, written for one peer."""

    def __init__(self, folder: Path, peer: Peer) -> None:
        self.peer = peer
        self.folder = folder / re.sub(r"\W+", "-", peer.name) / "project"
        self.folder.mkdir(parents=True)
        self._interpreter = environments.interpreter(peer)

    def write(self, text: str, values: dict[str, str] | None = None) -> None:
        """Write the script as this peer wants it."""
        (self.folder / "main.py").write_text(programs.written(text, self.peer, values), encoding="utf-8")

    def forget(self) -> None:
        """Throw away all that was kept."""
        for path in self.folder.parent.iterdir():
            if path != self.folder:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def run(self, variables: dict[str, str] | None = None) -> Ran:
        """Run it once."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("HITSAVE", "PYTHON"))}
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
        done = subprocess.run(
            [self._interpreter, *self.peer.words, "main.py"],
            cwd=self.folder,
            env=environment | self.peer.variables | (variables or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        seconds, after = perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise Broken(f"{self.peer.name}: ended with {done.returncode}: {_last_line(done.stderr)}")
        return Ran(seconds, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout)


def measure(folder: Path, pairs: int, say: Say, only: str | None = None) -> None:
    """Measure all three. With `only`: one of "calls", "experiment" and "edits"."""
    for name, group in (("edits", _edits), ("calls", _calls), ("experiment", _experiment)):
        if only in (None, name):
            group(folder / name, pairs, say)


def _projects(folder: Path, peers: tuple[Peer, ...]) -> list[Project]:
    found = []
    for peer in peers:
        try:
            found.append(Project(folder, peer))
        except Missing as why:
            print(f"  {peer.name} is left out: {why}", flush=True)
    return found


def _turns(projects: list[Project], number: int) -> list[Project]:
    """Who is first differs from round to round."""
    at = number % len(projects)
    return projects[at:] + projects[:at]


# --- calls ------------------------------------------------------------------------------------------------------------


# Calls are what is compared, not the statements that time them.
_CALLS_ONLY = {"HITSAVE_STATEMENTS": "0", "HITSAVE_SITES": "0"}


def _calls(folder: Path, pairs: int, say: Say) -> None:
    projects = _projects(folder, (PLAIN, OURS, *OTHERS))
    for project in list(projects):
        project.write(programs.CALLS)
        try:
            project.run(_CALLS_ONLY)
        except Broken as error:
            print(f"  left out: {error}", flush=True)
            projects.remove(project)
    told: dict[str, list[dict[str, object]]] = {project.peer.name: [] for project in projects}
    for number in range(pairs):
        for project in _turns(projects, number):
            told[project.peer.name].append(_told(project.run(_CALLS_ONLY).output))
    for name in told[PLAIN.name][0]:
        for project in projects:
            rows = [row[name] for row in told[project.peer.name]]
            if isinstance(rows[0], str):
                print(f"  {project.peer.name}, {name}: {rows[0]}", flush=True)
                continue
            again = [sorted(_times(row)[1:])[len(_times(row)) // 2 - 1] for row in rows]
            say(Figure.alone(CALLS, f"{name}, first of a run: {project.peer.name}", [_times(row)[0] for row in rows]))
            say(Figure.alone(CALLS, f"{name}, again: {project.peer.name}", again))


def _told(output: str) -> dict[str, object]:
    line = next(line for line in reversed(output.splitlines()) if line.startswith("{"))
    found: dict[str, object] = json.loads(line)
    return found


def _times(found: object) -> list[float]:
    assert isinstance(found, list)
    return found


# --- an experiment ----------------------------------------------------------------------------------------------------


def _experiment(folder: Path, pairs: int, say: Say) -> None:
    projects = _projects(folder, (PLAIN, OURS, REPLAYED, *OTHERS))
    steps = ("first run", "second run", "after an edit of the last function")
    seconds: dict[tuple[str, str], list[float]] = {}
    right: dict[tuple[str, str], bool] = {}
    for number in range(pairs):
        outputs: dict[str, str] = {}
        # Plain Python comes first or last, and tells what is right; so the others are judged at the end of a round.
        ran: list[tuple[Project, str, Ran]] = []
        for project in _turns(projects, number):
            project.forget()
            for step in steps:
                project.write(programs.EXPERIMENT, {"EDITION": str(number + 2 if step == steps[2] else 1)})
                ran.append((project, step, project.run()))
        for project, step, found in ran:
            if project.peer is PLAIN:
                outputs[step] = _result(found.output)
        for project, step, found in ran:
            key = (step, project.peer.name)
            seconds.setdefault(key, []).append(found.seconds)
            right[key] = right.get(key, True) and _result(found.output) == outputs[step]
    for step in steps:
        for project in projects:
            if project.peer is PLAIN:
                continue
            mine = seconds[step, project.peer.name]
            figure = Figure.compared(EXPERIMENT, f"{step}: {project.peer.name}", seconds[step, PLAIN.name], mine)
            if not right[step, project.peer.name]:
                figure.notes["wrong"] = 1
            say(figure)


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")


def _result(output: str) -> str:
    return next((line for line in output.splitlines() if line.startswith("best of")), "")


# --- edits ------------------------------------------------------------------------------------------------------------


def _edits(folder: Path, _pairs: int, say: Say) -> None:
    projects = _projects(folder, (PLAIN, OURS, *OTHERS))
    right: dict[str, str] = {}
    costs: dict[bool, float] = {}  # seconds of the processor that plain Python takes with little and with much to do
    for project in projects:
        notes: dict[str, float] = {}
        for edit in (*edits.EDITS, *edits.IN_VAIN):
            try:
                first, second = _before_and_after(project, edit)
            except Broken as error:
                print(f"  {edit.name}: {error}", flush=True)
                notes[edit.name] = 2
                continue
            printed = "\n".join(re.findall(r"^(?:working|\[\d).*$", second.output, re.MULTILINE))
            if project.peer is PLAIN:
                right[edit.name] = printed
                costs[edit.matters] = second.processor
            elif edit.matters:
                notes[edit.name] = float(printed != right[edit.name])
            else:
                saved = first.processor - second.processor
                notes[edit.name] = float(saved < (costs[False] - costs[True]) * ANSWERED)
        if project.peer is not PLAIN:
            for name, which in (("wrong answers", edits.EDITS), ("computed in vain", edits.IN_VAIN)):
                own = {edit.name: notes[edit.name] for edit in which}
                count = sum(value == 1 for value in own.values())
                figure = Figure.alone(EDITS, f"{name}: {project.peer.name}", [count], "count")
                figure.notes = {**own, "of": len(own)}
                say(figure)


def _before_and_after(project: Project, edit: edits.Edit) -> tuple[Ran, Ran]:
    project.forget()
    busy = {"BUSY": "2_000_000" if edit.matters else "80_000_000"}
    files = {"main.py": edits.MAIN, **edits.FILES}
    runs = []
    for after in (False, True):
        for name, text in files.items():
            if name == "main.py" and edit.base[0]:
                text = text.replace(*edit.base)
            if after and name == edit.file:
                if edit.old not in text:
                    raise ValueError(f"{edit.name}: {edit.old!r} does not stand in {name}")
                text = text.replace(edit.old, edit.new)
            if name == "main.py":
                project.write(text, busy)
            elif not after or name == edit.file:
                path = project.folder / name
                path.write_text(text, encoding="utf-8")
                # Minutes lie between the two: compiled files are found by size and whole seconds.
                os.utime(path, (path.stat().st_mtime - 600,) * 2 if not after else None)
        runs.append(project.run(edit.variables if after else None))
    return runs[0], runs[1]
