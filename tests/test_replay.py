"""Whole runs that are replayed, as a person meets them: terminals, stores, exit statuses, the log; and what must not be believed.

That a replay shows what plain Python shows is judged by the pages in `cases/replay`. Here is what needs more than two runs of
one command line: a store that is foreign or damaged, a reader that went away, a process that crashed after it was kept.
"""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


class Project:
    """A project with a store, run as a user would."""

    def __init__(self, base: Path):
        self.base = base
        self.folder = base / "project"
        self.folder.mkdir()
        self.store = base / "store"
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("HITSAVE", "PYTHON"))
        }
        self.environment |= {
            "PYTHONPATH": str(ROOT),
            "XDG_DATA_HOME": str(base / "data"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def command(self, *words: str, store: Path | None = None, flags: tuple[str, ...] = ()) -> list[str]:
        return [sys.executable, *flags, "-m", "hitsave", "run", "--store", str(store or self.store), *words]

    def run(
        self, *words: str, store: Path | None = None, flags: tuple[str, ...] = (), **more
    ) -> subprocess.CompletedProcess:
        environment = self.environment | more.pop("environment", {})
        return subprocess.run(
            self.command(*words, store=store, flags=flags),
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False, **more,
        )  # fmt: skip

    def replayed(self, *words: str, **more) -> bool:
        return "replayed whole" in self.run(*words, **more).stderr

    def replays(self, *words: str, **more) -> bool:
        """Whether it is replayed, at the second attempt if need be: a busy machine may make the end of a run look unsure."""
        for _ in range(2):
            if self.replayed(*words, **more):
                return True
            print(self.ask("why"))
        return False

    def ask(self, *words: str) -> str:
        command = [sys.executable, "-m", "hitsave", *words, "--store", str(self.store)]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    def seals(self) -> list[Path]:
        return sorted((self.store / "values" / "seals").glob("*"))


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path.resolve())
    made.write("main.py", "import sys, helper\nprint(helper.VALUE, *sys.argv[1:])\n")
    made.write("helper.py", "VALUE = 7\n")
    return made


def test_what_is_replayed_is_what_ran(project):
    first = project.run("main.py", "a")
    assert project.replays("main.py", "a")
    second = project.run("main.py", "a")
    assert (second.stdout, second.returncode) == (first.stdout, first.returncode) == ("7 a\n", 0)
    assert "replayed whole" in second.stderr
    assert "replayed whole" not in first.stderr


def test_it_can_be_switched_off(project):
    project.run("main.py")
    assert not project.replayed("--no-replay", "main.py")
    assert not project.replayed("main.py", environment={"HITSAVE_REPLAY": "0"})
    assert project.replays("main.py")
    project.write("pyproject.toml", "[tool.hitsave]\nreplay = false\n")
    assert not project.replayed("main.py")


def test_two_stores_know_nothing_of_each_other(project):
    other = project.base / "other"
    project.run("main.py")
    assert not project.replayed("main.py", store=other)
    assert project.replays("main.py", store=other)
    assert project.replays("main.py")


def test_another_flag_of_the_interpreter_is_another_run(project):
    project.run("main.py")
    assert not project.replayed("main.py", flags=("-O",))
    assert project.replays("main.py", flags=("-O",))


def test_another_working_directory_is_another_run(project):
    project.run("main.py")
    project.write("sub/x", "")
    done = subprocess.run(
        project.command("../main.py"), cwd=project.folder / "sub", env=project.environment, capture_output=True, text=True, check=True
    )  # fmt: skip
    assert "replayed whole" not in done.stderr


def test_a_module_by_name(project):
    project.write("pack/__main__.py", "from pack import part\nprint(part.X)\n")
    project.write("pack/__init__.py", "")
    project.write("pack/part.py", "X = 1\n")
    assert project.run("-m", "pack").stdout == "1\n"
    assert project.replays("-m", "pack")
    project.write("pack/part.py", "X = 2\n")
    assert project.run("-m", "pack").stdout == "2\n"


def in_terminal(project, *words: str) -> str:
    """The output of a run in a pseudo-terminal."""
    child, master = pty.fork()
    if child == 0:
        os.chdir(project.folder)
        os.execve(sys.executable, project.command(*words), project.environment)
    seen = b""
    while True:
        try:
            piece = os.read(master, 1 << 16)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.waitpid(child, 0)
    os.close(master)
    return seen.decode()


def test_a_terminal_is_another_condition_than_a_pipe(project):
    project.write(
        "main.py", "import sys\nprint(sys.stdout.isatty())\nprint('x', end='')\nprint('y', file=sys.stderr)\n"
    )
    project.run("main.py")
    assert "replayed whole" not in in_terminal(project, "main.py")
    again = in_terminal(project, "main.py")
    assert "replayed whole" in again
    assert again.startswith("True\r\n")
    # Both runs are kept.
    assert project.replays("main.py")


def test_output_to_a_file(project):
    project.write("main.py", "import os\nprint('a')\nos.write(1, b'b\\n')\n")
    path = project.base / "out.txt"
    for mode in ("w", "w", "a", "a"):
        with path.open(mode) as out:
            subprocess.run(
                project.command("main.py"), cwd=project.folder, env=project.environment, stdout=out, check=True
            )
    assert path.read_text() == "b\na\n" * 3
    log = json.loads(project.ask("log", "--json"))
    assert sum(run["replayed"] for run in log) >= 2  # a busy machine may make the end of the first one look unsure


def test_a_reader_that_went_away(project):
    project.write("main.py", "print('x' * 10)\n")
    project.run("main.py")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        project.command("main.py"), cwd=project.folder, env=project.environment, stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )  # fmt: skip
    os.close(write)
    # Plain Python has to say what happens then.
    assert done.returncode == 120
    assert "BrokenPipeError" in done.stderr
    assert "replayed whole" not in done.stderr


