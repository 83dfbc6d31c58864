"""What tells two values apart, and what doesn't."""

from __future__ import annotations

import array
import collections
import copy
import datetime
import decimal
import enum
import fractions
import functools
import io
import logging
import operator
import pathlib
import pickle
import random
import re
import socket
import subprocess
import sys
import threading
import time
import types
import uuid
import weakref
import zoneinfo

import pytest

from hitsave_trace import names
from hitsave_trace.fingerprint.hasher import CHUNK
from hitsave_trace.fingerprint.values import OverBudget, Unfingerprintable, Walk, fingerprint


@pytest.fixture(autouse=True)
def user_code(monkeypatch):
    """This module counts as user code, as if the import hook had loaded it."""
    monkeypatch.setitem(names.user_modules, __name__, names.ModuleInfo(__name__, __file__, "test_values.py"))
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or types.ModuleType(__name__))


def differ(*values):
    return len({fingerprint(value) for value in values}) == len(values)


def same(*values):
    return len({fingerprint(value) for value in values}) == 1


class Plain:
    def __init__(self, **attributes):
        object.__getattribute__(self, "__dict__").update(attributes)

    def __eq__(self, other):
        raise AssertionError("a fingerprint runs no code of the user")

    __hash__ = object.__hash__

    def __reduce__(self):
        raise AssertionError("a fingerprint runs no code of the user")

    def __getattribute__(self, name):
        raise AssertionError("a fingerprint runs no code of the user")


class Slotted:
    __slots__ = ("a", "b")


class Both(Slotted):
    __slots__ = ("__dict__", "c")


class MyList(list):
    pass


class MyDict(dict):
    def __iter__(self):
        raise AssertionError("a fingerprint runs no code of the user")

    keys = values = items = __iter__


class MyInt(int):
    pass


class MyStr(str):
    pass


class MyTuple(tuple):
    pass


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Other(enum.Enum):
    RED = 1


class Number(enum.IntEnum):
    ONE = 1


Point = collections.namedtuple("Point", "x y")


def test_types_count():
    import numpy as np

    assert differ(1, 1.0, True, np.int64(1), np.int32(1), "1", b"1", decimal.Decimal(1), 1 + 0j, fractions.Fraction(1))
    assert differ(0, None, False, "", b"", (), [], {}, set(), frozenset(), ...)
    assert differ(MyInt(1), 1, Number.ONE)
    assert differ("a", MyStr("a"), b"a", bytearray(b"a"), ["a"], ("a",))
    assert differ([1], (1,), {1}, frozenset([1]), {1: 1}, MyList([1]), MyTuple([1]), collections.deque([1]))
    assert differ({}, MyDict(), collections.OrderedDict(), collections.defaultdict(), collections.Counter())


def test_numbers_by_their_bits():
    assert differ(0.0, -0.0)
    assert differ([0.0], [-0.0])
    assert same(float("nan"), float("nan"))
    assert same([float("nan")], [float("nan")])
    assert same(float("nan"), pickle.loads(pickle.dumps(float("nan"))))
    assert differ(*(10**power for power in range(60)), *(-(10**power) for power in range(60)))
    assert differ(2**31, 2**31 - 1, -(2**31), 2**63, 2**63 - 1, -(2**63), -(2**63) - 1, 2**64)
    assert differ(complex(0.0, -0.0), complex(0.0, 0.0))


def test_text_of_any_kind():
    assert differ("\u00e9", "e\u0301", "\ud800", "\x00", "", "\x00\x00")
    assert same("".join(["a", "b"]), "ab", sys.intern("ab"))
    assert differ(["ab", "c"], ["a", "bc"])
    assert differ([b"", b"a"], [b"a", b""])


def test_order_of_dicts_counts_and_of_sets_does_not():
    assert differ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert differ({"a": [1], "b": []}, {"b": [], "a": [1]})
    assert same({8, 16, 0}, {16, 0, 8})
    names = [f"name{number}" for number in range(50)]
    assert same(set(names), set(reversed(names)))
    mixed = [1, "a", None, 2.5, b"x", (1, 2), frozenset([1, (2,)])]
    assert same(set(mixed), set(reversed(mixed)))
    assert differ({1, 2}, {1, 3}, {(1, 2)}, {(1, 3)}, {(1,), (2,)}, {frozenset([1])})
    assert differ({1}, {1.0}, {True})


