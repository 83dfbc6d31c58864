"""What is written in C is what Python has, but for the events."""

from __future__ import annotations

import functools
import gc
import marshal
import sys
import threading
from types import FunctionType

import pytest

from hitsave_trace import in_c
from hitsave_trace.taps.unseen import wrap

pytestmark = pytest.mark.skipif(in_c.half() is None, reason="the part that is written in C was not built")


def frames(getframe: object) -> list[object]:
    found = []
    for depth in range(1000):
        try:
            found.append(getframe(depth))  # type: ignore[operator]
        except ValueError as error:
            return [*found[1:], str(error)]
    return found


def test_the_frames_are_those_that_sys_gives() -> None:
    def inner() -> tuple[list[object], list[object]]:
        return frames(in_c.getframe), frames(sys._getframe)

    ours, theirs = inner()
    assert ours == theirs
    assert len(ours) > 3
    through_c = functools.reduce(lambda _, __: inner(), [1, 2], ([], []))
    assert through_c[0] == through_c[1]
    generator = (inner() for _ in range(1))
    through_generator = next(generator)
    assert through_generator[0] == through_generator[1]

    told: list[tuple[list[object], list[object]]] = []
    thread = threading.Thread(target=lambda: told.append(inner()))
    thread.start()
    thread.join()
    assert told[0][0] == told[0][1]
    assert in_c.getframe() is sys._getframe()


def test_a_wrapper_that_nothing_shows_is_not_shown() -> None:
    told: list[object] = []

    class Recording:
        stacks: object = (1,)

    def note(_arguments: tuple[object, ...], _keywords: dict[str, object]) -> None:
        told.append((in_c.getframe(1), sys._getframe(1)))

    wrapper = wrap(lambda: None, note, Recording())
    assert isinstance(wrapper, FunctionType)
    wrapper()
    [(ours, theirs)] = told
    assert ours is theirs is sys._getframe()


def test_what_cannot_be_given_is_refused() -> None:
    with pytest.raises(ValueError, match="not deep enough"):
        in_c.getframe(100_000)
    with pytest.raises(TypeError):
        in_c.getframe("1")
    with pytest.raises(TypeError):
        in_c.getframe(1, 2)


def test_there_is_no_event() -> None:
    heard: list[str] = []
    listening = [True]
    sys.addaudithook(lambda event, _: heard.append(event) if listening else None)
    in_c.getframe()
    sys._getframe()
    listening.clear()
    assert heard.count("sys._getframe") == 1


def test_what_is_known_of_an_object_is_found_by_its_address() -> None:
    known, other, equal = [1], [2], [1]
    places = {id(known): (0, "here"), id(None): "nothing"}
    for by_address in (in_c.by_address, in_c._by_address):
        find = by_address(places)
        assert find(known) == (0, "here")
        assert find(None) == "nothing"
        assert find(other) is None
        assert find(equal) is None
    places[id(other)] = "later"
    assert in_c.by_address(places)(other) == "later"
    with pytest.raises(TypeError):
        in_c.by_address([])  # type: ignore[arg-type]


def test_tuples_of_code_that_can_be_garbage_stay_with_the_collector() -> None:
    def outer(a=1):  # type: ignore[no-untyped-def]
        def inner(b):  # type: ignore[no-untyped-def]
            return a, b, (1, (2, "three"), frozenset((4,)))

        return inner

    code = marshal.loads(marshal.dumps(outer.__code__))
    inside = next(one for one in code.co_consts if hasattr(one, "co_consts"))
    tuples = [code.co_consts, code.co_names, inside.co_consts]
    assert any(map(gc.is_tracked, tuples))
    in_c.untrack(code)
    assert not any(map(gc.is_tracked, (code.co_consts, code.co_names)))
    # A collector may come to a list in it: such a tuple is left as it is, and what holds it.
    held = code.replace(co_consts=(*code.co_consts, ([],)))
    in_c.untrack(held)
    assert gc.is_tracked(held.co_consts)
    assert gc.is_tracked(held.co_consts[-1])
    del held
    gc.collect()
    with pytest.raises(TypeError):
        in_c.untrack("code")
