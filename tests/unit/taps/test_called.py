"""Which names of methods a function calls, or may call."""

from hitsave_trace.taps.suspects import _called


def reads(thing):
    return thing.seed, thing.other.node


def calls(thing):
    return [one.node() for one in thing.parts()]


def calls_with_all(thing, *rest):
    return thing.seed(*rest)


def asks_by_text(thing):
    return getattr(thing, "seed")()


def nested():
    def inner(thing):
        return thing.seed()

    return inner


def test_an_attribute_is_no_call():
    assert _called(reads.__code__) == set()


def test_calls():
    assert {"node", "parts"} <= _called(calls.__code__)
    assert "seed" in _called(calls_with_all.__code__)
    assert "seed" in _called(asks_by_text.__code__)
    assert "seed" in _called(nested.__code__)
