"""A wrapped function is the original to whoever asks, and leaves no trace when it raises."""

from __future__ import annotations

import copy
import inspect
import os
import pickle
import sys
import traceback
import types

import pytest

from hitsave_trace.fingerprint.hasher import named
from hitsave_trace.sights import sight_of_library
from hitsave_trace.taps.patches import Patches
from hitsave_trace.taps.unseen import StandInType


class Recording:
    stacks: tuple[int, ...] = (1,)


@pytest.fixture
def noted():
    """`os.stat` wrapped, and the arguments that were noted."""
    found: list[tuple[object, ...]] = []
    patches = Patches(Recording())
    patches.function(os, "stat", lambda arguments, keywords: found.append((arguments, sys._getframe(1).f_code.co_name)))
    yield found
    patches.remove()


def test_it_is_the_original_to_whoever_asks(noted):
    original = os.stat.__wrapped__
    assert inspect.signature(os.stat) == inspect.signature(original)
    assert isinstance(os.stat, types.BuiltinFunctionType)
    assert inspect.isbuiltin(os.stat)
    assert repr(os.stat) == repr(original)
    assert (os.stat.__name__, os.stat.__qualname__, os.stat.__doc__) == ("stat", "stat", original.__doc__)
    assert os.stat.__text_signature__ == original.__text_signature__
    assert os.stat in os.supports_fd
    assert os.stat in os.supports_dir_fd
    assert os.stat in os.supports_follow_symlinks
    assert pickle.loads(pickle.dumps(os.stat)) is os.stat
    assert copy.deepcopy(os.stat) is os.stat


def test_the_caller_is_the_frame_below(noted):
    def asking():
        os.stat("/")

    asking()
    assert noted == [(("/",), "asking")]


def test_a_failure_shows_no_frame_of_ours(noted):
    with pytest.raises(FileNotFoundError) as plain:
        os.stat.__wrapped__("/no such path")
    with pytest.raises(FileNotFoundError) as wrapped:
        os.stat("/no such path")
    assert [frame.name for frame in traceback.extract_tb(wrapped.tb)] == ["test_a_failure_shows_no_frame_of_ours"]
    assert len(traceback.extract_tb(plain.tb)) == len(traceback.extract_tb(wrapped.tb))
    assert wrapped.value.__context__ is None


def test_it_does_not_become_a_method(noted):
    class Reader:
        stat = os.stat

    assert Reader().stat("/").st_mode == os.stat.__wrapped__("/").st_mode


def test_a_profiler_sees_an_exit_for_each_entry(noted):
    events = []
    sys.setprofile(lambda frame, event, _: events.append(event) if frame.f_code.co_filename == "<hitsave>" else None)
    try:
        os.stat("/")
        try:
            os.stat("/no such path")
        except OSError:
            pass
    finally:
        sys.setprofile(None)
    assert [event for event in events if not event.startswith("c_")] == ["call", "return", "call", "return"]


def test_nothing_is_noted_while_nothing_is_recorded(noted, monkeypatch):
    monkeypatch.setattr(Recording, "stacks", ())
    os.stat("/")
    assert noted == []


def test_what_the_program_put_in_its_place_stays(monkeypatch):
    patches = Patches(Recording())
    monkeypatch.setattr(os, "access", os.access)
    patches.function(os, "access", lambda arguments, keywords: None)

    def own(path):
        return True

    os.access = own
    patches.remove()
    assert os.access is own


def test_a_name_bound_before_gets_the_wrapper_and_loses_it_again(monkeypatch):
    module = types.ModuleType("an_early_module")
    original = os.stat

    class Holder:
        plain = original
        static = staticmethod(original)

    Holder.__module__ = module.__name__

    def walk(path, stat=original):
        return stat(path)

    module.stat, module.Holder, module.walk = original, Holder, walk
    monkeypatch.setitem(sys.modules, module.__name__, module)
    noted = []
    patches = Patches(Recording())
    patches.function(os, "stat", lambda arguments, keywords: noted.append(arguments))
    monkeypatch.setattr(sys, "modules", {module.__name__: module})
    patches.spread()
    monkeypatch.undo()
    module.stat("/")
    Holder().plain("/")
    Holder().static("/")
    walk("/")
    assert noted == [("/",)] * 4
    patches.remove()
    assert (module.stat, Holder.plain, Holder.__dict__["static"].__func__) == (original, original, original)
    assert walk.__defaults__ == (original,)


def test_what_stands_for_a_class_counts_as_the_class():
    original = type("OSFile", (), {"__module__": "pyarrow.lib"})
    stand_in = StandInType(original, lambda arguments, keywords: None, Recording(), "pyarrow.lib")
    assert sight_of_library("m:OSFile", stand_in).fingerprint == named("library pyarrow.lib.OSFile")
    assert isinstance(stand_in(), original)
