"""Classes as values, and their shape."""

from __future__ import annotations

import sys

import pytest

from hitsave_trace.fingerprint.objects import class_shape
from hitsave_trace.fingerprint.values import Unfingerprintable, Walk, fingerprint

SOURCE = """
import functools, abc, enum
from dataclasses import dataclass, field
class Meta(type):
    pass
class Mixin:
    kind = "mixin"
class Base:
    rate = 0.5
    def run(self, times=1):
        return self.rate * times
class Model(Base):
    __slots__ = ("weights",)
    depth = 3
    def fit(self, x, *, steps=10):
        return x
    @property
    def size(self):
        return 1
    @classmethod
    def make(cls):
        return cls()
    @staticmethod
    def help():
        return 1
    @functools.cached_property
    def slow(self):
        return 1
    class Inner:
        level = 1
"""


def shape(load, source=SOURCE):
    return class_shape(load(source).Model)


def test_bodies_docstrings_and_lines_are_no_part_of_the_shape(load):
    before = shape(load)
    assert shape(load) == before
    for old, new in (
        ("return self.rate * times", "return self.rate + times"),
        ("    depth = 3\n", "    'says what it is'\n    # and more\n    depth = 3\n"),
        ("        return 1\n    @classmethod", "        return 2\n    @classmethod"),
        ("class Mixin:", "\n\n\nclass Mixin:"),
    ):
        assert old in SOURCE
        assert shape(load, SOURCE.replace(old, new)) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("depth = 3", "depth = 4"),
        ("depth = 3", "depth = 3.0"),
        ("rate = 0.5", "rate = 0.6"),
        ("class Model(Base)", "class Model(Mixin, Base)"),
        ("class Model(Base)", "class Model(Base, Mixin)"),
        ("class Model(Base)", "class Model(Base, metaclass=Meta)"),
        ("steps=10", "steps=11"),
        ("times=1", "times=2"),
        ('("weights",)', '("weights", "bias")'),
        ("    @property\n", ""),
        ("    @staticmethod\n", "    @classmethod\n"),
        ("    @functools.cached_property\n", "    @property\n"),
        ("    def fit(", "    def run(self, times=1):\n        return 1\n    def fit("),
        ("    def fit(", "    def __getattr__(self, name):\n        return 1\n    def fit("),
        ("    def fit(", "    fit = Base.run\n    def fitted("),
    ],
)
def test_what_a_shape_holds(load, old, new):
    assert old in SOURCE
    assert shape(load, SOURCE.replace(old, new)) != shape(load)


def test_order_of_attributes_counts(load):
    assert class_shape(load("class Model:\n    a = 1\n    b = 2\n").Model) != class_shape(
        load("class Model:\n    b = 2\n    a = 1\n").Model
    )


DATACLASS = "from dataclasses import dataclass, field\n@dataclass\nclass Model:\n    lr: float = 0.1\n    xs: list = field(default_factory=list)\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.1", "0.2"),
        ("default_factory=list", "default_factory=tuple"),
        ("@dataclass", "@dataclass(frozen=True)"),
        ("@dataclass", "@dataclass(order=True)"),
        ("lr: float", "lr: int"),
        ("lr:", "rate:"),
        ("    xs: list = field(default_factory=list)\n", ""),
    ],
)
def test_fields_of_a_dataclass(load, old, new):
    before = shape(load, DATACLASS)
    assert shape(load, DATACLASS) == before
    assert shape(load, DATACLASS.replace(old, new)) != before


def test_members_of_an_enum(load):
    source = "import enum\nclass Model(enum.Enum):\n    A = 1\n    B = 2\n"
    before = shape(load, source)
    assert shape(load, source) == before
    assert shape(load, source.replace("B = 2", "B = 3")) != before
    assert shape(load, source.replace("B = 2", "C = 2")) != before
    assert shape(load, source + "    D = 4\n") != before


def test_an_attribute_without_fingerprint_has_a_path(load):
    module = load("import threading\nclass Model:\n    lock = threading.Lock()\n    lock.acquire()\n")
    with pytest.raises(Unfingerprintable) as caught:
        class_shape(module.Model)
    assert caught.value.path == "Model.lock"


def test_shapes_of_common_bases(load):
    for source in (
        "import abc\nclass Model(abc.ABC):\n    @abc.abstractmethod\n    def f(self): pass\n",
        "import typing\nT = typing.TypeVar('T')\nclass Model(typing.Generic[T]):\n    x: typing.List[T]\n    y: 'int | None'\n",
        "import typing\nclass Model(typing.NamedTuple):\n    a: int\n    b: int = 2\n",
        "import collections\nModel = collections.namedtuple('Model', 'a b')\n",
        "import typing\nclass Model(typing.Protocol):\n    def f(self): ...\n",
        "class Model(Exception):\n    code = 1\n",
        "from dataclasses import dataclass\n@dataclass(slots=True, frozen=True)\nclass Model:\n    a: int = 1\n",
        "import numpy as np\nclass Model(np.ndarray):\n    pass\n",
        "from sklearn.base import BaseEstimator\nclass Model(BaseEstimator):\n    def fit(self, X): return self\n",
        "class Model:\n    def __init_subclass__(cls, **kw): super().__init_subclass__(**kw)\n    def f(self): return super().f()\n",
    ):
        before = shape(load, source)
        assert shape(load, source) == before, source


def test_an_instance_notes_its_class_and_not_its_shape(load):
    module = load(SOURCE)
    walk = Walk()
    before = walk.fingerprint([module.Base(), module.Mixin])
    assert list(walk.classes) == [module.Base, module.Mixin]
    module = load(SOURCE.replace("rate = 0.5", "rate = 0.6"))
    assert fingerprint([module.Base(), module.Mixin]) == before


def test_a_class_that_no_name_leads_to_is_written_out(load):
    source = "def make(n):\n    class Local:\n        level = n\n        def f(self):\n            return self\n    return Local\n"
    module = load(source)
    one, two, again = module.make(1), module.make(2), module.make(1)
    assert fingerprint(one) == fingerprint(again) != fingerprint(two)
    assert fingerprint(one()) == fingerprint(again()) != fingerprint(two())
    assert fingerprint([one(), one()]) != fingerprint([one(), again()])
    walk = Walk()
    walk.fingerprint(one())
    assert not walk.classes


def test_an_old_class_behind_a_new_one_of_its_name(load):
    old = load("class Model:\n    a = 1\n").Model
    new = load("class Model:\n    a = 2\n").Model
    assert fingerprint(old()) != fingerprint(new())


def test_a_local_class_that_refers_to_itself(load):
    module = load(
        "def make():\n    class Node:\n        def other(self):\n            return Node()\n    Node.root = Node()\n    return Node\n"
    )
    assert fingerprint(module.make()()) == fingerprint(module.make()())


def test_library_classes_by_name_and_distribution():
    import numpy as np
    from sklearn.svm import SVC

    walk = Walk()
    walk.fingerprint([SVC, np.float64, SVC(), int])
    assert walk.distributions == {"numpy", "sklearn"}
    assert not walk.classes


def test_a_fingerprint_keeps_no_class_alive(load):
    import gc

    module = load("class Base:\n    pass\n")

    def use():
        class Child(module.Base):
            pass

        fingerprint(Child())
        class_shape(Child)

    use()
    gc.collect()
    assert module.Base.__subclasses__() == []


def test_state_behind_the_back_of_python_is_refused(load):
    module = load("import _random\nclass R(_random.Random):\n    pass\nclass H:\n    pass\n")
    with pytest.raises(Unfingerprintable):
        fingerprint(module.R())
    assert sys.getsizeof(module.H())
