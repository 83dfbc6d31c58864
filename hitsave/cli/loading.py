"""Stored results in this process: their classes are looked for where the run's were."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hitsave.cli.opening import opened
from hitsave.report.archive import Archive, script_of
from hitsave.report.results import NotKept, result_of


@contextmanager
def loaded(kept: Archive, store: str | None, project: str | None = None) -> Iterator[Callable[[object], object]]:
    """What loads the result of a trace (hex digest). Raises NotKept where it is not stored, and what unpickling raises."""
    numbers = kept.numbers(limit=1)
    run = kept.run(numbers[0]) if numbers else None
    project = project or str((run or {}).get("project") or os.getcwd())
    folders = [project, os.path.join(project, os.path.dirname(script_of(run or {})))]
    with opened(store, project=project) as (values, _):
        if values is None:
            raise NotKept("nothing is stored")
        path = list(sys.path)
        sys.path[:0] = dict.fromkeys(folders)
        try:
            yield lambda trace: result_of(values, trace)
        finally:
            sys.path[:] = path
