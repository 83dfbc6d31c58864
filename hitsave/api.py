"""Runs and calls for programs and notebooks: `hitsave.runs()`, `hitsave.calls("train")`.

The store is opened for reading alone, so that runs may write while somebody looks. What is asked for is read then; a
result is loaded when `result()` is called, and loading it may run code of the program's classes.
"""

from __future__ import annotations

import html
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

from hitsave.report import compare, find, history, table, why
from hitsave.report.archive import Archive, command_of, mapping_of, number_of, seconds_of
from hitsave.report.conditions import Condition
from hitsave.report.results import NotKept, result_of
from hitsave.report.words import duration, short_name

if TYPE_CHECKING:
    import pandas as pd

    from hitsave.store.store import Store

__all__ = ["Call", "Calls", "NotFound", "NotKept", "Run", "Runs", "calls", "get_run", "runs"]

NotFound = find.NotFound
Scalar = str | int | float | bool | None

_stores: dict[tuple[str, str], Store] = {}


def runs(
    limit: int | None = None, *, script: str | None = None, store: str | None = None, project: str | None = None
) -> Runs:
    """The runs of the project, newest first: those of one script, or the newest `limit`."""
    archive = _open(store, project)
    known = None if script is None else find.script(archive, script)
    found = (archive.run(number) for number in archive.numbers(known, 0, limit or 0))
    return Runs([Run(archive, record) for record in found if record is not None])


def get_run(reference: int | str = "@", *, store: str | None = None, project: str | None = None) -> Run:
    """One run: a number, "@" (the last), "@-", "@:train.py" or a tag. Raises NotFound."""
    archive = _open(store, project)
    return Run(archive, find.run(archive, str(reference)))


def calls(function: str, where: str | None = None, *, store: str | None = None, project: str | None = None) -> Calls:
    """The calls of a function that ran, in all runs, oldest first: those that fulfil a condition such as 'rate > 0.1'.

    Raises NotFound, and `hitsave.report.conditions.BadCondition`.
    """
    archive = _open(store, project)
    name = find.function(archive, function)
    found = table.build(archive, name, whole=True)
    if where is not None:
        table.select(found, where=where)
    return Calls([Call(archive, {**row, "function": name}) for row in found.rows])


def _open(store: str | None, project: str | None) -> Archive:
    from hitsave import config
    from hitsave.store.no_store import NoStore
    from hitsave.store.place import format_of
    from hitsave.store.store import Store, open_store

    name = project or config.find_project(os.path.join(os.getcwd(), "script.py"))
    settings = config.load(name, {"store": store})
    folder = os.path.abspath(settings.store)
    if format_of(folder) is None:
        return Archive(NoStore(folder))
    kept = _stores.get((folder, name))
    if kept is None:
        told: list[Exception] = []
        opened = open_store(folder, name, settings.size_limit_bytes, told.append, readonly=True)
        if not isinstance(opened, Store):
            raise told[0]
        kept = _stores[folder, name] = opened
    archive = Archive(kept)
    return archive


class Run:
    """One run."""

    def __init__(self, archive: Archive, record: dict[str, object]) -> None:
        self._archive = archive
        self.record = record
        """All that is kept of it, as a dict."""

    @property
    def number(self) -> int:
        """Its number in the project."""
        return number_of(self.record)

    @property
    def command(self) -> str:
        """Its command line."""
        return command_of(self.record)

    @property
    def started(self) -> float:
        """When it began, in seconds since 1970."""
        return seconds_of(self.record, "started")

    @property
    def seconds(self) -> float:
        """How long it took."""
        return seconds_of(self.record)

    @property
    def state(self) -> str:
        """`done`, `failed`, `interrupted`, `killed` or `running`."""
        return str(self.record.get("state"))

    @property
    def exit(self) -> int | None:
        """Its exit status."""
        found = self.record.get("exit")
        return found if isinstance(found, int) else None

    @property
    def code(self) -> dict[str, str]:
        """The text of each source file that ran, by its path in the project."""
        found = {}
        for path, digest in mapping_of(self.record, "sources").items():
            lines = self._archive.source_lines(digest)
            if lines is not None:
                found[path] = "".join(lines)
        return found

    @property
    def diff(self) -> list[dict[str, object]]:
        """What it used and had changed since the run before it of the same script."""
        old = self._archive.before(self.record)
        return history.changes(self._archive, old, self.record) if old is not None else []

    @property
    def output(self) -> str:
        """What its calls printed, as far as it was kept."""
        parts = self._archive.output(self.number)
        return "".join(text if isinstance(text, str) else text.decode("utf-8", "replace") for _, text in parts)

    def calls(self, function: str | None = None) -> Calls:
        """Its calls, or those of one function: reused ones, too."""
        recorded = self._archive.calls(self.number)
        if function is not None:
            recorded = find.calls(self._archive, self.record, function)
        rows = {id(call): row for call, row in compare.results(self._archive, self.record)}
        return Calls(
            [Call(self._archive, {**rows.get(id(call), {}), **_without_texts(call, rows)}) for call in recorded]
        )

    def __repr__(self) -> str:
        return f"<Run {self.number} {self.command!r} {self.state} {duration(self.seconds)}>"


