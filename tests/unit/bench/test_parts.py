"""Stacks of HitSave's frames, and the parts that they belong to."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hitsave.bench import inside, parts

ROOT = Path(__file__).parents[3]
PROGRAM = "hitsave_trace.probes.hooks:enter"


@pytest.mark.parametrize(
    ("stack", "part"),
    [
        (("program",), None),
        ((parts.OUTSIDE,), None),
        ((parts.INTERPRETER,), "interpreter"),
        (("hitsave.__main__:<module>", "hitsave.start:main", "hitsave.replay.again:attempt", "import"), "replay"),
        (("hitsave.start:main", "hitsave.store.rows:read"), "replay"),
        (("import",), "start"),
        (("hitsave.run:prepare", "hitsave.memo.session:begin", "hitsave_trace.taps.installed:install"), "start"),
        (("hitsave.run:prepare", "hitsave.store.store:open_store"), "store"),
        ((PROGRAM, "hitsave_trace.observer:Observer.enter"), "recording"),
        ((PROGRAM, "hitsave.memo.interceptor:Memo.enter", "hitsave_trace.fingerprint.arrays:digest"), "fingerprints"),
        ((PROGRAM, "hitsave.memo.interceptor:Memo.enter", "hitsave.memo.check:first_difference"), "checks"),
        ((PROGRAM, "hitsave.memo.interceptor:Memo.leave", "hitsave.memo.changes:find"), "changes"),
        ((PROGRAM, "hitsave.memo.interceptor:Memo.leave", "hitsave.store.pickles:dump"), "results"),
        ((PROGRAM, "hitsave.memo.interceptor:Memo.leave", "hitsave.store.writer:Writer.put"), "store"),
        (("hitsave_trace.importing.loader:Loader.get_code", "hitsave_trace.probes.rewrite:rewrite"), "code"),
        (("hitsave.run:_finish", "hitsave.memo.session:Session.finish"), "end"),
        (("hitsave.run:_finish", "hitsave.memo.session:Session.finish", "hitsave.replay.keep:close", "hitsave.store.rows:put"), "replay"),
        (("hitsave.run:_finish", "hitsave.render.summary:say"), "end"),
    ],
)  # fmt: skip
def test_the_part_of_a_stack(stack, part):
    assert parts.part_of(stack) == part


def test_every_module_belongs_to_a_part():
    for package in ("hitsave", "hitsave_trace"):
        for path in (ROOT / package).rglob("*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            assert parts.part_of((f"{module}:f",)) in parts.PARTS


def test_what_was_written_is_read():
    text = "= 1.5 begun\n1000 program\n2000 hitsave.run:prepare;import\n500 hitsave.run:prepare;import\nrubbish\n= 2.5 ended\n"
    marks, stacks = parts.read(text)
    assert marks == [(1.5, "begun"), (2.5, "ended")]
    assert stacks == {("program",): 0.001, ("hitsave.run:prepare", "import"): 0.0025}
    assert parts.by_part(stacks)["start"] == 0.0025
    assert parts.by_function(stacks)["start"] == {"imports": 0.0025}
    assert parts.merged([stacks, {("program",): 0.003}])[("program",)] == 0.002


def test_whose_code_it_is():
    assert inside.kind_of(parts.part_of.__code__) == "hitsave.bench.parts:part_of"
    assert inside.kind_of(pytest.raises.__code__) is None
    assert inside.kind_of(Path.exists.__code__) is None
    assert inside.kind_of(compile("", "<string>", "exec")) is None
    assert inside.kind_of(compile("", "/home/me/train.py", "exec")) == ""
    assert inside.kind_of(compile("", "/home/me/hitsave.py", "exec")) == ""


def test_a_run_that_nobody_looks_at_does_not_know_of_it(tmp_path):
    assert "hitsave_bench" not in sys._xoptions
    path = tmp_path / "looks"
    watcher = inside.Watcher(str(path))
    watcher.mark("begun")
    watcher.start()
    while not watcher._times:
        pass
    watcher.end("ended")
    marks, stacks = parts.read(path.read_text())
    assert [name for _, name in marks] == ["begun", "ended"]
    assert set(stacks) == {("program",)}, "this test is no part of HitSave"
