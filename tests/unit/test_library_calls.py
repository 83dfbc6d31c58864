"""Call sites that are on: which are switched off, and when."""

from __future__ import annotations

import ctypes
import statistics
from _thread import get_ident
from types import SimpleNamespace

import pytest

from hitsave_trace.library_calls import MOST_INSIDE, LibraryCalls
from hitsave_trace.probes import arming
from hitsave_trace.probes.hooks import Site
from hitsave_trace.recording import stacks


@pytest.fixture
def calls():
    return LibraryCalls(SimpleNamespace(off=False), lambda *_: None)


@pytest.fixture
def site():
    site = Site(None, "callback", "statistics.fmean", 1, 3)
    site.cell = ctypes.c_void_p()
    arming.arm(site.cell)
    return site


@pytest.fixture
def in_library():
    """A recorded call of a library is running, as far as this thread is concerned."""
    stacks[get_ident()] = [SimpleNamespace(is_of_library=True)]
    yield
    del stacks[get_ident()]


def test_a_site_in_a_callback_is_switched_off_after_some_calls(calls, site, in_library):
    for _ in range(MOST_INSIDE - 1):
        assert calls.reached(site, statistics.fmean) is statistics.fmean
        assert arming.is_armed(site.cell)
    assert calls.reached(site, statistics.fmean) is statistics.fmean
    assert not arming.is_armed(site.cell)


def test_one_that_is_known_to_be_slow_stays_on(calls, site, in_library):
    site.costs = SimpleNamespace(slow=1)
    for _ in range(3 * MOST_INSIDE):
        assert calls.reached(site, statistics.fmean) is statistics.fmean
    assert arming.is_armed(site.cell)


def test_outside_of_libraries_a_call_is_stood_in_for(calls, site):
    for _ in range(3 * MOST_INSIDE):
        assert calls.reached(site, statistics.fmean) is not statistics.fmean
    assert arming.is_armed(site.cell)
