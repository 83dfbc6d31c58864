"""Words, colours, the line after a run, the progress line."""

from __future__ import annotations

import io

import pytest

from hitsave.render import console, progress, summary
from hitsave.report import words


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


RUN = {"run": 41, "hits": 3, "misses": 1, "unsaved": 2, "saved_seconds": 252.0}


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (2e-05, "20 µs"),
        (0.012, "12 ms"),
        (0.9996, "1.0 s"),
        (4.2, "4.2 s"),
        (59.97, "1 m 00 s"),
        (252, "4 m 12 s"),
        (7500, "2 h 05 m"),
        (None, "?"),
    ],
)
def test_durations(seconds, told):
    assert words.duration(seconds) == told


@pytest.mark.parametrize(
    ("bytes_", "told"),
    [(0, "0 B"), (999, "999 B"), (4200, "4.2 kB"), (999_600, "1.0 MB"), (2e9, "2.0 GB"), (3e17, "300.0 PB")],
)
def test_sizes(bytes_, told):
    assert words.size(int(bytes_)) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("helper:scale", "helper.scale"),
        ("__main__:train", "train"),
        ("pkg.mod:A.f.<locals>.g", "pkg.mod.A.f.g"),
        ("m:f.<locals>.g:cell", "cell of f.g in m"),
        ("m:<module>", "the top level of m"),
        ("/abs/path:1", "/abs/path:1"),
        ("data/d.csv", "data/d.csv"),
        ("PATH", "PATH"),
        ("m:fig.axes[0] (ReferenceType: it says nothing: no)", "m.fig.axes[0] (ReferenceType: it says nothing: no)"),
        ("UserWarning: level 2", "UserWarning: level 2"),
    ],
)
def test_names(name, told):
    assert words.short_name(name) == told


def test_moments_are_near_or_far():
    now = 1_700_000_000.0
    assert words.ago(now - 3, now) == "just now"
    assert words.ago(now - 60, now) == "1 minute ago"
    assert words.ago(now - 7300, now) == "2 hours ago"
    assert words.moment(now, now) == words.moment(now, now + 1)
    assert words.moment(now - 3 * 86400, now).startswith(("Sat", "Sun"))
    assert words.moment(now - 30 * 86400, now).startswith("2023-10-1")


def test_the_line_after_a_run():
    assert summary.summary_line(RUN) == (
        "hitsave: run 41 · 3 reused (saved 4 m 12 s) · 1 computed · 2 not saved (why: hitsave why)"
    )
    assert summary.summary_line(RUN | {"misses": 0, "unsaved": 0}) == "hitsave: run 41 · 3 reused (saved 4 m 12 s)"
    assert summary.summary_line({"run": 1}) == "hitsave: run 1 · no call was worth saving"
    assert summary.summary_line(RUN | {"replayed": True}) == "hitsave: run 41 · replayed whole (saved 4 m 12 s)"
    assert "HitSave failed" in summary.summary_line(RUN | {"faults": ["KeyError: 'x'"]})
    assert "·" not in summary.summary_line(RUN, unicode=False)


def test_the_line_goes_to_the_stream_and_keeps_quiet_when_asked(monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    out = io.StringIO()
    summary.show_summary(RUN, quiet=True, stream=out)
    assert out.getvalue() == ""
    summary.show_summary(RUN, stream=out)
    assert out.getvalue().startswith("hitsave: run 41")
    assert out.getvalue().count("\n") == 1
    assert "\x1b" not in out.getvalue()


def test_the_line_is_coloured_on_a_terminal_only(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    summary.show_summary(RUN, stream=out)
    assert "\x1b[32m3 reused" in out.getvalue()


def test_a_closed_stderr_is_no_error():
    closed = io.StringIO()
    closed.close()
    summary.show_summary(RUN, stream=closed)
    assert summary.is_terminal(closed) is False


@pytest.mark.parametrize(
    ("environ", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_when_to_colour(environ, terminal, coloured):
    assert summary.wants_colour(Terminal() if terminal else io.StringIO(), environ) is coloured


def test_a_pipe_and_a_terminal_get_the_same_words():
    layout = [[("a", "strong"), (" [b] :smile: ", "bad"), ("c" * 200, "name")], [], [("→", "")]]
    pipe, terminal = Terminal(), Terminal()
    console.write(layout, pipe, colour=False)
    console.write(layout, terminal, colour=True)
    import re

    assert "\x1b[" in terminal.getvalue()
    assert re.sub(r"\x1b\[[\d;]*m", "", terminal.getvalue()) == pipe.getvalue()


def test_a_stream_of_another_encoding_gets_signs_that_it_can_write():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    console.write([[("f → g ×3 é", "")]], out, colour=False)
    assert raw.getvalue() == b"f -> g x3 \\xe9\n"


def test_a_long_piece_of_work_is_told_on_a_terminal_and_taken_away(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with progress.Progress("loading the result of train", 3_000_000_000, out):
        assert "hitsave: loading the result of train, 3.0 GB" in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[K")


def test_a_short_piece_of_work_and_a_pipe_say_nothing(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    out, pipe = Terminal(), io.StringIO()
    with progress.Progress("fingerprinting x", 1000, out) as work:
        work.tick(500)
    with progress.Progress("fingerprinting x", 3_000_000_000, pipe) as work:
        work.tick(500)
    assert out.getvalue() == pipe.getvalue() == ""


def test_work_that_turns_out_long_is_told_at_a_tick(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    moments = iter([0.0, 0.5, 1.5, 1.55])
    monkeypatch.setattr(progress, "perf_counter", lambda: next(moments))
    out = Terminal()
    work = progress.Progress("fingerprinting x", 200, out)
    work.tick(50)
    assert out.getvalue() == ""
    work.tick(100)
    assert out.getvalue() == "\r\x1b[Khitsave: fingerprinting x, 200 B, 50 %"
    work.tick(150)
    assert out.getvalue().count("hitsave") == 1
