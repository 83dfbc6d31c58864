"""The tutorial shows what happens: it is made again, and may differ in durations only."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_tutorial_is_what_happens():
    spec = importlib.util.spec_from_file_location("tutorial", DOCS / "tutorial.py")
    tutorial = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tutorial)
    text, pictures = tutorial.page()
    assert tutorial.masked((DOCS / "tutorial.md").read_text("utf-8")) == tutorial.masked(text), (
        "python docs/make_docs.py"
    )
    assert all(path.exists() for path in pictures)
