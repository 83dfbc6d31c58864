"""The parts of the benchmarks that can be wrong without anybody seeing it: programs, edits, plots, tables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from benchmarks import growth, plots
from benchmarks.figures import Figure
from benchmarks.peers import edits, environments, page, programs

PEERS = (environments.PLAIN, environments.OURS, *environments.OTHERS)
PLAIN = environments.PLAIN


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
@pytest.mark.parametrize(
    "text", [programs.CALLS, programs.EXPERIMENT, edits.MAIN], ids=["calls", "experiment", "edits"]
)
def test_a_program_is_written_for_each_peer(peer, text):
    written = programs.written(text, peer, {"EDITION": "1", "BUSY": "10"})
    compile(written, "main.py", "exec")
    assert not re.search(r"CACHED|PRELUDE|RUN\(|EDITION|BUSY", written)
    assert written.count(peer.decorator) == text.count("@CACHED") if peer.decorator else "@" not in written
    if peer.run:
        assert written.count(peer.run + "(") == text.count("RUN(")


def test_a_notebook_has_a_cell_for_each_function_and_hands_names_on():
    text = "import os\nA = 1\n\ndef f(x):\n    return x + A + len(os.sep)\n\nB = f(2)\nprint(B)\n"
    cells = re.findall(r"def _\((.*)\):\n(?:    .*\n)*?    return(.*)\n\n", programs.notebook(text) + "\n")
    assert cells == [("", " os,"), ("", " A,"), ("A, os", " f,"), ("f", " B,")]


def test_each_package_has_one_requirement():
    lines = [line for line in environments.REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]
    assert sorted(line.partition("==")[0] for line in lines) == sorted({peer.package for peer in PEERS if peer.package})


def printed(folder, edit, *, after):
    folder.mkdir()
    for name, text in {"main.py": edits.MAIN, **edits.FILES}.items():
        if name == "main.py" and edit.base[0]:
            assert edit.base[0] in text
            text = text.replace(*edit.base)
        if name == edit.file and after:
            assert edit.old in text
            text = text.replace(edit.old, edit.new)
        (folder / name).write_text(programs.written(text, PLAIN, {"BUSY": "10"}))
    environment = os.environ | (edit.variables if after else {})
    return subprocess.run(
        [sys.executable, "main.py"], cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("edit", [*edits.EDITS, *edits.IN_VAIN], ids=lambda edit: edit.name)
def test_an_edit_changes_what_plain_python_prints_if_it_matters(tmp_path, edit):
    before, after = (printed(tmp_path / str(when), edit, after=when) for when in (False, True))
    assert before.startswith("working on 3\n[")
    is_an_edit = edit.old != edit.new or bool(edit.variables)
    assert (before != after) == (edit.matters and is_an_edit)


@pytest.mark.parametrize("name", growth.CURVES)
def test_programs_of_all_sizes_run(tmp_path, name):
    _, sizes, _, files = growth.CURVES[name]
    for size in sizes[:2]:
        for file, text in files(size).items():
            (tmp_path / file).write_text(text)
            compile(text, file, "exec")
    subprocess.run([sys.executable, "main.py"], cwd=tmp_path, check=True)


def test_plots_are_pictures_and_the_same_each_time(tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "FOLDER", tmp_path)
    found = [
        Figure.alone(page.CALLS, "small call, again: HitSave", [1e-5]),
        Figure.alone(page.CALLS, "small call, again: a <peer>", [1e-3]),
        Figure.compared(page.EXPERIMENT, "second run: HitSave", [2.0], [0.1]),
        Figure.alone(page.EDITS, "wrong answers: HitSave", [0], "count"),
        Figure.alone(page.EDITS, "wrong answers: other", [2], "count"),
        Figure.alone(page.EDITS, "computed in vain: HitSave", [1], "count"),
    ]
    found[3].notes = {"a": 0.0, "b": 0.0, "of": 2}
    found[4].notes = {"a": 1.0, "b": 2.0, "of": 2}
    found[5].notes = {"c": 1.0, "of": 1}
    tables = "\n".join(
        page.table(group, "cpython-3.11", [figure for figure in found if figure.group == group])
        for group in page.GROUPS
    )
    assert "| small call, again | 10 µs | 1 ms |" in tables
    assert "| second run | 0.050× |" in tables
    assert "| wrong answers | 0 of 2 | 2 of 2 |" in tables
    assert "| b |  | fails |" in tables
    curve = [
        Figure.alone(growth.GROUP, f"calls: {side}: {size}", [size / 1e4 + at])
        for at, side in enumerate(growth.SIDES)
        for size in (100, 1000)
    ]
    curve.append(Figure.alone(growth.GROUP, "entries: bytes of the store for each: 100", [2000.0], "bytes"))
    told = growth.table("cpython-3.11", curve)
    assert "| 100 | 10 ms | 1.01 s | 2.01 s |" in told
    pictures = sorted(path.name for path in tmp_path.iterdir())
    assert pictures == [
        "growth-calls-3.11.svg",
        *(page.picture(group, "cpython-3.11") for group in sorted(page.GROUPS)),
    ]
    before = [path.read_text() for path in sorted(tmp_path.iterdir())]
    for text in before:
        assert ET.fromstring(text).tag.endswith("svg")
    growth.table("cpython-3.11", curve)
    assert [path.read_text() for path in sorted(tmp_path.iterdir())] == before
