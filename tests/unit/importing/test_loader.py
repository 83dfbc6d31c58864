"""The import hook, with probes that can be seen: each function's result is doubled."""

import importlib
import importlib.util
import inspect
import marshal
import os
import runpy
import subprocess
import sys
from types import CodeType

import pytest

from hitsave_trace.importing.compiled import Templates
from hitsave_trace.importing.loader import Hook, SourceFileLoader, relative
from hitsave_trace.names import user_modules
from hitsave_trace.scope import Scope


def changed(code: CodeType) -> CodeType:
    """The same code, with each 7 among its constants an 8: proof that it is not the original that runs."""
    consts = (changed(c) if isinstance(c, CodeType) else 8 if type(c) is int and c == 7 else c for c in code.co_consts)
    return code.replace(co_consts=tuple(consts))


class Rewriter:
    """Stands for `probes.rewrite`, and counts."""

    def __init__(self):
        self.rewritten = []

    def rewrite(self, code, module):
        self.rewritten.append(module)
        return marshal.dumps(changed(code))

    def load(self, template, module, made_from):
        return marshal.loads(template)


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "seven.py").write_text("def f():\n    return 7\n")
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    known = dict(user_modules)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]
    user_modules.clear()
    user_modules.update(known)


@pytest.fixture
def hook(project, tmp_path):
    rewriter = Rewriter()
    made = Hook(Scope(str(project)), Templates(str(tmp_path / "templates"), "1"), rewriter.rewrite, rewriter.load)
    made.install()
    yield made, rewriter
    made.uninstall()


def test_a_user_module_gets_probes_and_is_told_of(hook, project):
    told = []
    hook[0].on_load = told.append
    module = importlib.import_module("seven")
    assert module.f() == 8
    [loaded] = hook[0].loaded
    assert told == [loaded]
    assert (loaded.module, loaded.filename, loaded.why_not) == ("seven", str(project / "seven.py"), None)
    assert loaded.source == b"def f():\n    return 7\n"
    assert user_modules["seven"].relative == "seven.py"
    assert user_modules["seven"].globals is module.__dict__


def test_nothing_else_of_the_module_shows(hook):
    module = importlib.import_module("seven")
    assert type(module.__loader__) is importlib.machinery.SourceFileLoader
    assert vars(module.__loader__).keys() == {"name", "path"}
    assert module.__spec__.loader is module.__loader__
    assert os.path.exists(module.__cached__) or sys.dont_write_bytecode
    assert "return 7" in inspect.getsource(module.f)
    assert all("hitsave" not in type(finder).__module__ for finder in sys.meta_path)


