"""Whole programs, run by plain Python and under HitSave: what a person and a program can see is equal, byte for byte."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable

HELPER = "def f(x):\n    return x + 1\n\ndef boom():\n    raise ValueError('boom')\n"
RUN = "import sys\nexec(sys.argv[1])\n"


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "pkg").mkdir(parents=True)
    (folder / "folder").mkdir()
    (folder / "shadow").mkdir()
    for name, text in {
        "run.py": RUN,
        "helper.py": HELPER,
        "bad.py": "x = 1\nraise RuntimeError('at import')\n",
        "wrong.py": "x = 1\ndef f(:\n    pass\n",
        "absent.py": "import not_there_at_all\n",
        "name.py": "from helper import nothing\n",
        "latin.py": "x = '\xe9'\n",
        "warns.py": "x = 1 is 1\nprint(x)\n",
        "pkg/__init__.py": "print('package', __name__)\n",
        "pkg/__main__.py": "import sys, helper\nprint(__name__, __spec__.name, sys.argv[1:], helper.f(1))\nhelper.boom()\n",
        "folder/__main__.py": "import sys\nprint(__name__, __file__, sys.path[0], sys.argv)\nraise KeyError(1)\n",
        "shadow/random.py": "def draw():\n    return 'mine'\n",
        "shadow/struct.py": "name = 'mine'\n",
        "shadow/types.py": "print('a script named like a standard module', __name__)\n",
        "shadow/main.py": "import random, struct\nprint(random.draw(), struct.name)\n",
    }.items():
        (folder / name).write_text(text, encoding="latin-1")
    return folder


def environment(**more):
    found = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "HITSAVE", "COVERAGE", "PYTEST"))}
    return {**found, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **more}


def outcomes(project, words, flags=(), cwd=None, **variables):
    """(stdout, stderr, status) of plain Python and of HitSave."""
    store = project.parent / "store"
    found = []
    for command in ([], ["-m", "hitsave", "run", "-q", "--store", str(store)]):
        done = subprocess.run(
            [PYTHON, *flags, *command, *words],
            cwd=cwd or project, env=environment(**variables), capture_output=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        found.append((done.stdout.decode(), done.stderr.decode(), done.returncode))
    return found


@pytest.mark.parametrize(
    "words",
    [
        ["run.py", "import helper; helper.boom()"],
        ["bad.py"],
        ["wrong.py"],
        ["latin.py"],
        ["warns.py"],
        ["missing.py"],
        ["-m", "missing"],
        ["-m", "pkg", "--store", "-m"],
        ["-m", "bad"],
        ["-m", "wrong"],
        ["folder", "a"],
        ["pkg/"],
        ["run.py", "import bad"],
        ["run.py", "import wrong"],
        ["run.py", "import absent"],
        ["run.py", "import name"],
        ["shadow/main.py"],
        ["shadow/types.py"],
    ],
    ids=" ".join,
)
def test_programs_and_their_failures(project, words):
    plain, saved = outcomes(project, words)
    assert saved == plain


# Objects in a circle, which only a collector ends, and where each is kept: by what the interpreter had before the program began.
KEPT_BY_OTHERS = """
import abc, builtins, collections, os
class X:
    def __init__(self, name):
        self.name, self.own = name, self
    def __del__(self):
        print('gone', self.name)
