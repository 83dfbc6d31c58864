"""The catalogue of reasons."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hitsave import reasons
from hitsave.report.reason_texts import TEXTS

ALL = [*reasons.slugs(reasons.MISSED), *reasons.slugs(reasons.UNSAVED), *reasons.slugs(reasons.DIFFERS)]


def test_every_reason_has_a_long_text_and_every_text_a_reason():
    assert sorted(TEXTS) == sorted(ALL)


def test_the_kinds_of_dependencies_are_all_told():
    kinds = "code,binding,class shape,global,closure,file,presence,stat,listing,env,argv,cwd,random,distribution,interpreter"
    for kind in (*kinds.split(","), "argument", "new"):
        assert reasons.verdict_of(kind) == reasons.MISSED, kind


def test_every_slug_that_is_given_anywhere_is_in_the_catalogue():
    root = Path(reasons.__file__).parents[1]
    given = set()
    for folder in ("hitsave_trace", "hitsave/memo"):
        for file in (root / folder).rglob("*.py"):
            given |= set(re.findall(r'(?:forbid|refuse|Refused|Impossible)\(\s*"([\w-]+)"', file.read_text("utf-8")))
    assert len(given) > 10
    assert sorted(slug for slug in given if reasons.verdict_of(slug) != reasons.UNSAVED) == []


@pytest.mark.parametrize("slug", ALL)
def test_a_sentence_has_no_blanks_left_and_does_not_end_in_a_full_stop(slug):
    full = reasons.sentence(reasons.reason(slug, "m:x", before="1", after="2"))
    bare = reasons.sentence(reasons.reason(slug))
    for told in (full, bare):
        assert "{" not in told
        assert told.strip() == told
        assert not told.endswith((".", ":"))
    assert (reasons.remedy(slug) is None) == (reasons.verdict_of(slug) != reasons.UNSAVED)


@pytest.mark.parametrize(
    ("kind", "before", "after", "told"),
    [
        ("global", "0.1", "0.2", "m.X changed: 0.1 → 0.2"),
        ("global", None, None, "m.X changed"),
        ("file", "absent", "3 B", "the file m.X is there now"),
        ("presence", "file", "absent", "the file m.X is gone"),
        ("env", None, "1", "the environment variable m.X is set now: 1"),
        ("env", "1", None, "the environment variable m.X is not set now"),
        ("env", "1", "{2}", "the environment variable m.X changed: 1 → {2}"),
        ("entropy", None, None, "it drew true randomness: m.X"),
        ("class shape", "LR = 0.1", "LR = 0.2", "the class m.X changed: LR was 0.1, is 0.2"),
        ("class shape", "nothing", "fit(k={})", "the class m.X has fit(k={}) now"),
        ("class shape", "fit", "nothing", "the class m.X has no fit any more"),
        ("class shape", "(A), fit", "(B)", "the class m.X changed: (A), fit → (B)"),
        ("class shape", "nothing", "nothing", "the class m.X changed"),
        (
            "argument",
            "ndarray (3,)",
            "ndarray (3,)",
            "first time with these arguments; m.X is another ndarray (3,) than in the nearest stored call",
        ),
        ("global", "DataFrame", "DataFrame", "m.X changed: DataFrame, with other contents"),
        (
            "binding",
            "function m:f(k=1) with n=1",
            "function m:f(k=1) with n=2",
            "m.X was made anew, with n=2 in place of n=1",
        ),
        ("binding", "function m:f()", "function m:g()", "m.X is something else now: function m:f() → function m:g()"),
        ("binding", "function m:f()", "function m:f()", "m.X is something else now"),
        ("gone", None, "AttributeError: Net", "the stored result can't be put together any more: AttributeError: Net"),
        ("a new slug", None, None, "a new slug: m.X"),
    ],
)
def test_sentences(kind, before, after, told):
    assert reasons.sentence(reasons.reason(kind, "m:X", before=before, after=after), "m.X") == told


def test_the_catalogue_and_the_line_after_a_run_import_nothing_of_size():
    code = (
        "import sys; before = set(sys.modules)\n"
        "import hitsave.reasons, hitsave.render.summary, hitsave.render.progress\n"
        "print(sorted(set(sys.modules) - before))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = eval(ran.stdout)
    assert [name for name in loaded if not name.startswith("hitsave")] == ["__future__"]