def test_a_failed_flush_is_not_kept(project):
    project.write("main.py", "print('x' * 10)\n")
    read, write = os.pipe()
    os.close(read)
    command = project.command("main.py")
    subprocess.run(
        command, cwd=project.folder, env=project.environment, stdout=write, stderr=subprocess.DEVNULL, check=False
    )
    os.close(write)
    done = project.run("main.py")
    assert "replayed whole" not in done.stderr
    assert done.stdout == "x" * 10 + "\n"


def test_a_process_that_crashes_at_its_very_end(project):
    project.write(
        "main.py",
        "import os\nclass Bomb:\n    def __del__(self, end=os._exit):\n        end(5)\nbomb = Bomb()\nprint('ok')\n",
    )
    for _ in range(3):
        done = project.run("main.py")
        assert done.returncode == 5
        assert "replayed whole" not in done.stderr


def test_something_is_written_after_the_run_was_kept(project):
    project.write(
        "main.py",
        "class Late:\n    def __del__(self, open=open):\n        with open('late.txt', 'a') as file:\n            file.write('x')\n"
        "late = Late()\n",
    )
    for count in (1, 2, 3):
        assert "replayed whole" not in project.run("main.py").stderr
        assert (project.folder / "late.txt").read_text() == "x" * count


def test_destructors_print_after_everything(project):
    project.write(
        "main.py", "class Late:\n    def __del__(self):\n        print('late')\nlate = Late()\nprint('early')\n"
    )
    first, second = project.run("main.py"), project.run("main.py")
    assert first.stdout == second.stdout == "early\nlate\n"
    assert "replayed whole" in second.stderr


def test_a_run_without_its_seal_is_not_believed(project):
    project.run("main.py")
    [seal] = project.seals()
    seal.unlink()
    assert not project.replayed("main.py")
    assert project.replays("main.py")


@pytest.mark.parametrize("damage", [b"", b"garbage that is long enough", None])
def test_a_damaged_seal_is_not_believed(project, damage):
    project.run("main.py")
    [seal] = project.seals()
    data = seal.read_bytes()
    seal.write_bytes(damage if damage is not None else data[:-1] + bytes([data[-1] ^ 1]))
    done = project.run("main.py")
    assert "replayed whole" not in done.stderr
    assert done.stdout == "7\n"


