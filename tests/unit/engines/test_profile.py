"""The engine on `sys.setprofile`: when it takes itself off."""

import sys
import threading

import pytest

from hitsave_trace.engines.profile import EVENTS, Profile


class Heard:
    def __init__(self):
        self.names = set()

    def ran(self, code):
        self.names.add(code.co_name)


@pytest.fixture
def profile():
    engine = Profile()
    before = sys.getprofile()
    sys.setprofile(None)
    engine.start(Heard())
    yield engine
    engine.stop()
    sys.setprofile(before)


def call_often(times):
    def small():
        pass

    for _ in range(times):
        small()


def test_it_leaves_when_its_budget_is_spent(profile):
    profile.reopen()
    call_often(EVENTS + 100)
    assert sys.getprofile() is None


def test_it_leaves_every_thread_when_the_budget_was_spent_in_another(profile):
    left = []

    def work():
        profile.reopen()
        call_often(EVENTS + 100)
        left.append(sys.getprofile())

    profile.reopen()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    call_often(100)
    assert left == [None]
    assert sys.getprofile() is None


def test_it_leaves_other_threads_after_its_end(profile):
    begun, ended, left = threading.Event(), threading.Event(), []

    def work():
        profile.reopen()
        begun.set()
        ended.wait()
        call_often(10)
        left.append(sys.getprofile())

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    profile.stop()
    ended.set()
    thread.join()
    assert left == [None]