def test_the_bytecode_file_is_plain_pythons(hook, project, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    module = importlib.import_module("seven")
    with open(module.__cached__, "rb") as file:
        code = marshal.loads(file.read()[16:])
    assert code == compile((project / "seven.py").read_bytes(), str(project / "seven.py"), "exec")


def test_uninstalled_nothing_is_left(hook):
    hook[0].uninstall()
    assert "get_code" not in SourceFileLoader.__dict__
    assert importlib.import_module("seven").f() == 7


@pytest.mark.parametrize("way", ["spec", "reload", "finder in front", "subclass", "runpy"])
def test_every_way_to_a_source_file_is_seen(hook, project, way):
    path = str(project / "seven.py")
    if way == "spec":
        spec = importlib.util.spec_from_file_location("anything", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert module.f() == 8
    elif way == "reload":
        module = importlib.import_module("seven")
        (project / "seven.py").write_text("def f():\n    x = 7\n    return x * 100\n")
        assert importlib.reload(module).f() == 800
        assert len(hook[0].loaded) == 2
    elif way == "runpy":
        hook[0].main = True
        assert runpy.run_module("seven")["f"]() == 8
        assert hook[0].loaded[0].module == "__main__"
        assert hook[0].main is False
    else:

        class Loader(importlib.machinery.SourceFileLoader):
            def exec_module(self, module):
                super().exec_module(module)

        class Finder:
            @staticmethod
            def find_spec(name, path=None, target=None):
                spec = importlib.machinery.PathFinder.find_spec(name, path, target)
                if name == "seven" and way == "subclass":
                    spec.loader = Loader(spec.loader.name, spec.loader.path)
                return spec

        sys.meta_path.insert(0, Finder)
        try:
            assert importlib.import_module("seven").f() == 8
        finally:
            sys.meta_path.remove(Finder)


def test_a_module_that_fails_shows_no_frame_of_ours(hook, project):
    (project / "bad.py").write_text("def f():\n    raise ValueError\nf()\n")
    with pytest.raises(ValueError) as caught:
        importlib.import_module("bad")
    files = {entry.frame.code.path for entry in caught.traceback[1:]}
    assert not [file for file in map(str, files) if "hitsave" in file]
    (project / "worse.py").write_text("def (:\n")
    with pytest.raises(SyntaxError) as caught:
        importlib.import_module("worse")
    assert not [entry for entry in caught.traceback[1:] if "hitsave" in str(entry.frame.code.path)]


def test_a_module_that_can_not_be_rewritten_runs_as_it_is(hook):
    def fails(code, module):
        raise RuntimeError("no")

    hook[0]._rewrite = fails
    assert importlib.import_module("seven").f() == 7
    assert hook[0].loaded[0].why_not == "RuntimeError: no"


def test_templates_are_used_again(hook, project):
    importlib.import_module("seven")
    del sys.modules["seven"]
    assert importlib.import_module("seven").f() == 8
    assert hook[1].rewritten == ["seven"]
    (project / "seven.py").write_text("def f():\n    x = 7\n    return x * 1000\n")
    importlib.invalidate_caches()
    assert importlib.reload(sys.modules["seven"]).f() == 8000
    assert hook[1].rewritten == ["seven"] * 2


def test_stale_bytecode_runs_as_in_plain_python(hook, project, monkeypatch):
    """Same size and time, other content: plain Python trusts its bytecode file, and so the template must be that one's."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = project / "seven.py"
    os.utime(path, (1_000_000_000, 1_000_000_000))
    importlib.import_module("seven")
    path.write_text("def f():\n    return 5\n")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    del sys.modules["seven"]
    stale = importlib.import_module("seven")
    assert stale.f() == 8
    os.unlink(stale.__cached__)
    del sys.modules["seven"]
    assert importlib.import_module("seven").f() == 5


def test_library_modules_are_left_alone(hook):
    sys.modules.pop("this_is_not_loaded", None)
    importlib.reload(importlib.import_module("colorsys"))
    assert hook[0].loaded == []


def test_relative_names(project):
    assert relative(str(project / "a" / "b.py"), str(project)) == "a/b.py"
    assert relative("/elsewhere/b.py", str(project)) == "/elsewhere/b.py"


def test_pytest_rewrites_and_we_rewrite_what_it_made(tmp_path):
    """In a process of its own: pytest's import hook is there, and its modules still get probes."""
    (tmp_path / "test_seven.py").write_text("def f():\n    return 7\n\ndef test_f():\n    assert f() == 8\n")
    (tmp_path / "driver.py").write_text(
        "import sys\n"
        f"sys.path[:0] = {[os.getcwd(), os.path.dirname(__file__)]!r}\n"
        "from test_loader import Rewriter\n"
        "for name in [n for n in sys.modules if n.startswith(('_pytest', 'pytest'))]: del sys.modules[name]\n"
        "from hitsave_trace.importing.loader import Hook\n"
        "from hitsave_trace.importing.compiled import Templates\n"
        "from hitsave_trace.scope import Scope\n"
        "r = Rewriter()\n"
        f"hook = Hook(Scope({str(tmp_path)!r}), Templates(None, '1'), r.rewrite, r.load)\n"
        "hook.install()\n"
        "import pytest\n"
        "status = pytest.main(['-q', '-p', 'no:cacheprovider', 'test_seven.py'])\n"
        "assert 'test_seven' in r.rewritten, r.rewritten\n"
        "sys.exit(status)\n"
    )
    done = subprocess.run([sys.executable, "driver.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
