"""Objects whose classes tell pickle less than there is come back as they were, once plain pickle was seen not to be faithful."""

from types import SimpleNamespace

from hitsave.memo.results import take
from hitsave.store.pickles import load
from hitsave_trace.fingerprint.values import Walk


class Ordered:
    def __init__(self):
        self.last, self.first = [1], {"a": 2}

    def __getstate__(self):
        return [self.first, self.last]

    def __setstate__(self, state):
        self.first, self.last = state


class Itself(dict):
    def __init__(self, **items):
        super().__init__(items)
        self.__dict__ = self


class Slotted:
    __slots__ = ("__dict__", "_x", "absent")

    def __init__(self):
        self._x = 3
        self.y = [4]

    def __getstate__(self):
        return None


class Named:
    __slots__ = ("name", "value")


class Fixed(Named):
    name = "fixed"

    def __init__(self):
        self.value = [1]


class Base:
    def __init__(self):
        self.__private = 5


class Refuses(Base):
    def __init__(self):
        super().__init__()
        self.z = 1

    def __setattr__(self, name, value):
        if name in getattr(self, "__dict__", ()):
            raise AttributeError(name)
        object.__setattr__(self, name, value)

    def __setstate__(self, state):
        raise TypeError

    def __getstate__(self):
        return {}


class Registered:
    known = {}

    def __init__(self, name):
        self.name, self.seen = name, []

    def __getstate__(self):
        return {"name": self.name}

    def __new__(cls, name="x"):
        return cls.known.setdefault(name, object.__new__(cls))


def again(value):
    taken = take(value, [])
    return load(taken.pickled.data, [bytearray(part) for part in taken.pickled.buffers])


def same(value):
    found = again(value)
    assert Walk().fingerprint(found) == Walk().fingerprint(value)
    return found


def test_the_order_of_attributes():
    assert list(vars(same([Ordered(), Ordered()])[1])) == ["last", "first"]


def test_an_object_that_is_its_own_dict():
    found = same(Itself(a=1, b=[2]))
    assert found.__dict__ is found
    found.c = 3
    assert found["c"] == 3


def test_slots_beside_a_dict():
    found = same(Slotted())
    assert (found._x, found.y, hasattr(found, "absent")) == (3, [4], False)


def test_a_slot_behind_a_class_attribute():
    found = same([Fixed()])[0]
    assert (found.name, found.value, vars(found)) == ("fixed", [1], {})


def test_a_class_that_refuses_is_not_asked():
    found = same(SimpleNamespace(one=Refuses()))
    assert vars(found.one) == {"_Base__private": 5, "z": 1}


def test_who_makes_its_objects_itself_is_asked(monkeypatch):
    from hitsave.memo.results import Refused

    value = Registered("one")
    try:
        assert again(value) is value
    except Refused:
        pass


def test_an_iterator_that_repeats_goes_on_where_it_stands():
    from itertools import repeat

    some = repeat([1], 3)
    next(some)
    found = same([some, repeat("x")])
    assert (list(found[0]), next(found[1])) == ([[1], [1]], "x")