def test_sharing_of_what_can_change():
    inner = [1, 2]
    assert differ([inner, inner], [inner, list(inner)])
    record = {"a": 1}
    assert differ([record, record], [record, dict(record)])
    assert differ((record, record), (record, dict(record)))
    thing = Plain(x=1)
    assert differ([thing, thing], [thing, copy_of(thing)])
    assert differ([thing, object.__getattribute__(thing, "__dict__")], [thing, {"x": 1}])
    buffer = bytearray(b"abc")
    assert differ([buffer, buffer], [buffer, bytearray(b"abc")])
    one = {1, 2}
    assert differ([one, one], [one, {1, 2}])


def copy_of(thing):
    new = object.__new__(type(thing))
    object.__getattribute__(new, "__dict__").update(object.__getattribute__(thing, "__dict__"))
    return new


def test_what_cannot_change_has_no_identity():
    text = "".join(["some", "text"])
    pair = (text, 1)
    assert same([pair, pair], [pair, tuple(list(pair))])
    big = 10**30
    assert same([big, big], [big, 10**29 * 10])
    frozen = frozenset(["a"])
    assert same([frozen, frozen], [frozen, frozenset(list("a"))])


def test_a_list_that_holds_itself():
    one = []
    one.append(one)
    two = []
    two.append(two)
    assert same(one, two)
    three = [[]]
    three[0].append(three)
    assert differ(one, three, [[]])
    thing = Plain()
    object.__getattribute__(thing, "__dict__")["me"] = thing
    assert fingerprint(thing) != fingerprint(Plain(me=Plain()))


def test_nested_deeper_than_the_stack():
    def nest(depth):
        value = []
        for _ in range(depth):
            value = [value]
        return value

    deep, deeper = nest(100_000), nest(100_001)
    first, second = fingerprint(deep), fingerprint(deeper)
    assert first != second
    mapping = {}
    for _ in range(100_000):
        mapping = {"k": mapping}
    assert fingerprint(mapping) not in (first, second)
    for value in (deep, deeper):
        while value:
            value = value.pop()
    while mapping:
        mapping = mapping.pop("k")


