"""The time that a call took by itself, on a machine where threads wait for a processor."""

from __future__ import annotations

from time import perf_counter, sleep
from types import SimpleNamespace

import pytest

from hitsave.memo import queue
from hitsave_trace.around import around


class Machine:
    """What the system counts; `wait` is what the thread does when others run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waited = 0.0
        self.after_asking = 0.0
        monkeypatch.setattr(queue, "queued_seconds", self.asked)

    def wait(self, seconds: float) -> None:
        began = perf_counter()
        sleep(seconds)
        self.waited += perf_counter() - began

    def asked(self) -> float:
        told = self.waited
        if self.after_asking:
            self.wait(self.after_asking)
        return told


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def begun() -> SimpleNamespace:
    return SimpleNamespace(overhead_before=around.overhead, queued_before=0.0)


def test_what_was_waited_for_during_the_call_is_none_of_it(machine):
    call = begun()
    started = queue.begin_to_queue(call)
    machine.wait(0.05)
    sleep(0.02)
    ended = perf_counter()
    assert 0.019 < queue.own_seconds(call, started, ended) < ended - started - 0.049


def test_what_was_waited_for_while_asking_is_not_taken_off(machine):
    call = begun()
    machine.after_asking = 0.05
    started = queue.begin_to_queue(call)
    machine.after_asking = 0.0
    sleep(0.02)
    assert queue.own_seconds(call, started, perf_counter()) > 0.019


def test_what_was_waited_for_after_the_call_is_not_taken_off(machine):
    call = begun()
    started = queue.begin_to_queue(call)
    sleep(0.02)
    ended = perf_counter()
    machine.wait(0.05)
    assert queue.own_seconds(call, started, ended) > 0.019
