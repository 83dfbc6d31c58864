"""The time that a call took by itself, on a machine where threads wait for a processor."""

from __future__ import annotations

import sys
from time import sleep
from types import SimpleNamespace

import pytest

from hitsave.memo import own_time
from hitsave_trace import around as module
from hitsave_trace.around import Surroundings


class Machine:
    """What is counted of one thread; the times are such that their sums are exact."""

    def __init__(self) -> None:
        self.clock = self.cpu = 0.0
        self.sleeps = 7

    def work(self, seconds: float) -> None:
        self.clock += seconds
        self.cpu += seconds

    def wait(self, seconds: float) -> None:
        """Others run."""
        self.clock += seconds

    def sleep(self, seconds: float) -> None:
        self.clock += seconds
        self.sleeps += 1

    def hook(self, works: float, waits: float = 0.0) -> None:
        """HitSave is at work."""
        began, clock = self.cpu, self.clock
        self.work(works)
        self.wait(waits)
        own_time.around.hook_took(began, clock)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine()
    for where in (own_time, module):
        monkeypatch.setattr(where, "perf_counter", lambda: found.clock)
        monkeypatch.setattr(where, "thread_time", lambda: found.cpu)
    monkeypatch.setattr(own_time, "times_slept", lambda: found.sleeps)
    monkeypatch.setattr(own_time, "around", Surroundings())
    monkeypatch.setattr(own_time, "_THIS_THREAD", 1)
    return found


class Begun:
    """A call whose hook took a moment before it and after."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.call = SimpleNamespace(started=machine.clock, started_cpu=machine.cpu)
        began, clock = machine.cpu, machine.clock
        machine.work(0.25)
        machine.wait(0.5)
        self.started = own_time.begin(self.call)
        machine.work(0.125)
        own_time.around.hook_took(began, clock)

    def own(self) -> float:
        return own_time.own_seconds(self.call, self.started, self.machine.clock, self.machine.cpu)


@pytest.mark.skipif(sys.platform != "linux", reason="nobody counts for threads here")
def test_who_sleeps_is_seen():
    before = own_time.times_slept()
    sleep(0.001)
    assert own_time.times_slept() > before


def test_waiting_for_a_processor_is_none_of_a_call_that_did_not_sleep(machine):
    call = Begun(machine)
    machine.work(1)
    machine.wait(16)
    assert call.own() == 1


def test_what_a_call_slept_is_its_own(machine):
    call = Begun(machine)
    machine.work(1)
    machine.sleep(4)
    assert call.own() == 5


def test_a_hook_that_waited_for_a_processor_makes_no_call_look_slow(machine):
    call = Begun(machine)
    machine.sleep(4)
    machine.hook(works=1, waits=16)
    assert call.own() == 4


def test_what_was_done_for_calls_inside_is_none_of_it(machine):
    call = Begun(machine)
    machine.work(1)
    machine.hook(works=2)
    machine.work(1)
    assert call.own() == 2


def test_where_nobody_counts_for_threads_the_clock_says(machine, monkeypatch):
    monkeypatch.setattr(own_time, "_THIS_THREAD", None)
    call = Begun(machine)
    machine.work(1)
    machine.wait(2)
    assert call.own() == 3


def test_nobody_takes_less_than_no_time(machine):
    call = Begun(machine)
    own_time.around.hook_took(machine.cpu - 8, machine.clock - 8)
    assert call.own() == 0
