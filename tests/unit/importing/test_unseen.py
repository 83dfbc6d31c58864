"""Frames that are not shown."""

import sys
import traceback

import pytest

from hitsave_trace.importing.unseen import unseen


@unseen
def call(function, *arguments):
    return function(*arguments)


@unseen
def call_safely(function):
    try:
        return function()
    except ValueError as error:
        return error


def caller():
    return sys._getframe(1)


def test_the_frame_is_left_out():
    assert call(caller) is sys._getframe()
    assert call(call, caller) is sys._getframe()
    assert "call" not in [entry.name for entry in call(traceback.extract_stack)]


def test_it_is_left_out_of_tracebacks():
    def fail():
        raise ValueError("told")

    with pytest.raises(ValueError, match="told") as caught:
        call(call, fail)
    assert [entry.name for entry in traceback.extract_tb(caught.tb)] == [sys._getframe().f_code.co_name, "fail"]


def test_it_runs_as_ever():
    assert call(divmod, 7, 2) == (3, 1)

    def fail():
        raise ValueError("caught")

    assert str(call_safely(fail)) == "caught"


def test_warnings_look_past_it():
    import warnings

    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        line = sys._getframe().f_lineno
        call(warnings.warn, "one")
        call(lambda: warnings.warn("two", stacklevel=2))
    assert [(w.filename, w.lineno) for w in found] == [(__file__, line + 1), (__file__, line + 2)]