sys.mine, builtins.mine, abc.ABC.mine, os.environ.mine = X('sys'), X('builtins'), X('class'), X('object')
abc.ABC.register(type('Late', (), {'mine': X('registered')}))
os.fsencode.mine = X('function')
X('nobody')
here = X('module')
"""
# Each is run by `run.py`, in which `sys` is imported.
ENDS = {
    "nothing": "raise SystemExit",
    "a number": "sys.exit(3)",
    "a text": "sys.exit('bye')",
    "something else": "sys.exit((1, 2))",
    "ctrl-c": "raise KeyboardInterrupt('told')",
    "SIGINT": "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
    "SIGTERM": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "os._exit": "import os; print('lost', end=''); os._exit(7)",
    "abort": "import os; os.abort()",
    "atexit": "import atexit; atexit.register(print, 'one'); atexit.register(sys.exit, 5); 1 / 0",
    "threads": "import threading, time; threading.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()",
    "exit in a thread": "import threading; threading.Thread(target=sys.exit, args=(4,)).start()",
    "hook": "sys.excepthook = lambda *a: print('hook', a[0], a[2].tb_frame.f_code.co_name); 1 / 0",
    "no hook": "del sys.excepthook; 1 / 0",
    "group": "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])",
    "base": "raise BaseException('b')",
    "closed": "sys.stdout.close(); print(1)",
    "traced": "sys.settrace(lambda *a: None); 1 / 0",
    "profiled": "sys.setprofile(lambda *a: None); 1 / 0",
    "profiled to the end": "sys.setprofile(lambda *a: None)",
    "objects": "class X:\n  def __del__(self): print('gone')\nx = X(); 1 / 0",
    "objects, no failure": "class X:\n  def __del__(self): print('gone')\nx = X()",
    "objects in those that were there before": KEPT_BY_OTHERS,
    "the same, without a collector": KEPT_BY_OTHERS + "del builtins.mine\nimport gc\ngc.disable()",
    "the same, which nobody can see": KEPT_BY_OTHERS + "del builtins.mine\n__import__('g' + 'c').disable()",
    "fork": "import os, warnings\nwarnings.simplefilter('ignore')\npid = os.fork()\nif not pid: sys.exit(3)\nprint(os.waitpid(pid, 0)[1])",
    "exec": "import os; os.execv(sys.executable, [sys.executable, '-c', 'import os; print(os.getenv(\"PYTHONHASHSEED\"))'])",
}


@pytest.mark.parametrize("end", ENDS)
def test_how_a_program_ends(project, end):
    plain, saved = outcomes(project, ["run.py", ENDS[end]])
    assert saved == plain


VIEWS = {
    "__main__": "import types; print({k: v if type(v) is not type(__loader__) else type(v) for k, v in globals().items()})",
    "frames": "try: sys._getframe(2)\nexcept ValueError as e: print(e)\nprint(sys._getframe(1).f_back)",
    "stack": "import traceback; traceback.print_stack()",
    "stack levels": "import warnings; warnings.warn('x', stacklevel=2); warnings.warn('y', stacklevel=9)",
    "process": "print(sys.argv, sys.path, sys.orig_argv, sys.flags, sys.warnoptions, sys.executable)",
    "environment": "import os; print(sorted(os.environ.items()))",
    "children": "import os, subprocess; print(subprocess.run(['env', '-0'], capture_output=True).stdout)",
    "loader": "import helper, importlib.machinery as m; print(type(helper.__loader__) is m.SourceFileLoader, helper, sys.path_hooks[0])",
    "reload": "import importlib, helper; importlib.reload(helper); print(helper.f(2))",
    "source": "import inspect, helper; print(inspect.getsource(helper.f), inspect.signature(helper.f))",
    "resources": "import pkgutil; print(pkgutil.get_data('pkg', '__main__.py'))",
    "pickle": "import pickle\nclass C: pass\nprint(pickle.dumps(C()), type(pickle.loads(pickle.dumps(C()))))",
    "limit": "print(sys.getrecursionlimit()); sys.setrecursionlimit(300); print(sys.getrecursionlimit())",
    "limit refused": "for n in (0, -1, 2**40, 'x', 1):\n  try: sys.setrecursionlimit(n)\n  except Exception as e: print(type(e), e)",
    "depth": "n = 0\ndef r():\n  global n\n  n += 1\n  r()\ntry: r()\nexcept RecursionError as e: print(n, e)",
}


@pytest.mark.parametrize("view", VIEWS)
def test_what_a_program_finds(project, view):
    plain, saved = outcomes(project, ["run.py", VIEWS[view]])
    assert saved == plain
    assert plain[2] == 0


def test_the_depth_of_a_module(project):
    (project / "deep.py").write_text(VIEWS["depth"])
    plain, saved = outcomes(project, ["-m", "deep"])
    assert saved == plain
    assert plain[2] == 0


@pytest.mark.parametrize("flags", [["-O"], ["-X", "dev"], ["-W", "error"], ["-P"], ["-u"], ["-s"]], ids=" ".join)
def test_flags_of_the_interpreter(project, flags):
    plain, saved = outcomes(project, ["run.py", VIEWS["process"]], flags)
    assert saved == plain
    assert plain[2] == 0


def test_the_c_locale(project):
    """The interpreter changes the environment when it starts in the C locale; that must not happen twice."""
    view = "import os; print(sys.flags.utf8_mode, sys.stdout.errors, os.environ.get('LC_CTYPE'), sys.getfilesystemencoding())"
    plain, saved = outcomes(project, ["run.py", view], LANG="", LC_ALL="", LC_CTYPE="")
    assert saved == plain
    assert plain[2] == 0


def test_a_hash_seed_of_the_user_is_kept(project):
    view = "import os; print(os.environ['PYTHONHASHSEED'], hash('a'))"
    plain, saved = outcomes(project, ["run.py", view], PYTHONHASHSEED="5")
    assert saved == plain
    assert plain[2] == 0


def test_without_one_every_run_has_the_same(project):
    words = ["run.py", "import os; print(hash('a'), sys.flags.hash_randomization, os.environ.get('PYTHONHASHSEED'))"]
    one, two = outcomes(project, words)[1], outcomes(project, words)[1]
    assert one == two
    assert one[0].split()[1:] == ["1", "None"]


def test_a_link_to_a_script(project):
    (project / "elsewhere").mkdir()
    (project / "elsewhere" / "link.py").symlink_to("../run.py")
    view = "import helper; print(sys.path[0], __file__, sys.argv)"
    plain, saved = outcomes(project, ["elsewhere/link.py", view])
    assert saved == plain
    plain, saved = outcomes(project, ["../run.py", view], cwd=project / "elsewhere")
    assert saved == plain
    assert plain[2] == 0


def test_bytecode_and_archives(project):
    import py_compile
    import zipfile

    py_compile.compile(str(project / "run.py"), str(project / "run.pyc"), doraise=True)
    with zipfile.ZipFile(project / "program.zip", "w") as archive:
        archive.writestr("__main__.py", "import sys\nprint(__file__, sys.path[0], sys.argv)\nraise ValueError\n")
    (project / "false.pyc").write_bytes(b"nonsense")
    for words in (["run.pyc", "print(__file__, sys.argv); 1 / 0"], ["program.zip", "x"], ["false.pyc"]):
        plain, saved = outcomes(project, words)
        assert saved == plain


def test_stdin(project):
    for command in ([], ["-m", "hitsave", "run", "-q", "--store", str(project.parent / "store")]):
        done = subprocess.run(
            [PYTHON, *command, "run.py", "print(input(), sys.stdin.read())"],
            cwd=project, env=environment(), capture_output=True, input=b"one\ntwo\nthree",
        )  # fmt: skip
        assert done.stdout == b"one two\nthree\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_from_outside(project, number):
    found = []
    program = "import os\nread, _ = os.pipe()\ntry:\n  print('up', flush=True)\n  os.read(read, 1)\nfinally: print('down', flush=True)"
    for command in ([], ["-m", "hitsave", "run", "-q", "--store", str(project.parent / "store")]):
        process = subprocess.Popen(
            [PYTHON, *command, "run.py", program],
            cwd=project, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            # Whoever is started in the background by a shell inherits that it ignores some of them.
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
        )  # fmt: skip
        assert process.stdout.readline() == b"up\n"
        # It is asleep in `read` as soon as it has nothing else to do.
        while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
            pass
        process.send_signal(number)
        out, error = process.communicate()
        found.append((out, error, process.returncode))
    assert found[1] == found[0]
    assert found[0][2] == -number


def test_a_reader_that_goes_away(project):
    (project / "many.py").write_text("for i in range(100000): print(i)\n")
    found = []
    for command in ("", f"-m hitsave run -q --store {project.parent / 'store'}"):
        line = f"set -o pipefail; {PYTHON} {command} many.py | head -1"
        done = subprocess.run(["bash", "-c", line], cwd=project, env=environment(), capture_output=True)
        found.append((done.stdout, done.stderr, done.returncode))
    assert found[1] == found[0]


def hitsave(project, *words, **variables):
    return subprocess.run(
        [PYTHON, "-m", "hitsave", *words], cwd=project, env=environment(**variables), capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "--storee", "x", "run.py"], "no such option: --storee\n  Did you mean --store?"),
        (["run"], "nothing to run"),
        (["run", "--tracer", "fast", "run.py"], "no such tracer: fast"),
        (["run", "--threshold", "soon", "run.py"], "--threshold needs a number, not soon"),
        (["run", "--store"], "--store needs a value"),
        (["run", "--quiet=1", "run.py"], "--quiet takes no value"),
    ],
)
def test_a_command_line_that_is_wrong(project, words, told):
    done = hitsave(project, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("way", ["--off", "HITSAVE=0"])
def test_switched_off_it_is_plain_python(project, way):
    view = "print(sys.orig_argv, [n for n in sys.modules if 'hitsave' in n])"
    variables = {"HITSAVE": "0"} if way == "HITSAVE=0" else {}
    options = ["--off"] if way == "--off" else []
    plain = subprocess.run(
        [PYTHON, "run.py", view], cwd=project, env=environment(**variables), capture_output=True, text=True
    )
    done = hitsave(project, "run", *options, "run.py", view, **variables)
    assert (done.stdout, done.stderr, done.returncode) == (plain.stdout, plain.stderr, 0)


def test_under_a_profiler_the_program_runs_in_the_same_process(project):
    (project / "driver.py").write_text(
        "import sys\nsys.argv[1:] = ['run', '-q', '--store', '../store', 'run.py', 'import helper; helper.boom()']\n"
        "sys.setprofile(lambda *a: None)\nfrom hitsave.start import main\nmain()\n"
    )
    plain = outcomes(project, ["run.py", "import helper; helper.boom()"])[0]
    done = subprocess.run([PYTHON, "driver.py"], cwd=project, env=environment(), capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == plain


def test_where_the_package_can_not_be_written(project):
    """The image then goes to a folder of its own among the temporary files, and is gone when the program runs."""
    temporary = project.parent / "temporary"
    temporary.mkdir()
    words = ["run", "-q", "--store", "../store", "run.py", "import os; print(os.listdir(os.environ['TMPDIR']))"]
    done = hitsave(project, *words, TMPDIR=str(temporary), PYTHONPYCACHEPREFIX=str(project.parent / "nowhere"))
    assert (done.stdout, done.stderr) == ("[]\n", "")


PROFILED = """
import cProfile, io, pstats

def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)

def main():
    return fib(16)

profile = cProfile.Profile()
profile.runcall(main)
profile.runcall(main)
table = pstats.Stats(profile, stream=io.StringIO())
calls = {name: row[0] for (file, line, name), row in table.stats.items()}
print(calls["fib"] // 1000, sum(calls.values()) // 1000)
"""


def test_a_program_that_profiles_itself_is_not_told_of_each_call(project):
    (project / "profiled.py").write_text(PROFILED)
    plain, ours = outcomes(project, ["profiled.py"])
    assert plain == ours  # some dozen calls of hooks disappear in the rounding; one at each call of `fib` would not


ASIDE = """
import sys
class Node:
    pass
print(sys.modules["g" + "c"].get_freeze_count() > 5000)
"""


def test_objects_of_hitsave_are_set_aside(project):
    (project / "aside.py").write_text(ASIDE)
    command = [PYTHON, "-m", "hitsave", "run", "-q", "--store", str(project.parent / "store"), "aside.py"]
    done = subprocess.run(command, cwd=project, env=environment(), capture_output=True)
    assert done.stdout == b"True\n", done.stderr