def test_long_sequences_in_pieces():
    for size in (CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5):
        values = list(range(size))
        changed = values.copy()
        changed[size // 2] = -1
        last = values.copy()
        last[-1] = "x"
        assert differ(values, tuple(values), changed, values[:-1], [*values, 0], last)
        assert same(values, list(values))
        mixed = [*values, []]
        assert differ(mixed, [*values, [1]], values)
        assert same(dict.fromkeys(values), dict.fromkeys(values))
        assert differ(dict.fromkeys(values), dict.fromkeys(changed))


def test_rows_and_records():
    rows = [{"id": number, "name": str(number)} for number in range(100)]
    assert same(rows, copy.deepcopy(rows))
    shared = copy.deepcopy(rows)
    shared[7] = shared[6]
    unshared = copy.deepcopy(rows)
    unshared[7] = dict(unshared[6])
    assert differ(rows, shared, unshared)
    for kind in (list, tuple):
        table = [kind((number, "x")) for number in range(50)]
        other = copy.deepcopy(table)
        other[3] = kind((3, "y"))
        assert differ(table, other)
        assert same(table, [kind((number, "x")) for number in range(50)])
    assert differ([[1], [2]], [[1, 2], []], [(1,), (2,)], [[1], (2,)], [[[1]], [2]])


def test_records_keep_their_places_across_values():
    walk = Walk()
    rows = [{"a": 1}, {"a": 1}]
    walk.fingerprint(rows, "rows")
    first = walk.fingerprint(rows[1])
    walk = Walk()
    walk.fingerprint(rows, "rows")
    assert first != walk.fingerprint(rows[0])
    assert [walk.objects[walk.index[id(row)]] for row in rows] == rows
    assert walk.paths == ["rows", "rows[0]", "rows[1]"]


def test_instances_by_their_state():
    assert same(Plain(x=1), Plain(x=1))
    assert differ(Plain(x=1), Plain(x=2), Plain(y=1), Plain(), Plain(x=1, y=1), Plain(y=1, x=1), {"x": 1})
    assert same([Plain(x=1), Plain(x=2)], [Plain(x=1), Plain(x=2)])
    assert differ([Plain(x=1), Plain(x=2)], [Plain(x=1), Plain(x=1)])
    one, two, three = Slotted(), Slotted(), Slotted()
    one.a = 1
    two.b = 1
    assert differ(one, two, three)
    both = Both()
    both.a, both.c, both.d = 1, 2, 3
    again = Both()
    again.d, again.c, again.a = 3, 2, 1
    assert same(both, again)
    again.d = 4
    assert differ(both, again)


def test_many_instances_take_the_short_way_to_the_same_bytes():
    nested, flat = Plain(x=[1]), Plain(x=1)
    walk = Walk()
    first = [walk.fingerprint(value) for value in (flat, copy_of(flat), nested)]
    walk = Walk()
    second = [walk.fingerprint(value) for value in (copy_of(flat), flat, nested)]
    assert first == second
    assert len(walk.objects) == 7


def test_subclasses_of_builtins_have_content_and_state():
    plain, named = MyList([1]), MyList([1])
    named.name = "n"
    longer = MyList([1, 2])
    assert differ(plain, named, longer)
    mapping = MyDict(a=1)
    extended = MyDict(a=1)
    extended.extra = 1
    assert differ(mapping, extended, MyDict(a=2), MyDict(b=1))
    assert differ(MyInt(1), MyInt(2))
    assert differ(MyStr("a"), MyStr("b"))
    tagged = MyStr("a")
    tagged.tag = 1
    assert differ(tagged, MyStr("a"))
    assert differ(Point(1, 2), Point(2, 1), (1, 2))
    assert differ(MyTuple([1, [2]]), MyTuple([1, [3]]))
    big = MyList(range(CHUNK * 2))
    assert differ(big, MyList(range(CHUNK * 2 + 1)))


def test_enums_by_class_and_name():
    assert differ(Colour.RED, Colour.GREEN, Other.RED, 1)
    assert same(Colour.RED, Colour["RED"])
    flags = enum.Flag("flags", "A B C")
    assert differ(flags.A, flags.B, flags.A | flags.B)


STANDARD = {
    "date": (datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)),
    "datetime": (datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
    "fold": (datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1, fold=1)),
    "zone": (
        datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC")),
        datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    ),
    "time": (datetime.time(1), datetime.time(2)),
    "timedelta": (datetime.timedelta(1), datetime.timedelta(2)),
    "timezone": (datetime.timezone(datetime.timedelta(hours=1)), datetime.timezone(datetime.timedelta(hours=1), "X")),
    "decimal": (decimal.Decimal("1.0"), decimal.Decimal("1.00")),
    "fraction": (fractions.Fraction(1, 2), fractions.Fraction(1, 3)),
    "uuid": (uuid.UUID(int=1), uuid.UUID(int=2)),
    "path": (pathlib.Path("a"), pathlib.Path("b")),
    "pure path": (pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("a")),
    "pattern": (re.compile("a"), re.compile("a", re.IGNORECASE)),
    "range": (range(3), range(0, 3, 2)),
    "slice": (slice(1), slice(2)),
    "array": (array.array("i", [1]), array.array("l", [1])),
    "array content": (array.array("i", [1]), array.array("i", [2])),
    "memoryview": (memoryview(b"ab"), memoryview(b"ac")),
    "memoryview step": (memoryview(b"abab")[::2], memoryview(b"aa")),
    "deque": (collections.deque([1]), collections.deque([1], 5)),
    "ordered": (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)),
    "default": (collections.defaultdict(list), collections.defaultdict(int)),
    "default content": (collections.defaultdict(list, a=[]), collections.defaultdict(list)),
    "counter": (collections.Counter("a"), collections.Counter("b")),
    "chain": (collections.ChainMap({}), collections.ChainMap({}, {})),
    "namespace": (types.SimpleNamespace(a=1), types.SimpleNamespace(a=2)),
    "proxy": (types.MappingProxyType({"a": 1}), types.MappingProxyType({"a": 2})),
    "partial": (functools.partial(print, 1), functools.partial(print, 2)),
    "partial keywords": (functools.partial(print, sep=""), functools.partial(print, end="")),
    "itemgetter": (operator.itemgetter(1), operator.itemgetter(2)),
    "attrgetter": (operator.attrgetter("a"), operator.attrgetter("b")),
    "methodcaller": (operator.methodcaller("a"), operator.methodcaller("b")),
    "exception": (ValueError("a"), ValueError("b")),
    "exception type": (ValueError("a"), KeyError("a")),
    "os error": (OSError(2, "a", "x"), OSError(2, "a", "y")),
    "import error": (ImportError("a", name="x"), ImportError("a", name="y")),
    "exit": (SystemExit(1), SystemExit(2)),
    "logger": (logging.getLogger("a"), logging.getLogger("b")),
    "random": (random.Random(1), random.Random(2)),
    "alias": (list[int], list[str]),
    "union": (int | None, int | str),
    "builtin": (len, print),
    "bound builtin": ([].append, [1].append),
    "descriptor": (str.join, str.split),
    "slot wrapper": (object.__init__, object.__repr__),
    "class": (int, str),
    "library class": (collections.OrderedDict, collections.Counter),
    "library function": (functools.reduce, functools.wraps),
    "library method": (random.random, random.choice),
    "module": (re, random),
    "bytearray": (bytearray(b"a"), bytearray(b"b")),
    "cell": (types.CellType(1), types.CellType()),
    "list iterator": (iter([1, 2]), iter([1, 3])),
    "zip": (zip([1], [2]), zip([1], [3])),
}


