"""What `--verify` takes for a difference."""

from types import SimpleNamespace

import pytest

from hitsave.memo import verify


class Changed:
    """What a call changed."""

    def __init__(self, states):
        self._states = states

    def record(self):
        return (0,), ()

    def states(self):
        return self._states, []


OWN = {"n": 2}


@pytest.mark.parametrize(
    ("stored", "now", "differs"),
    [
        ((None, ("__dict__",), [OWN]), (None, ("__dict__",), [OWN]), False),
        ((None, ("__dict__",), [OWN]), (None, ("__dict__",), [OWN], True), False),
        ((None, ("__dict__",), [OWN], True), (None, ("__dict__",), [OWN]), False),
        ((None, ("__dict__",), [OWN], True), (None, ("__dict__",), [{"n": 3}]), True),
        ([1, ("__dict__",), 2, True], [1, ("__dict__",), 2], True),
    ],
)
def test_an_instance_that_got_its_dict_in_between(stored, now, differs):
    trace = SimpleNamespace(changes=((0,), ()))
    told = verify._of_changes(trace, (None, ([stored], [])), None, Changed([now]), ())
    assert [row["kind"] for row in told] == ["effect-differs"] * differs
