"""HitSave's own bytecode in one file: read instead of many, and never in place of a source that has changed."""

import marshal
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hitsave
import hitsave_trace


@pytest.fixture
def run(tmp_path):
    """A function that runs a program with a copy of HitSave of its own; gives what was said on stderr."""
    for package in (hitsave, hitsave_trace):
        here = Path(package.__file__).parent
        shutil.copytree(here, tmp_path / "ours" / here.name, ignore=shutil.ignore_patterns("__pycache__"))
    script = tmp_path / "program" / "main.py"
    script.parent.mkdir()
    script.write_text("print('it ran')\n")

    def run(**variables):
        names = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        names |= {"PYTHONPATH": str(tmp_path / "ours"), "HITSAVE_STORE": str(tmp_path / "store"), **variables}
        command = [sys.executable, "-m", "hitsave", "run", "--no-replay", "-q", str(script)]
        done = subprocess.run(command, env=names, cwd=script.parent, capture_output=True, text=True, check=True)
        assert done.stdout == "it ran\n"
        return done.stderr

    return run


def edit(path):
    path.write_text(path.read_text() + "\nimport sys as _sys\n_sys.stderr.write('edited\\n')\n")


def test_a_module_comes_out_of_the_bundle_until_its_source_changes(run, tmp_path):
    ours = tmp_path / "ours"
    assert run() == ""
    (written,) = (ours / "hitsave" / "__pycache__").glob("bundle.*.pyc")
    first = written.read_bytes()
    # What is in the bundle is not looked for anywhere else.
    (pyc,) = (ours / "hitsave_trace" / "__pycache__").glob("observer.*.pyc")
    pyc.write_bytes(b"")
    assert run() == ""
    assert pyc.read_bytes() == b""
    assert written.read_bytes() == first
    edit(ours / "hitsave_trace" / "observer.py")
    assert run() == "edited\n"
    assert written.read_bytes() != first
    assert run() == "edited\n"


TWICE = """
import sys
for name, module in list(sys.modules.items()):
    for value in list(vars(module).values()) if name.startswith("hitsave") else ():
        home = sys.modules.get(getattr(value, "__module__", None) or "")
        if type(value).__name__ == "function" and home and home.__name__.startswith("hitsave"):
            if value.__globals__ is not vars(home):
                tell(f"{value.__module__}.{value.__qualname__} ")
        if isinstance(value, type) and home and home.__name__.startswith("hitsave"):
            if getattr(home, value.__qualname__, value) is not value:
                tell(f"{value.__module__}.{value.__qualname__} ")
"""


def test_each_module_is_run_once(run, tmp_path):
    """Also those that import one another; a second copy would have registers of its own."""
    script = tmp_path / "program" / "main.py"
    script.write_text(f"import sys\nprint('it ran')\nexec({TWICE!r}, {{'tell': sys.stderr.write}})\n")
    for _ in range(3):
        assert run() == ""


def test_what_others_import_before_is_no_part_of_the_order(run, tmp_path):
    early = tmp_path / "early" / "sitecustomize.py"
    early.parent.mkdir()
    early.write_text("import hitsave.memo.interceptor\n")
    both = os.pathsep.join([str(early.parent), str(tmp_path / "ours")])
    for path in (both, both, str(tmp_path / "ours"), both, str(tmp_path / "ours")):
        assert run(PYTHONPATH=path) == ""


@pytest.mark.parametrize("compiled", [True, False])
def test_a_second_run_looks_for_nothing_elsewhere(run, tmp_path, compiled):
    """The parts in C are no bytecode, and are not missed; whether they are there or not."""
    if not compiled:
        for part in tmp_path.glob("ours/hitsave_trace/*.so"):
            part.unlink()
    told = "from hitsave_trace.importing.apart import bundle; print(sorted(bundle.missed))"
    (tmp_path / "program" / "main.py").write_text(
        f"import sys\nprint('it ran')\nexec({told!r}, {{'print': sys.stderr.write, 'sorted': lambda them: ' '.join(sorted(them))}})\n"
    )
    assert run() != ""
    assert run() == ""


@pytest.mark.parametrize("damage", [b"", b"nothing of the kind", None])
def test_a_damaged_bundle_is_no_bundle(run, tmp_path, damage):
    run()
    (written,) = (tmp_path / "ours" / "hitsave" / "__pycache__").glob("bundle.*.pyc")
    whole = written.read_bytes()
    written.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert run() == ""
    assert len(written.read_bytes()) > len(whole) // 2


def test_nothing_is_written_where_no_bytecode_is_wanted(run, tmp_path):
    assert run(PYTHONDONTWRITEBYTECODE="1") == ""
    assert not list(tmp_path.glob("ours/**/bundle*.pyc"))


def test_a_tree_that_was_moved_names_its_files_as_they_are_called_now(run, tmp_path):
    run()
    (tmp_path / "ours").rename(tmp_path / "moved")
    source = tmp_path / "moved" / "hitsave_trace" / "scope.py"
    told = "import hitsave_trace.scope as s; print(s.project_of.__code__.co_filename)"
    (tmp_path / "program" / "main.py").write_text(
        f"import sys\nprint('it ran')\nexec({told!r}, {{'print': sys.stderr.write}})\n"
    )
    assert run(PYTHONPATH=str(tmp_path / "moved")) == str(source)


def test_the_bundle_of_another_version_is_none(run, tmp_path):
    """Even if its files have the size and time of those that are there now."""
    ours = tmp_path / "ours"
    observer, top = ours / "hitsave_trace" / "observer.py", ours / "hitsave" / "__init__.py"
    edit(observer)
    assert run() == "edited\n"
    time = observer.stat().st_mtime
    observer.write_text(observer.read_text().replace("'edited", "'EDITED"))
    os.utime(observer, (time, time))
    shutil.rmtree(observer.parent / "__pycache__")
    top.write_text(top.read_text().replace('__version__ = "', '__version__ = "9'))
    assert run() == "EDITED\n"


def test_an_order_that_does_not_work_is_no_order(run, tmp_path):
    """Modules without their packages; one that needs what is not there."""
    assert run() == ""
    (written,) = (tmp_path / "ours" / "hitsave" / "__pycache__").glob("bundle.*.pyc")
    data = written.read_bytes()
    version, order, entries = marshal.loads(data[16:])
    for other in ([name for name in order if name.count(".") > 1], order[::-1], order[5:], [*order, *order]):
        written.write_bytes(data[:16] + marshal.dumps((version, tuple(other), entries)))
        assert run() == ""
