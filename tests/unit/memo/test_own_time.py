"""The time that a call took by itself, on a machine where threads wait for a processor."""

from __future__ import annotations

import sys
from time import perf_counter, sleep, thread_time
from types import SimpleNamespace

import pytest

from hitsave.memo import own_time
from hitsave_trace.around import around

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nobody counts for threads here")


def begun() -> SimpleNamespace:
    return SimpleNamespace(overhead_before=around.overhead)


def work(seconds: float) -> None:
    ends = thread_time() + seconds
    while thread_time() < ends:
        pass


@pytest.fixture
def never_slept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_time, "times_slept", lambda: 7)


def test_who_sleeps_is_seen():
    before = own_time.times_slept()
    sleep(0.001)
    assert own_time.times_slept() > before


def test_waiting_for_a_processor_is_none_of_a_call_that_did_not_sleep(never_slept):
    call = begun()
    started = own_time.begin(call)
    work(0.02)
    sleep(0.05)  # stands for others that ran
    ended, cpu = perf_counter(), thread_time()
    assert 0.0199 < own_time.own_seconds(call, started, ended, cpu) < ended - started - 0.049


def test_what_a_call_slept_is_its_own():
    call = begun()
    started = own_time.begin(call)
    sleep(0.03)
    ended, cpu = perf_counter(), thread_time()
    assert own_time.own_seconds(call, started, ended, cpu) == ended - started


def test_what_was_done_for_calls_inside_is_none_of_it(monkeypatch):
    call = begun()
    started = own_time.begin(call)
    sleep(0.03)
    monkeypatch.setattr(around, "overhead", around.overhead + 0.01)
    ended, cpu = perf_counter(), thread_time()
    assert own_time.own_seconds(call, started, ended, cpu) == pytest.approx(ended - started - 0.01)


def test_nobody_takes_less_than_no_time(monkeypatch):
    call = begun()
    started = own_time.begin(call)
    monkeypatch.setattr(around, "overhead", around.overhead + 1.0)
    assert own_time.own_seconds(call, started, perf_counter(), thread_time()) == 0.0
