"""A recording keeps only so much output, and says so."""

from types import SimpleNamespace

from hitsave_trace import recording
from hitsave_trace.recording import Recording


def one(monkeypatch, most):
    monkeypatch.setattr(recording, "MOST_SHOWN", most)
    return Recording(SimpleNamespace(name="m:f"), None, 0, 0.0)


def test_what_is_too_much_is_let_go_of(monkeypatch):
    found = one(monkeypatch, 1 << 20)
    kept = 0
    for _ in range(100):
        if found.keeps(20_000):
            found.effects.append(("text", 1, "x", []))
            kept += 1
    assert 0 < kept < 60
    assert found.effects == []
    assert found.reasons[0][:2] == ("too-much", "1 MB of output")


def test_what_a_call_inside_has_shown_counts(monkeypatch):
    outer, inner = one(monkeypatch, 1 << 20), one(monkeypatch, 1 << 20)
    assert inner.keeps(700_000) and outer.keeps(700_000)
    outer.adopt(inner)
    assert outer.reasons
    assert not outer.keeps(0)
