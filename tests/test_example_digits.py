"""The example under HitSave: cold, again, and after each kind of edit, always beside plain Python.

The experiment is the one in `examples/digits`, made small by its own config so that the table runs in a minute; the
full-size one is marked slow. `HEAVY` are the functions that take well over `THRESHOLD` even then, and even when all that
they call is answered; nothing is stated about others, which may or may not be worth saving on a given machine.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.runs import ROOT, Outcome, Pair

EXAMPLE = ROOT / "examples" / "digits"

MAIN, GRID, PREPARE = "__main__:main", "__main__:run_grid", "__main__:prepare"
AUGMENT, TRAIN, BOOTSTRAP, FIGURE = "features:augment", "model:train", "evaluate:bootstrap", "plots:save_figure"
HEAVY = {MAIN, GRID, PREPARE, AUGMENT, TRAIN, BOOTSTRAP, FIGURE}

NOTHING: set[str] = set()
ALL = HEAVY
# What a change of the training reaches, and what one of the data before augmentation.
AFTER_TRAINING = {MAIN, GRID, TRAIN, BOOTSTRAP, FIGURE}

THRESHOLD = {"HITSAVE_THRESHOLD": "0.002"}
"""With the usual one, what runs in the small experiment comes near to what is too quick to be worth saving."""

SMALL = {
    "HIDDEN = [48, 96, 144]": "HIDDEN = [16, 24]",
    "EPOCHS = 90": "EPOCHS = 6",
    "COPIES = 6": "COPIES = 3",
}


class Edit:
    """A change of one file, what must then run, and what the reasons must name."""

    def __init__(self, name: str, file: str, old: str, new: str, ran: set[str], about: tuple[str, str] | None = None):
        self.name, self.file, self.old, self.new, self.ran, self.about = name, file, old, new, ran, about

    def __repr__(self) -> str:
        return self.name.replace(" ", "-")


EDITS = [
    Edit("comment", "imaging.py", "angle = np.deg2rad(degrees)", "# in radians\n    angle = np.deg2rad(degrees)", NOTHING),
    Edit("docstring", "features.py", "More training data out of little", "Much data out of little", NOTHING),
    Edit("docstring of a method's module", "model.py", '"""A trained network."""', '"""Train it."""', NOTHING),
    Edit("formatting", "evaluate.py", "table = np.zeros((classes, classes), dtype=int)",
         "table = np.zeros(\n        (classes, classes),\n        dtype=int,\n    )", NOTHING),
    Edit("unused function", "imaging.py", "UPSAMPLE = 4", "UPSAMPLE = 4\n\n\ndef mirror(images):\n    return images[:, ::-1]", NOTHING),
    Edit("constant three calls deep", "imaging.py", "np.array([strength, 1.0, strength])",
         "np.array([strength, 1.5, strength])", ALL, ("code", "imaging:soften")),
    Edit("default argument", "evaluate.py", "rounds=2000", "rounds=1500", {MAIN, GRID, BOOTSTRAP}, ("code", "evaluate:bootstrap")),
    Edit("default argument of a helper", "imaging.py", "strength=0.1", "strength=0.2", ALL, ("code", "imaging:soften")),
    Edit("method", "model.py", "self.forward(x)[2].argmax(axis=1)", "(self.forward(x)[2] * 0.5).argmax(axis=1)",
         {MAIN, GRID, BOOTSTRAP}, ("code", "model:Network.predict")),
    Edit("method in training", "model.py", "(probabilities - targets) / len(x)", "(probabilities - targets) / (len(x) + 1)",
         AFTER_TRAINING, ("code", "model:Network.gradients")),
    Edit("class attribute", "model.py", "momentum = 0.9", "momentum = 0.8", AFTER_TRAINING, ("class shape", "model:Network")),
    Edit("config value that is read", "config.py", "EPOCHS = 6", "EPOCHS = 5", AFTER_TRAINING, ("global", "config:EPOCHS")),
    Edit("config value that isn't", "config.py", "baseline grid", "second grid", NOTHING),
    Edit("data file", "digits.csv", "0,0,5,13,9,1,0,0,", "0,0,5,12,9,1,0,0,", ALL, ("file", "digits.csv")),
    Edit("callee of an untaken branch", "features.py", "+ 0.01)", "+ 0.02)", NOTHING),
    Edit("helper behind lru_cache", "imaging.py", "centre = (size - 1) / 2", "centre = size / 2", ALL, ("code", "imaging:rotation_grid")),
    Edit("function found in a table", "features.py", "rng.uniform(-1, 1, size=2)", "rng.uniform(-2, 2, size=2)", ALL, ("code", "features:shifted")),
    Edit("function found by getattr", "activations.py", "np.maximum(x, 0), (x > 0)", "np.maximum(x, 0) * 1.1, (x > 0)",
         AFTER_TRAINING, ("code", "activations:relu")),
    Edit("same value another way", "data.py", "mean(axis=1)", "sum(axis=1) / 64", {MAIN, GRID, PREPARE}, ("code", "data:brightness")),
]  # fmt: skip


class Experiment:
    """The small experiment in both copies, after a cold run of each."""

    def __init__(self, base: Path):
        self.pair = Pair(base)
        self.reset()
        self.cold = self.run()

    def reset(self) -> None:
        """Bring both copies back to the start; results stay."""
        self.pair.copy_in(EXAMPLE)
        for old, new in SMALL.items():
            self.replace("config.py", old, new)

    def replace(self, file: str, old: str, new: str) -> None:
        for folder in (self.pair.plain, self.pair.saved):
            text = (folder / file).read_text()
            assert old in text, f"{old!r} is not in {file}"
            (folder / file).write_text(text.replace(old, new, 1))

    def run(self, environment: dict[str, str] | None = None) -> dict:
        """Run both ways; what can be seen must be equal. Gives the report."""
        plain, saved, report = self.pair.both(["train.py"], {**THRESHOLD, **(environment or {})})
        assert plain.status == 0, plain.stderr.decode()
        assert without_durations(plain).differences(without_durations(saved)) == []
        return report


def without_durations(outcome: Outcome) -> Outcome:
    """The outcome with the one printed duration made equal."""
    outcome.stdout = re.sub(rb"took [0-9.]+ s", b"took some s", outcome.stdout)
    return outcome


def functions(report: dict, *verdicts: str) -> set[str]:
    return {call["function"] for call in report["calls"] if call["verdict"] in verdicts} & HEAVY


def told(report: dict) -> list[str]:
    """For messages: all calls with their reasons."""
    return [f"{c['function']} {c['verdict']} {c['reasons']}" for c in report["calls"] if c["function"] in HEAVY]


@pytest.fixture(scope="module")
def experiment() -> Iterator[Experiment]:
    with tempfile.TemporaryDirectory(prefix="hitsave-digits-") as base:
        yield Experiment(Path(base).resolve())


@pytest.fixture
def fresh(experiment: Experiment) -> Iterator[Experiment]:
    yield experiment
    experiment.reset()


def test_the_cold_run_saves_all(experiment):
    assert functions(experiment.cold, "miss") == HEAVY, told(experiment.cold)
    assert functions(experiment.cold, "unsaved") == set(), told(experiment.cold)


def test_the_second_run_computes_nothing(fresh):
    report = fresh.run()
    slow = [c for c in report["calls"] if c["verdict"] != "hit" and c["seconds"] > 0.01]
    assert slow == []
    assert functions(report, "hit") == {MAIN}, told(report)


@pytest.mark.parametrize("edit", EDITS, ids=repr)
def test_an_edit_runs_what_it_affects(fresh, edit):
    fresh.replace(edit.file, edit.old, edit.new)
    report = fresh.run()
    assert functions(report, "miss", "unsaved") == edit.ran, told(report)
    # A call inside an answered one is not made at all: of what did not run, the outermost are hits.
    expected_hits = {MAIN} if not edit.ran else HEAVY - edit.ran - ({AUGMENT} if PREPARE not in edit.ran else NOTHING)
    assert functions(report, "hit") == expected_hits, told(report)
    if edit.about:
        check_reasons(report, *edit.about)
        told_by_why(fresh.pair.ask("why", "main"), *edit.about)


def check_reasons(report: dict, kind: str, subject: str) -> None:
    """The outermost call names the changed thing and nothing else; so do all calls below, but for what came of it."""
    outermost = next(call for call in report["calls"] if call["function"] == MAIN)
    assert [(r["kind"], r["subject"]) for r in outermost["reasons"]] == [(kind, subject)], told(report)
    reason = outermost["reasons"][0]
    assert reason["before"] != reason["after"]
    assert reason["before"], reason
    assert reason["after"], reason
    assert reason["where"], reason
    assert reason["path"][0] == MAIN, reason
    for call in report["calls"]:
        if call["verdict"] == "miss" and call["function"] in HEAVY:
            for other in call["reasons"]:
                assert (other["kind"], other["subject"]) == (kind, subject) or other["kind"] == "argument", told(report)


def told_by_why(outcome: Outcome, kind: str, subject: str) -> None:
    """`hitsave why main` names the changed thing and its file and line."""
    assert (outcome.status, outcome.stderr) == (0, b"")
    text = outcome.stdout.decode()
    module, _, name = subject.partition(":")
    assert name in text, text
    assert subject in text or f"{module}.py:" in text, text


def test_a_touched_data_file_changes_nothing(fresh):
    for folder in (fresh.pair.plain, fresh.pair.saved):
        path = folder / "digits.csv"
        path.write_bytes(path.read_bytes())
    assert functions(fresh.run(), "hit", "miss", "unsaved") == {MAIN}
    assert functions(fresh.run(), "hit") == {MAIN}


def test_an_environment_variable_that_is_read(fresh):
    report = fresh.run({"DIGITS_NOISE": "0.2"})
    assert functions(report, "miss", "unsaved") == ALL, told(report)
    outermost = next(call for call in report["calls"] if call["function"] == MAIN)
    assert ("env", "DIGITS_NOISE") in [(r["kind"], r["subject"]) for r in outermost["reasons"]]
    report = fresh.run()
    assert functions(report, "hit") == {MAIN}, told(report)


def test_an_environment_variable_that_is_not_read(fresh):
    assert functions(fresh.run({"DIGITS_COLOUR": "blue"}), "hit") == {MAIN}


def test_an_edit_undone(fresh):
    fresh.replace("imaging.py", "UPSAMPLE = 4", "UPSAMPLE = 2")
    assert functions(fresh.run(), "miss") == ALL
    fresh.replace("imaging.py", "UPSAMPLE = 2", "UPSAMPLE = 4")
    report = fresh.run()
    assert functions(report, "hit") == {MAIN}, told(report)
    assert functions(report, "miss", "unsaved") == set(), told(report)


@pytest.mark.slow
def test_the_full_size_experiment():
    with tempfile.TemporaryDirectory(prefix="hitsave-digits-") as base:
        pair = Pair(Path(base).resolve())
        pair.copy_in(EXAMPLE)
        for verdict, expected in (("miss", HEAVY), ("hit", {MAIN})):
            plain, saved, report = pair.both(["train.py"])
            assert without_durations(plain).differences(without_durations(saved)) == []
            assert functions(report, verdict) == expected, told(report)