def _without_texts(call: dict[str, object], rows: dict[int, dict[str, object]]) -> dict[str, object]:
    """A call without the short texts of its arguments, where their values are known."""
    return {key: value for key, value in call.items() if key != "arguments" or id(call) not in rows}


class Call:
    """One call of a function."""

    def __init__(self, archive: Archive, record: dict[str, object]) -> None:
        self._archive = archive
        self.record = record
        """All that is kept of it, as a dict."""

    @property
    def function(self) -> str:
        """The function's name, `module:qualified.name`."""
        return str(self.record.get("function"))

    @property
    def run(self) -> int | None:
        """The run in which it ran."""
        found = self.record.get("source_run") or self.record.get("run")
        return found if isinstance(found, int) else None

    @property
    def verdict(self) -> str:
        """`hit`, `miss` or `unsaved`."""
        return str(self.record.get("verdict"))

    @property
    def arguments(self) -> dict[str, Scalar]:
        """Its arguments: numbers and words as they were, others described; parts of configs as `config.rate`."""
        return self._mapping("arguments")

    @property
    def returned(self) -> dict[str, Scalar]:
        """The numbers and words in what it returned, by column."""
        return self._mapping("result")

    @property
    def seconds(self) -> float:
        """How long it took when it ran."""
        return seconds_of(self.record)

    @property
    def reasons(self) -> list[str]:
        """Why it ran again or was not saved, a sentence each."""
        found = self._archive.run(self.run or 0)
        told = why.of_calls(self._archive, found or {}, [self.record])
        reasons = told[0]["reasons"] if told else []
        return [str(reason["sentence"]) for reason in reasons] if isinstance(reasons, list) else []

    @property
    def code(self) -> str:
        """The text of the function as it was."""
        version = self._archive.version(self.function, self.record.get("code"))
        return version.text if version is not None else ""

    def result(self) -> object:
        """What it returned, loaded from the store. Raises NotKept if it is not stored."""
        found = self._archive.run(self.run or 0)
        project = str((found or {}).get("project") or os.getcwd())
        path = list(sys.path)
        sys.path.insert(0, project)
        try:
            return result_of(self._archive.keeper, self.record.get("trace"))  # type: ignore[arg-type]
        finally:
            sys.path[:] = path

    def _mapping(self, key: str) -> dict[str, Scalar]:
        found = self.record.get(key)
        return dict(found) if isinstance(found, dict) else {}

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"<Call {short_name(self.function)}({told}) {self.verdict}, run {self.run}, {duration(self.seconds)}>"


class Runs(Sequence[Run]):
    """Runs in order; shown as a table in a notebook."""

    def __init__(self, found: list[Run]) -> None:
        self._found = found

    @overload
    def __getitem__(self, at: int) -> Run: ...
    @overload
    def __getitem__(self, at: slice) -> Runs: ...
    def __getitem__(self, at: int | slice) -> Run | Runs:
        return Runs(self._found[at]) if isinstance(at, slice) else self._found[at]

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._found)

    def to_pandas(self) -> pd.DataFrame:
        """A data frame with a row a run."""
        import pandas as pd

        keys = (
            "run",
            "started",
            "script",
            "state",
            "exit",
            "seconds",
            "saved_seconds",
            "hits",
            "misses",
            "unsaved",
            "python",
        )
        return pd.DataFrame([{"command": one.command, **{key: one.record.get(key) for key in keys}} for one in self])

    def __repr__(self) -> str:
        return "\n".join(map(repr, self._found)) or "<no runs>"

    def _repr_html_(self) -> str:
        rows = [[one.number, one.command, one.state, duration(one.seconds)] for one in self]
        return _table(["run", "command", "state", "took"], rows)


class Calls(Sequence[Call]):
    """Calls in order; shown as a table in a notebook."""

    def __init__(self, found: list[Call]) -> None:
        self._found = found

    @overload
    def __getitem__(self, at: int) -> Call: ...
    @overload
    def __getitem__(self, at: slice) -> Calls: ...
    def __getitem__(self, at: int | slice) -> Call | Calls:
        return Calls(self._found[at]) if isinstance(at, slice) else self._found[at]

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._found)

    def where(self, condition: str) -> Calls:
        """Those that fulfil a condition on their columns, such as 'rate > 0.1 and loss < 2'."""
        holds = Condition(condition)
        return Calls(
            [one for one in self if holds({**one.arguments, **one.returned, "run": one.run, "seconds": one.seconds})]
        )

    def to_pandas(self) -> pd.DataFrame:
        """A data frame with a row a call: run, arguments, what was returned, seconds."""
        import pandas as pd

        rows = []
        for one in self:
            row: dict[str, object] = {"run": one.run, **one.arguments}
            row.update({(f"result.{name}" if name in row else name): value for name, value in one.returned.items()})
            rows.append({**row, "seconds": one.seconds})
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self._found)) or "<no calls>"

    def _repr_html_(self) -> str:
        names = dict.fromkeys(name for one in self for name in (*one.arguments, *one.returned))
        rows = [
            [one.run, *({**one.arguments, **one.returned}.get(n, "") for n in names), duration(one.seconds)]
            for one in self
        ]
        return _table(["run", *names, "took"], rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    def line(cells: Sequence[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    return "<table>" + line(heads, "th") + "".join(line(row, "td") for row in rows) + "</table>"
