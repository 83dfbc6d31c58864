"""A researcher's afternoon in a terminal: ten runs with edits between them, then every question that comes up a week later.

The edits are the ground truth. For each run it is known which of them the run used; the diff column must say that and no
more. Everything is done as a person does it: in a pseudo-terminal, with the commands that the documentation names.
"""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

TRAIN = """\
import sys
import time
import config
import helper
import model


def load(path):
    time.sleep(0.02)
    with open(path) as file:
        return [float(line) for line in file]


def train(rate, rows):
    time.sleep(0.02)
    loss = 0.0
    for row in rows:
        loss += model.step(rate, helper.scale(row))
    print(f"rate {rate}: {loss:.3f}")
    return {"loss": loss, "count": len(rows)}


def main():
    rows = load("data.csv")
    best = None
    for rate in config.RATES:
        result = train(rate, rows)
        if best is None or result["loss"] < best:
            best = result["loss"]
    if "--report" in sys.argv:
        import report

        report.write(best)
    print("best", round(best, 3))


if __name__ == "__main__":
    main()
"""
FILES = {
    "train.py": TRAIN,
    "config.py": "RATES = [0.1, 0.2]\nUNUSED = 1\n",
    "helper.py": "def scale(x):\n    return x * 2\n\n\ndef spare(x):\n    return x\n",
    "model.py": "def step(rate, x):\n    return (x - rate) ** 2\n",
    "data.csv": "1\n2\n3\n",
}


