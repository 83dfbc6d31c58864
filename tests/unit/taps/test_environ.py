"""Reads of the environment, present or absent, and changes."""

from __future__ import annotations

import os
import posixpath

import pytest


@pytest.fixture(autouse=True)
def variable(monkeypatch):
    monkeypatch.setenv("TAPPED", "1")
    monkeypatch.delenv("ABSENT", raising=False)


@pytest.mark.parametrize(
    "read",
    [
        lambda: os.environ["TAPPED"],
        lambda: os.environ.get("TAPPED"),
        lambda: os.getenv("TAPPED"),
        lambda: os.getenvb(b"TAPPED"),
        lambda: os.environb[b"TAPPED"],
        lambda: "TAPPED" in os.environ,
        lambda: posixpath.expandvars("$TAPPED/x"),
        lambda: os.environ.setdefault("TAPPED", "2"),
    ],
)
def test_one_variable(observe, read):
    assert set(observe(read)) == {("environment", "TAPPED")}


@pytest.mark.parametrize("read", [lambda: os.getenv("ABSENT", "d"), lambda: "ABSENT" in os.environ])
def test_an_absent_variable(observe, read):
    assert observe(read) == [("environment", "ABSENT")]


@pytest.mark.parametrize(
    "read",
    [
        lambda: list(os.environ),
        lambda: dict(os.environ),
        os.environ.copy,
        lambda: len(os.environ),
        lambda: repr(os.environ),
    ],
)
def test_all_variables(observe, read):
    assert ("environment", None) in observe(read)


def test_changes(observe):
    def change():
        os.environ["TAPPED"] = "2"
        del os.environ["TAPPED"]
        os.putenv("RAW", "1")

    assert observe(change) == [
        ("environment_changed", "TAPPED", "2", {"plainly": True}),
        ("environment_changed", "TAPPED", None, {"plainly": True}),
        ("environment_changed", "RAW", "1", {"plainly": False}),
    ]


def test_a_missing_variable_raises_as_ever(observe):
    with pytest.raises(KeyError, match="ABSENT") as failed:
        observe(lambda: os.environ["ABSENT"])
    assert failed.value.__suppress_context__
    assert [entry.name for entry in failed.traceback][-1] == "__getitem__"
    assert not any("<hitsave>" in str(entry.path) for entry in failed.traceback)