# Without a pickle, or (`random.random`) with one that is another object.
UNPICKLED = ("memoryview", "memoryview step", "module", "cell", "slot wrapper", "proxy", "library method")


@pytest.mark.parametrize("name", STANDARD)
def test_standard_types(name):
    one, other = STANDARD[name]
    assert differ(one, other)
    assert fingerprint(one) == fingerprint(one)


@pytest.mark.parametrize(
    "name",
    [name for name in STANDARD if name not in UNPICKLED],
)
def test_a_faithful_copy_is_the_same(name):
    for value in STANDARD[name]:
        assert fingerprint(pickle.loads(pickle.dumps(value, 5))) == fingerprint(value)


def test_advanced_iterators_differ():
    fresh, advanced = iter([1, 2]), iter([1, 2])
    next(advanced)
    assert differ(fresh, advanced)
    assert list(fresh) == [1, 2]


def test_a_path_is_the_same_however_it_was_used():
    used = pathlib.Path("a") / "b.txt"
    assert (used.name, used.suffix, str(used), hash(used)) == ("b.txt", ".txt", "a/b.txt", hash(used))
    assert same(used, pathlib.Path("a/b.txt"))


def held(lock):
    """A lock that nobody holds is a value."""
    lock.acquire()
    return lock


def begun(generator):
    """One that has not begun is a value, too."""
    next(generator)
    return generator