def test_contents_that_are_gone(project):
    project.write("main.py", "open('big', 'w').write('x' * 200_000)\n")
    project.run("main.py")
    assert project.replays("main.py")
    (project.folder / "big").unlink()
    for blob in (project.store / "values" / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()
    assert not project.replayed("main.py")
    assert (project.folder / "big").stat().st_size == 200_000


def test_a_store_of_somebody_else_is_not_read(project):
    project.run("main.py")
    copied = project.base / "copied"
    shutil.copytree(project.store, copied)
    done = project.run("main.py", store=copied)
    assert "foreign-store" in done.stderr
    assert done.stdout == "7\n"
    assert "replayed whole" not in done.stderr


def test_a_damaged_store_is_walked_first(project):
    project.run("main.py")
    data = project.store / "values" / "data.mdb"
    content = bytearray(data.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    data.write_bytes(content)
    done = project.run("main.py")
    assert done.stdout == "7\n"
    assert done.returncode == 0


def test_something_stands_in_the_way(project):
    project.write(
        "main.py", "import os\nopen('out', 'w').write('x') if not os.path.isdir('out') else print('a folder')\n"
    )
    project.run("main.py")
    project.run("main.py")
    assert project.replays("main.py")
    (project.folder / "out").unlink()
    (project.folder / "out").mkdir()
    assert project.run("main.py").stdout == "a folder\n"


def test_files_keep_what_they_have(project):
    project.write("main.py", "open('out.txt', 'w').write('x')\n")
    project.run("main.py")
    path = project.folder / "out.txt"
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert project.replays("main.py")
    assert path.stat().st_mtime == 1_000_000_000


def test_stale_bytecode_is_not_believed(project):
    del project.environment["PYTHONDONTWRITEBYTECODE"]
    helper = project.folder / "helper.py"
    project.run("main.py")
    stamp = helper.stat().st_mtime
    helper.write_text("VALUE = 8\n")
    os.utime(helper, (stamp, stamp))
    # The bytecode says 7, and by size and second it is that of this source: plain Python prints 7.
    assert project.run("main.py").stdout == "7\n"
    shutil.rmtree(project.folder / "__pycache__")
    assert project.run("main.py").stdout == "8\n"


def test_bytecode_of_another_source_is_none(project):
    """It is left behind where an edit is run without writing bytecode; Python sees that, and so do we."""
    project.run("main.py", environment={"PYTHONDONTWRITEBYTECODE": ""})
    assert list(project.folder.glob("__pycache__/helper.*.pyc"))
    project.write("helper.py", "VALUE = 800\n")
    assert project.run("main.py").stdout == "800\n"
    assert project.replays("main.py")


def test_a_source_that_changes_while_it_runs(project):
    project.write(
        "main.py",
        "import helper\nopen('helper.py', 'a').write('# more\\n')\nprint(helper.VALUE)\nopen('helper.py', 'w').write('VALUE = 7\\n')\n",
    )
    for _ in range(2):
        assert not project.replayed("main.py")


def test_a_generated_module(project):
    project.write("main.py", "open('made.py', 'w').write('X = 1\\n')\nimport made\nprint(made.X)\n")
    for _ in range(3):
        done = project.run("main.py")
        assert done.stdout == "1\n"
        assert "replayed whole" not in done.stderr


def test_a_temporary_name_in_the_output(project):
    project.write("main.py", "import tempfile\nwith tempfile.TemporaryDirectory() as name:\n    print(name)\n")
    # A slow statement is answered with the name that it showed: on a busy machine this one would be.
    quick = {"HITSAVE_THRESHOLD": "60"}
    seen = {project.run("main.py", environment=quick).stdout for _ in range(3)}
    assert len(seen) == 3


def test_a_temporary_folder_that_nobody_sees(project):
    project.write(
        "main.py",
        "import tempfile\nwith tempfile.TemporaryDirectory() as name:\n    open(name + '/x', 'w').close()\nprint(1)\n",
    )
    project.run("main.py")
    assert project.replays("main.py")


def test_an_inherited_descriptor(project):
    project.write("main.py", "import os, sys\nprint(os.read(int(sys.argv[1]), 10))\n")
    for text in (b"one", b"two"):
        read, write = os.pipe()
        os.write(write, text)
        os.close(write)
        done = project.run("main.py", str(read), pass_fds=(read,))
        os.close(read)
        assert done.stdout == f"{text!r}\n"


def test_a_named_pipe_is_no_file(project):
    os.mkfifo(project.folder / "pipe")
    project.write("main.py", "print(open('pipe').read())\n")
    for text in ("one", "two"):
        child = subprocess.Popen(
            project.command("main.py"), cwd=project.folder, env=project.environment, stdout=subprocess.PIPE, text=True
        )
        with open(project.folder / "pipe", "w") as pipe:
            pipe.write(text)
        assert child.communicate()[0] == text + "\n"


def test_a_thread_that_is_left(project):
    project.write(
        "main.py",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nprint(1)\n",
    )
    project.run("main.py")
    assert not project.replayed("main.py")


def test_the_date_by_another_name(project):
    project.write("clock.py", "from datetime import datetime as d\nread = d.now\n")
    project.write("main.py", "import clock\nassert clock.read().year > 2000\n")
    project.run("main.py")
    assert not project.replayed("main.py")


def test_the_date_in_code_made_from_text(project):
    project.write("main.py", "import datetime\nexec('assert datetime.date.today().year > 2000')\n")
    project.run("main.py")
    assert not project.replayed("main.py")


def test_a_function_that_was_never_called_does_not_matter(project):
    project.write(
        "main.py", "import datetime, os\ndef never():\n    return datetime.datetime.now(), os.getpid()\nprint(1)\n"
    )
    project.run("main.py")
    assert project.replays("main.py")


def test_why_it_was_not_replayed_and_why_it_can_not_be(project):
    project.run("main.py")
    project.write("helper.py", "VALUE = 8\n")
    project.run("main.py")
    told = project.ask("why")
    assert "Not replayed as a whole" in told
    assert "the file helper.py changed" in told
    project.write("main.py", "import uuid\nassert uuid.uuid4()\n")
    assert "can't be replayed: entropy" in project.run("main.py").stderr
    assert "Can't be replayed as a whole" in project.ask("why")
    assert "true randomness" in project.ask("why")


SLOW = "import time\ndef load(x):\n    time.sleep(0.04)\n    print('loading', x)\n    return x + 1\nprint(load(1))\n"


def test_the_log_of_a_replayed_run(project):
    project.write("main.py", SLOW)
    report = project.base / "report.json"
    project.run("--report", str(report), "main.py")
    first = json.loads(report.read_text())
    project.run("--report", str(report), "main.py")
    second = json.loads(report.read_text())
    assert (first["replayed"], second["replayed"]) == (False, True)
    assert [call["verdict"] for call in first["calls"]] == ["miss"]
    assert [(call["function"], call["verdict"], call["seconds"]) for call in second["calls"]] == [
        ("__main__:load", "hit", 0.0)
    ]
    assert second["calls"][0]["saved_seconds"] == first["calls"][0]["seconds"]

    [new, _] = json.loads(project.ask("log", "--json"))
    assert (new["run"], new["replayed"], new["exit"], new["diff"]) == (2, True, 0, [])
    shown = json.loads(project.ask("show", "2", "--json"))
    assert shown["sources"] == json.loads(project.ask("show", "1", "--json"))["sources"] != {}
    assert shown["functions"]
    assert "replayed" in project.ask("show")
    assert "the whole run was replayed" in project.ask("why")
    assert "run 1" in project.ask("why", "load")
    assert project.ask("calls", "load").startswith("run")

    project.write("main.py", SLOW.replace("x + 1", "x + 2"))
    project.run("main.py")
    assert "x + 2" in project.ask("diff", "2", "3")
    project.ask("restore", "2", str(project.base / "restored"))
    assert (project.base / "restored" / "main.py").read_text() == SLOW
    assert "loading" in project.run("--at", "2").stdout


def test_a_replayed_run_is_of_use_again(project):
    """What was needed counts as used, and a kept run that holds again is the newest."""
    project.run("main.py")
    project.write("helper.py", "VALUE = 8\n")
    project.run("main.py")
    project.write("helper.py", "VALUE = 7\n")
    assert project.run("main.py").stdout == "7\n"
    assert project.replays("main.py")
    from hitsave.store import schema
    from hitsave.store.environment import open_environment

    values = open_environment(str(project.store / "values"), schema.VALUES_MAP, readonly=True)
    try:
        assert values.scan(schema.USED)
    finally:
        values.close()


def test_pruning_takes_the_seals(project):
    project.run("main.py")
    assert project.seals()
    project.ask("cache", "clear")
    assert not project.seals()


def test_pruned_to_nothing(project):
    project.run("main.py")
    project.ask("cache", "prune", "--to", "0")
    done = project.run("main.py")
    assert done.stdout == "7\n"
