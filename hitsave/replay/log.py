"""After a run was replayed: what its log, its report and the line on stderr say, and that what it needed was of use."""

from __future__ import annotations

import os
from time import time

import lmdb

from hitsave.store import schema
from hitsave.store.environment import open_environment
from hitsave.store.rows import Rows
from hitsave.store.runs import Runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.config import Settings
    from hitsave.options import Options
    from hitsave.replay.record import Run

    Row = dict[str, object]

    from typing import Protocol

    class Answered(Protocol):
        """What is known of the run that was answered."""

        @property
        def folder(self) -> str: ...
        @property
        def settings(self) -> Settings: ...
        @property
        def options(self) -> Options: ...
        @property
        def project(self) -> str: ...
        @property
        def name(self) -> bytes: ...
        def record(self, run: Run) -> Row: ...


def finish(answered: Answered, run: Run, trace: bytes, *, again: bool) -> None:
    """Write all of it. What fails here has no part in the run: the program's output is out already, so nothing is raised."""
    record = answered.record(run)
    try:
        record = _note(answered, record)
        _used(answered, trace, again=again)
        if answered.options.report is not None:
            _report(answered, record)
        if not answered.settings.quiet:
            from hitsave.render import summary

            summary.say(record)
    except Exception as error:
        _say(f"hitsave: the replayed run could not be recorded to its end ({type(error).__name__}: {error})\n")


def _say(text: str) -> None:
    try:
        os.write(2, text.encode("utf-8", "backslashreplace"))
    except OSError:
        pass


def _note(answered: Answered, record: Row) -> Row:
    """Put the run into the log, at the next number."""
    log = open_environment(os.path.join(answered.folder, "log"), schema.LOG_MAP)
    try:
        runs = Runs(Rows(log, _no_matter), schema.namespace(answered.project))
        number = runs.add(record)
    finally:
        log.close()
    return {**record, "run": number or None}


def _used(answered: Answered, trace: bytes, *, again: bool) -> None:
    """Note that the kept run was of use, once an hour, and that it is the newest of its name (`again`)."""
    values = open_environment(os.path.join(answered.folder, "values"), schema.VALUES_MAP, readonly=True)
    try:
        key, hours = schema.USED + trace, int(time() // 3600).to_bytes(4, "big")
        if not again and values.get(key) in (hours, schema.PINNED):
            return
        writing = open_environment(os.path.join(answered.folder, "values"), schema.VALUES_MAP)

        def change(txn: lmdb.Transaction[bytes]) -> None:
            if txn.get(key) != schema.PINNED:
                txn.put(key, hours)
            if again:
                txn.put(schema.CALL + schema.namespace(answered.project) + answered.name + schema.late(trace), trace)

        writing.write(change)
        writing.close()
    finally:
        values.close()


def _report(answered: Answered, record: Row) -> None:
    """Write the report that was asked for: the calls are those of the run that was kept, all of them answered."""
    import sys

    from hitsave.report import run_report
    from hitsave.report.archive import Archive
    from hitsave.store.store import open_store

    store = open_store(answered.folder, answered.project, readonly=True)
    try:
        number = record["run"]
        whole = {**(store.run(number) or {}), **record} if isinstance(number, int) else record
        calls = Archive(store).calls(number) if isinstance(number, int) else []
        run_report.write(str(answered.options.report), run_report.build(whole, calls, store))
    except OSError as error:
        sys.stderr.write(f"hitsave: the report can't be written: {error}\n")
    finally:
        store.close()


def _no_matter(_: Exception) -> None:
    """The store fails: the run is not in the log, and nothing else depends on it."""