REFUSED = {
    "lock": lambda: held(threading.Lock()),
    "rlock": lambda: held(threading.RLock()),
    "condition": threading.Condition,
    "event": threading.Event,
    "thread": threading.Thread,
    "generator": lambda: begun(item for item in "a"),
    "coroutine frame": sys._getframe,
    "socket": socket.socket,
    "weak reference": lambda: weakref.ref(threading.current_thread()),
    "own module": lambda: sys.modules[__name__],
    "dict iterator": lambda: iter({}),
    "local": threading.local,
    "string io that keeps ends of lines": lambda: io.StringIO(newline=None),
    "text over bytes": lambda: io.TextIOWrapper(io.BytesIO()),
    "system random state of a C type": lambda: __import__("hashlib").sha256(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_readable_state_is_refused_with_its_place(name):
    value = REFUSED[name]()
    try:
        with pytest.raises(Unfingerprintable) as caught:
            Walk().fingerprint({"a": [1, Plain(handle=value)]}, "x")
    finally:
        if isinstance(value, socket.socket):
            value.close()
    assert caught.value.path.startswith("x['a'][1].handle")
    assert caught.value.why
    assert caught.value.type_name


def test_a_refusal_inside_slots_and_keys_has_a_path():
    one = Slotted()
    one.b = held(threading.Lock())
    with pytest.raises(Unfingerprintable) as caught:
        Walk().fingerprint((0, one), "arg")
    assert caught.value.path == "arg[1].b"
    assert "lock" in str(caught.value)


def test_the_deadline():
    long = [[number] for number in range(200_000)]
    with pytest.raises(OverBudget):
        Walk(deadline=time.thread_time() - 1).fingerprint(long)
    with pytest.raises(OverBudget):
        Walk(deadline=time.thread_time() - 1).fingerprint(list(range(CHUNK * 4)))
    assert Walk(deadline=time.thread_time() + 1000).fingerprint([1]) == fingerprint([1])


def test_a_walk_remembers_across_values():
    data = [1]
    walk = Walk()
    walk.fingerprint(data, "a")
    repeated = walk.fingerprint(data, "b")
    other = Walk()
    other.fingerprint([1], "a")
    assert repeated != other.fingerprint([1], "b")
    assert walk.objects == [data]
    assert walk.paths == ["a"]


def test_paths_of_nested_objects():
    walk = Walk()
    walk.fingerprint({"rows": [Plain(data=[[]])], 3: ([],)}, "x")
    assert walk.paths == [
        "x",
        "x['rows']",
        "x['rows'][0]",
        "x['rows'][0]",
        "x['rows'][0].data",
        "x['rows'][0].data[0]",
        "x[3][0]",
    ]


PROGRAM = """
import sys
sys.path.insert(0, {root!r})
import collections, datetime, decimal, functools, re
from hitsave_trace.fingerprint.values import fingerprint
class Node:
    def __init__(self, name): self.name, self.tags = name, {{name, "x", "y", None, (1, "z")}}
names = ["alpha", "beta", "gamma", "delta"]
values = [
    set(names), frozenset(names), {{name: {{name}} for name in names}}, [Node(name) for name in names],
    {{(name, 1) for name in names}}, {{frozenset([name, "q"]) for name in names}}, collections.Counter("hello"),
    re.compile("a+"), decimal.Decimal("1.5"), datetime.date(2020, 1, 1), functools.partial(int, base=2), Node, len,
    {{1, "a", 2.5, None}}, {{Node, int, str}},
]
print([fingerprint(value).hex() for value in values])
"""


def test_equal_in_every_process_and_hash_seed(tmp_path):
    import os

    script = tmp_path / "program.py"
    script.write_text(PROGRAM.format(root=str(pathlib.Path(__file__).resolve().parents[3])))
    seen = set()
    for seed in ("0", "1", "12345"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=True
        )
        seen.add(done.stdout)
    assert len(seen) == 1


def test_importing_brings_in_nothing_heavy():
    code = (
        f"import sys; sys.path.insert(0, {str(pathlib.Path(__file__).resolve().parents[3])!r})\n"
        "import hitsave_trace.fingerprint.values\n"
        "heavy = {'typing', 'dataclasses', 'inspect', 're', 'json', 'pathlib', 'logging', 'tempfile', 'numpy', 'enum',"
        " 'collections', 'functools', 'datetime'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_no_audit_event_is_raised():
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; sys.path.insert(0, {str(pathlib.Path(__file__).resolve().parents[3])!r})\n"
        "from hitsave_trace.fingerprint.values import fingerprint\n"
        "class A:\n    pass\n"
        "fingerprint(A())\n"
        "seen = []\n"
        "sys.addaudithook(lambda name, args: seen.append(name))\n"
        "fingerprint([1, 'a', A(), (1, [A()])])\n"
        "print(sorted(set(seen) - {'marshal.dumps'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def counting(start, /, step=1, *rest, end=9, **more):
    yield from (start + i for i in range(end - start))


def test_generators_that_have_not_begun():
    assert same(counting(1), counting(1, 1), counting(1, end=9))
    assert differ(counting(1), counting(2), counting(1, 2), counting(1, 1, 3), counting(1, end=8), counting(1, other=2))
    assert same((i for i in [1]), (i for i in [1]))
    two = 2
    assert differ((i for i in [1]), (i for i in [2]), (i + 1 for i in [1]), (i + two for i in [1]))
    gone = counting(1)
    list(gone)
    closed = counting(2)
    closed.close()
    assert same(gone, closed)
    assert differ(gone, counting(1), (i for i in ()))
    looked_at = counting(1)
    assert looked_at.gi_frame.f_locals["step"] == 1
    assert same(looked_at, counting(1))
    items = [1]
    assert differ([items, counting(items)], [items, counting([1])])