class Terminal:
    """A project folder and a pseudo-terminal in it."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "project"
        self.folder.mkdir()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("HITSAVE", "PYTHON"))},
            "HOME": str(base / "home"),
            "XDG_DATA_HOME": str(base / "data"),
            "TMPDIR": str(base),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TERM": "xterm",
            "PAGER": "cat",
            "COLUMNS": "200",
            "LINES": "60",
            "NO_COLOR": "1",
            "PYTHONUNBUFFERED": "1",
        }
        (self.folder / "pyproject.toml").write_text("")
        for name, text in FILES.items():
            (self.folder / name).write_text(text)

    def type(
        self, *words: str, interrupt_when: str | None = None, kill_when: str | None = None, **extra: str
    ) -> tuple[int, str]:
        """Run `hitsave words…` in a terminal; its status and what is on the screen."""
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "hitsave", *words],
            cwd=self.folder, env=self.environment | extra, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            # Who runs in the background ignores it, and with it all that it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        os.close(slave)
        seen = b""
        while True:
            readable, _, _ = select.select([master], [], [], 0.1)
            if readable:
                try:
                    got = os.read(master, 65536)
                except OSError:
                    break
                if not got:
                    break
                seen += got
            for moment, number in ((interrupt_when, signal.SIGINT), (kill_when, signal.SIGKILL)):
                if moment is not None and moment.encode() in seen:
                    os.kill(process.pid, number)
                    interrupt_when = kill_when = None
        status = process.wait()
        os.close(master)
        return status, seen.decode().replace("\r\n", "\n")

    def json(self, *words: str) -> object:
        ran = subprocess.run(
            [sys.executable, "-m", "hitsave", *words, "--json"],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return json.loads(ran.stdout)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def git(self, *words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
            cwd=self.folder, env=self.environment, check=True, capture_output=True,
        )  # fmt: skip


def used(row: dict) -> set[tuple[str, str]]:
    return {(item["kind"], item["function"]) for item in row["diff"]}


@pytest.fixture(scope="module", params=["with git", "without git"])
def afternoon(request, tmp_path_factory):
    """The ten runs, and after each the files as they were."""
    if request.param == "with git" and shutil.which("git") is None:
        pytest.skip("git is not installed")
    terminal = Terminal(tmp_path_factory.mktemp("afternoon"))
    if request.param == "with git":
        terminal.git("init", "-q")
        terminal.git("add", ".")
        terminal.git("commit", "-qm", "first")
    terminal.uses_git = request.param == "with git"
    terminal.sources = {}
    terminal.screens = {}

    def run(number: int, *arguments: str, **how: str) -> int:
        status, screen = terminal.type("run", "train.py", *arguments, **how)
        terminal.sources[number] = {path.name: path.read_bytes() for path in terminal.folder.glob("*.py")}
        terminal.screens[number] = screen
        return status

    assert run(1) == 0
    terminal.edit("helper.py", "return x * 2", "return x * 2.5")  # a helper
    run(2)
    terminal.edit("config.py", "[0.1, 0.2]", "[0.1, 0.3]")  # a value of a config
    run(3)
    (terminal.folder / "data.csv").write_text("1\n2\n3\n4\n")  # the data
    run(4)
    (terminal.folder / "report.py").write_text('def write(best):\n    print("report", best)\n')  # a new module
    run(5, "--report")
    terminal.edit("helper.py", "return x * 2.5", "return x * 2")  # undone
    run(6, "--report")
    terminal.edit("helper.py", "    return x * 2\n", "    # twice\n    return x * 2\n")  # a comment
    terminal.edit("helper.py", "    return x\n", "    return -x\n")  # something that nobody uses
    run(7, "--report")
    terminal.edit("model.py", "return (x", "if x > 7:\n        raise ValueError('too large')\n    return (x")  # a crash
    assert run(8, "--report") == 1
    terminal.edit("model.py", "raise ValueError('too large')", "x = 7")
    terminal.edit("train.py", '    print(f"rate', '    print(f"the rate')
    terminal.edit("config.py", "[0.1, 0.3]", "[0.1, 0.3, 0.5, 0.7, 0.9] + [i / 7 for i in range(200)]")
    assert run(9, "--report", interrupt_when="the rate 0.5") == -signal.SIGINT  # Ctrl-C half-way
    assert run(10, "--report", kill_when="the rate 1.0") == -signal.SIGKILL
    return terminal


TRUTH = {
    2: {("code", "helper:scale")},
    3: {("global", "config:RATES")},
    4: {("file", "data.csv")},
    5: {("code", "report:write"), ("argv", "argv")},
    6: {("code", "helper:scale")},
    7: set(),
    8: {("code", "model:step")},
}


@pytest.mark.parametrize("number", TRUTH)
def test_the_diff_column_is_what_was_edited_and_used(afternoon, number):
    rows = {row["run"]: row for row in afternoon.json("log", "-n", "20")}
    assert used(rows[number]) == TRUTH[number], rows[number]["diff"]
    assert rows[number]["edits_unused"] == (1 if number == 7 else 0)


def test_lines_and_values_are_counted(afternoon):
    rows = {row["run"]: row for row in afternoon.json("log", "-n", "20")}
    (scale,) = rows[2]["diff"]
    assert (scale["file"], scale["added"], scale["removed"]) == ("helper.py", 1, 1)
    (rates,) = rows[3]["diff"]
    assert (rates["before"], rates["after"]) == ("[0.1, 0.2]", "[0.1, 0.3]")
    (step,) = rows[8]["diff"]
    assert (step["added"], step["removed"]) == (2, 0)


def test_the_log_shows_how_each_run_ended(afternoon):
    status, screen = afternoon.type("log")
    assert status == 0
    outcomes = {
        int(line.split()[0]): line for line in screen.splitlines() if line.split()[:1] and line.split()[0].isdigit()
    }
    assert " failed " in outcomes[8]
    assert " interrupted " in outcomes[9]
    assert " killed " in outcomes[10]
    assert "helper.scale +1 -1" in outcomes[2]
    assert "1 edit, none used" in outcomes[7]
    assert "first run" in outcomes[1]


def test_a_run_that_ended_badly_kept_its_code_its_calls_and_its_traceback(afternoon):
    shown = afternoon.json("show", "8")
    assert "ValueError: too large" in shown["traceback"]
    assert "hitsave" not in shown["traceback"]
    for number in (8, 9, 10):
        shown = afternoon.json("show", str(number))
        assert {"train.py", "helper.py", "model.py", "config.py"} <= set(shown["sources"])
    functions = {"hit", "miss"}
    for number in (9, 10):
        calls = afternoon.json("show", str(number))["calls"]
        flat = [call for top in calls for call in (top, *top["calls"])]
        finished = [call for call in flat if call["function"] == "__main__:train" and call["verdict"] in functions]
        assert len(finished) >= 2, flat


def test_the_calls_stand_under_their_callers(afternoon):
    (main,) = afternoon.json("show", "1")["calls"]
    assert main["function"] == "__main__:main"
    assert [call["function"] for call in main["calls"]] == ["__main__:load", "__main__:train", "__main__:train"]


def test_why_names_the_edit_for_a_past_run(afternoon):
    _, screen = afternoon.type("why", "train", "--run", "2")
    assert "the code of helper.scale changed" in screen
    assert "-    return x * 2\n" in screen
    assert "+    return x * 2.5\n" in screen
    assert "train → scale (helper.py:1)" in screen


def test_why_against_another_run(afternoon):
    told = afternoon.json("why", "main", "--run", "3", "--against", "1")
    reasons = {(reason["kind"], reason["subject"]) for reason in told["calls"][0]["reasons"]}
    assert {("code", "helper:scale"), ("global", "config:RATES")} <= reasons
    assert all(subject not in ("helper:spare", "config:UNUSED") for _, subject in reasons)


@pytest.mark.parametrize("number", range(1, 11))
def test_restored_code_is_byte_equal(afternoon, number, tmp_path):
    status, screen = afternoon.type("restore", str(number), str(tmp_path / "old"))
    assert status == 0, screen
    restored = {path.name: path.read_bytes() for path in (tmp_path / "old").glob("*.py")}
    assert restored
    for name, text in restored.items():
        assert text == afternoon.sources[number][name], name
    assert ("report.py" in restored) == (number in (5, 6, 7))


def test_input_files_come_back_with_data(afternoon, tmp_path):
    afternoon.type("restore", "1", str(tmp_path / "old"), "--data")
    assert (tmp_path / "old" / "data.csv").read_text() == "1\n2\n3\n"


def test_the_code_of_the_first_run_is_answered_from_the_store(afternoon):
    status, screen = afternoon.type("run", "--at", "1")
    assert status == 0, screen
    (row,) = afternoon.json("log", "-n", "1")
    assert (row["hits"] > 0, row["misses"], row["unsaved"]) == (True, 0, 0)
    printed = [line for line in screen.splitlines() if not line.startswith("hitsave:")]
    assert printed == [line for line in afternoon.screens[1].splitlines() if not line.startswith("hitsave:")]


def test_the_patch_between_two_runs_applies(afternoon, tmp_path):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    afternoon.type("restore", "1", str(tmp_path / "old"))
    ran = subprocess.run(
        [sys.executable, "-m", "hitsave", "diff", "1", "5", "--all"],
        cwd=afternoon.folder, env=afternoon.environment, capture_output=True, check=True,
    )  # fmt: skip
    subprocess.run(["git", "apply", "-"], cwd=tmp_path / "old", input=ran.stdout, check=True)
    for name in ("helper.py", "config.py", "report.py", "train.py"):
        assert (tmp_path / "old" / name).read_bytes() == afternoon.sources[5][name]


def test_diff_says_what_calls_gave(afternoon):
    told = afternoon.json("diff", "1", "2")
    assert [file["file"] for file in told["files"]] == ["helper.py"]
    assert told["files"][0]["functions"] == ["scale"]
    cells = {cell["name"] for row in told["results"] for cell in row["cells"]}
    assert "loss" in cells
    status, _ = afternoon.type("diff", "1", "2", "--stat", "--exit-code")
    assert status == 1


def test_the_table_of_calls(afternoon):
    rows = afternoon.json("calls", "train", "--where", "rate < 0.25 and count == 3", "--top", "loss")
    assert len(rows) == 4  # 0.1 and 0.2, with each version of the helper
    assert [row["result"]["loss"] for row in rows] == sorted(row["result"]["loss"] for row in rows)
    assert len({row["code"] for row in rows}) == 2
    _, screen = afternoon.type("calls", "train", "-n", "5")
    assert screen.splitlines()[0].split() == ["run", "rate", "rows", "loss", "count", "code", "seconds"]


def test_git_is_known_where_there_is_git(afternoon):
    git = afternoon.json("show", "1")["git"]
    later = afternoon.json("show", "5")["git"]
    if not afternoon.uses_git:
        assert git is None
        return
    assert len(git["commit"]) == 40
    assert (git["dirty"], git["untracked"]) == (False, [])
    assert (later["dirty"], later["untracked"]) == (True, ["report.py"])


def test_programs_can_ask_too(afternoon):
    code = (
        "import hitsave, json\n"
        "calls = hitsave.calls('train', 'rate == 0.2')\n"
        "one = calls[0]\n"
        "print(json.dumps([hitsave.runs()[-1].number, one.arguments['rate'], one.result()['count'], one.returned['count'],\n"
        "                  'def train' in one.code, len(hitsave.get_run(1).calls()), 'best' in hitsave.get_run(1).output]))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=afternoon.folder, env=afternoon.environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == [1, 0.2, 3, 3, True, 4, True]


def test_a_run_in_place_can_be_taken_back(afternoon, tmp_path):
    folder = tmp_path / "copy"
    before = (afternoon.folder / "model.py").read_bytes()
    status, screen = afternoon.type("restore", "1", "--in-place")
    assert status == 0
    assert (afternoon.folder / "model.py").read_bytes() == afternoon.sources[1]["model.py"]
    (line,) = [line for line in screen.splitlines() if "as it was before" in line]
    status, _ = afternoon.type(*line.split("hitsave ")[1].split())
    assert status == 0
    assert (afternoon.folder / "model.py").read_bytes() == before
    assert not folder.exists()


def test_a_narrow_terminal_is_not_overrun(afternoon):
    for words in (["log"], ["show", "1"], ["calls", "train"]):
        _, screen = afternoon.type(*words, COLUMNS="60")
        assert max(map(len, screen.splitlines())) <= 60, screen


# --- smaller afternoons ------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(tmp_path):
    return Terminal(tmp_path)


def test_an_unsaved_parent_tells_the_way_to_what_prevents_it(terminal):
    (terminal.folder / "train.py").write_text(
        "import time, helper\n\ndef inner():\n    time.sleep(0.02)\n    return helper.stamp()\n\n"
        "def middle():\n    return inner()\n\ndef main():\n    return middle()\n\nmain()\n"
    )
    (terminal.folder / "helper.py").write_text("import datetime\n\ndef stamp():\n    return datetime.datetime.now()\n")
    terminal.type("run", "train.py")
    told = terminal.json("why", "main")
    reason = told["calls"][0]["reasons"][0]
    assert (reason["kind"], reason["where"].partition(":")[0]) == ("calendar", "helper.py")
    assert [link["function"] for link in reason["path"]] == [
        "__main__:main", "__main__:middle", "__main__:inner", "helper:stamp",
    ]  # fmt: skip
    assert [link["where"] for link in reason["path"][1:]] == ["train.py:7", "train.py:3", "helper.py:3"]


def verdicts(terminal: Terminal) -> tuple[int, int]:
    (row,) = terminal.json("log", "-n", "1")
    return row["hits"], row["misses"]


def test_what_is_accepted_is_one_edit_and_no_other(terminal):
    terminal.type("run", "train.py")
    terminal.edit("helper.py", "return x * 2", "return 2 * x")
    assert terminal.type("accept", "helper.scale")[0] == 0
    _, first = terminal.type("run", "train.py")
    assert verdicts(terminal) == (1, 0), first
    assert "by your word" in terminal.type("why", "main")[1]
    assert "accepted: helper.scale" in terminal.type("log")[1]
    terminal.edit("helper.py", "return 2 * x", "return 3 * x")
    terminal.type("run", "train.py")
    assert verdicts(terminal)[1] > 0, "another edit is seen"
    terminal.edit("helper.py", "return 3 * x", "return 2 * x")
    assert terminal.type("accept", "--undo", "helper.scale")[0] == 0
    terminal.type("run", "train.py")
    assert verdicts(terminal)[1] > 0, "what is taken back holds no longer"


def test_what_is_computed_from_an_accepted_answer_is_not_kept(terminal):
    terminal.edit("train.py", "    best = None\n", "    time.sleep(0.03)\n    best = None\n")
    terminal.type("run", "train.py")
    terminal.edit("helper.py", "return x * 2", "return 2 * x")
    assert terminal.type("accept", "helper.scale")[0] == 0
    terminal.edit("config.py", "[0.1, 0.2]", "[0.2, 0.1]")
    terminal.type("run", "train.py")
    tops = terminal.json("show")["calls"]
    assert [top["function"] for top in tops] == ["__main__:main"], tops
    (main,) = tops
    assert main["verdict"] == "unsaved"
    assert ("accepted", "helper:scale") in [(reason["kind"], reason["subject"]) for reason in main["reasons"]]
    assert {call["verdict"] for call in main["calls"]} == {"hit"}


def test_an_edit_is_accepted_since_the_last_run_of_the_files_as_they_are(terminal):
    terminal.type("run", "train.py")
    terminal.edit("helper.py", "return x * 2", "return x * 5")
    terminal.type("run", "train.py")
    terminal.type("run", "--at", "1")
    terminal.edit("helper.py", "return x * 5", "return 5 * x")
    (row,) = terminal.json("accept", "helper.scale")
    assert row["run"] == 2
    _, screen = terminal.type("run", "train.py")
    assert verdicts(terminal) == (1, 0)
    assert "105" in screen or "rate 0.1: " in screen
    rows = {each["run"]: each for each in terminal.json("log")}
    assert rows[4]["diff"] == [], "the run of old code in between is passed over"


def test_pinned_results_outlive_a_prune_and_others_do_not(terminal):
    terminal.type("run", "train.py")
    terminal.edit("config.py", "[0.1, 0.2]", "[0.5, 0.6]")
    terminal.type("run", "train.py")
    assert "pinned" in terminal.type("pin", "1")[1]
    assert terminal.type("cache", "prune", "--to", "7000")[0] == 0
    status, screen = terminal.type("result", "train#1", "--run", "1")
    assert (status, "'count': 3" in screen) == (0, True), screen
    status, screen = terminal.type("result", "train#1", "--run", "2")
    assert (status, "no longer stored" in screen) == (4, True), screen


def test_a_class_attribute_and_a_default_are_told_as_edits_of_what_they_stand_in(terminal):
    (terminal.folder / "model.py").write_text(
        "class Net:\n    momentum = 0.9\n\n    def step(self, x, scale=1):\n        return x * self.momentum * scale\n\n\n"
        "def step(rate, x, power=2):\n    return Net().step(x - rate) ** power\n"
    )
    terminal.type("run", "train.py")
    terminal.edit("model.py", "momentum = 0.9", "momentum = 0.8")
    terminal.type("run", "train.py")
    terminal.edit("model.py", "power=2", "power=3")
    terminal.type("run", "train.py")
    last, before, _ = terminal.json("log")
    assert used(before) == {("class shape", "model:Net")}, before["diff"]
    assert used(last) == {("code", "model:step")}, last["diff"]
