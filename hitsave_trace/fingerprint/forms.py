"""Setting an object that exists to a state that it had: the other half of reading its state.

An object keeps its identity and everybody who holds it sees the change, as they would have seen the one that is being
done again. Only what an object itself holds is taken and set; other objects in there are objects of their own.

A kind without a form can't be set. Whether such an object was changed is found by its fingerprint.
"""

from __future__ import annotations

import sys
from operator import is_ as _is
from sys import getrefcount
from types import CellType, FunctionType

from hitsave_trace.fingerprint import registry, weak
from hitsave_trace.fingerprint.contents import CONTENTS, NAMED_CONTENTS, Content
from hitsave_trace.fingerprint.functions import home, is_single_dispatch
from hitsave_trace.fingerprint.state import State, state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hitsave_trace.fingerprint.registry import Anything


class Form:
    """How objects of one kind are set. The default: there is nothing to set, and nothing that could have changed."""

    __slots__ = ()

    watches = False
    """Whether `fixed` says anything."""
    sure = False
    """Whether `put` can't fail; then nobody needs to keep what the object held before."""
    last = False
    """Whether it is set after all that is not, since it can't be set back."""

    def fixed(self, thing: Anything) -> object:
        """What can't be set; an object in which it differs can't be brought back."""
        return None

    def take(self, thing: Anything) -> object:
        """Read what the object holds, as a value that pickle takes."""
        return None

    def put(self, thing: Anything, held: Anything) -> None:
        """Make the object hold what `take` gave."""

    def is_seen(self, thing: Anything, ours: Sequence[list[object]]) -> bool:
        """Whether something else shows what the object holds, and would not see it set. `ours`: what walks hold."""
        return False


class Same(tuple[object, ...]):
    """Objects that are equal only to themselves: nothing of the user's is asked."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and len(self) == len(other) and all(map(_is, self, other))

    __hash__ = tuple.__hash__


class _Bare(Form):
    """Exactly a builtin container."""

    __slots__ = ("_content",)

    def __init__(self, content: Content) -> None:
        self._content = content

    def take(self, thing: Anything) -> object:
        return self._content.take(thing)

    def put(self, thing: Anything, held: Anything) -> None:
        self._content.put(thing, held)


class _DefaultDict(_Bare):
    """Its factory can be set as well; but who does that?"""

    __slots__ = ()

    watches = True

    def fixed(self, thing: Anything) -> object:
        return Same((thing.default_factory,))


class Instance(Form):
    """An instance of a Python class: what it has from its base, its slots, and which dict is its own.

    The dict is an object by itself, and is set as one.
    """

    __slots__ = ("_content", "_state")

    def __init__(self, content: Content, state: State) -> None:
        self._content = content
        self._state = state

    def take(self, thing: Anything) -> object:
        held, names, alone = self._state.peek(thing)
        return (self._content.take(thing), tuple(names), held, *[alone][: int(alone)])

    def put(self, thing: Anything, held: Anything) -> None:
        content, names, values, *alone = held
        self._content.put(thing, content)
        if alone:  # no dict of its own was there
            own = self._state.dict_getter.__get__(thing)
            own.clear()
            own.update(values[0])
            return
        now = dict(zip(names, values, strict=True))
        for slot, name in zip(self._state.slots, self._state.names, strict=True):
            if name in now:
                slot.__set__(thing, now[name])
            else:
                try:
                    slot.__delete__(thing)
                except AttributeError:
                    pass
        own = now.get("__dict__")
        if own is not None and self._state.dict_getter.__get__(thing) is not own:
            object.__setattr__(thing, "__dict__", own)


class _OwnDict(Form):
    """An object whose instance dict is written as a part of it."""

    __slots__ = ()

    def take(self, thing: Anything) -> object:
        return dict(object.__getattribute__(thing, "__dict__"))

    def put(self, thing: Anything, held: Anything) -> None:
        own = object.__getattribute__(thing, "__dict__")
        own.clear()
        own.update(held)


class _Function(Form):
    """A function: its attributes."""

    __slots__ = ()

    watches = True

    def fixed(self, thing: Anything) -> object:
        cases = tuple(thing.registry.values()) if is_single_dispatch(thing, home(thing)) else ()
        names = str.__str__(thing.__name__), str.__str__(thing.__qualname__)
        return (*names, Same((thing.__code__, thing.__defaults__, thing.__kwdefaults__, *cases)))

    def take(self, thing: Anything) -> object:
        return dict(thing.__dict__)

    def put(self, thing: Anything, held: Anything) -> None:
        own = thing.__dict__
        if own or held:
            own.clear()
            own.update(held)


class _Cell(Form):
    __slots__ = ()

    def take(self, thing: Anything) -> object:
        try:
            return (thing.cell_contents,)
        except ValueError:
            return ()

    def put(self, thing: Anything, held: Anything) -> None:
        if held:
            (thing.cell_contents,) = held
        else:
            try:
                del thing.cell_contents
            except ValueError:
                pass


class _NumpyArray(Form):
    """An array: its elements. Plain memory is taken as a copy, so that what is taken is no view of the array."""

    __slots__ = ()

    watches = True
    sure = True

    def fixed(self, thing: Anything) -> object:
        return thing.shape, thing.strides, thing.dtype, thing.flags.writeable

    def take(self, thing: Anything) -> object:
        return thing.copy(order="K") if thing.flags.writeable else None

    def put(self, thing: Anything, held: Anything) -> None:
        if held is not None:
            thing[...] = held


class _Tensor(Form):
    """A tensor: its elements and its gradient."""

    __slots__ = ()

    watches = True
    sure = True

    def fixed(self, thing: Anything) -> object:
        return tuple(thing.shape), thing.stride(), thing.dtype, thing.requires_grad

    def take(self, thing: Anything) -> object:
        return thing.detach().clone(), thing.grad

    def put(self, thing: Anything, held: Anything) -> None:
        thing.detach().copy_(held[0])
        thing.grad = held[1]


class ByState(Form):
    """An object that gives its state by itself, and takes it."""

    __slots__ = ("_get", "_set")

    def __init__(self, get: Callable[[Anything], object], put: Callable[[Anything, Anything], object]) -> None:
        self._get = get
        self._set = put

    def take(self, thing: Anything) -> object:
        return self._get(thing)

    def put(self, thing: Anything, held: Anything) -> None:
        self._set(thing, held)


class _WeakReference(Form):
    """A weak reference: there is nothing to set, but what it leads to may have gone."""

    __slots__ = ()

    watches = True

    def fixed(self, thing: Anything) -> object:
        target = weak.target(thing)
        return None if target is None else id(target)


class _BitGenerator(Form):
    __slots__ = ()

    watches = True

    def fixed(self, thing: Anything) -> object:
        return getattr(thing.seed_seq, "n_children_spawned", None)

    def take(self, thing: Anything) -> object:
        return thing.state

    def put(self, thing: Anything, held: Anything) -> None:
        thing.state = held


class _Frame(Form):
    """A data frame or series: it is given the blocks of another. Where views of it would see a change in place (before
    copy-on-write), it can't be set.
    """

    __slots__ = ()

    def take(self, thing: Anything) -> object:
        # A new object with the same blocks: the old one is known by its place.
        return thing.copy(deep=False)

    def put(self, thing: Anything, held: Anything) -> None:
        theirs = object.__getattribute__(held, "__dict__")
        own = object.__getattribute__(thing, "__dict__")
        flags = theirs.get("_flags")
        for name in [name for name in own if name not in theirs and name not in _BY_ITSELF]:
            del own[name]
        own.update((name, value) for name, value in theirs.items() if name not in _BY_ITSELF)
        attributes = own.get("_attrs")
        if attributes is None:
            own["_attrs"] = dict(theirs.get("_attrs") or ())
        elif attributes or theirs.get("_attrs"):
            attributes.clear()
            attributes.update(theirs.get("_attrs") or ())
        if flags is not None:
            own["_flags"] = type(flags)(thing, allows_duplicate_labels=flags.allows_duplicate_labels)

    def is_seen(self, thing: Anything, ours: Sequence[list[object]]) -> bool:
        """Whether an array that is no frame's lies in the memory of its blocks: what is set in place shows there."""
        blocks = {}
        for block in thing._mgr.blocks:
            blocks[id(block)] = block
            for reference in getattr(getattr(block, "refs", None), "referenced_blocks", ()):
                other = reference()
                if hasattr(other, "mgr_locs"):
                    blocks[id(other)] = other
        owners: dict[int, list[Anything]] = {}
        views: set[int] = set()
        for block in blocks.values():
            _count(block.values, owners, views)
        known = set(owners)
        for held in ours:
            for array in held:
                _count(array, owners, views)
        block = other = array = None
        # Of the references to an array, one is that of the list, and one that of the question.
        return any(getrefcount(owners[key][0]) > owners[key][1] + 2 for key in known)


def _count(array: Anything, owners: dict[int, list[Anything]], views: set[int]) -> None:
    """Count a reference to the array that owns the memory: that of who holds it, or that of a view, once a view."""
    kind = getattr(sys.modules.get("numpy"), "ndarray", None)
    if type(array) is not kind:
        return
    owner = array
    while type(owner.base) is kind:
        owner = owner.base
    if owner is not array:
        if id(array) in views:
            return
        views.add(id(array))
    owners.setdefault(id(owner), [owner, 0])[1] += 1


_BY_ITSELF = ("_attrs", "_flags")


FORMS: dict[type, Form] = {
    **{kind: _Bare(CONTENTS[kind]) for kind in (list, dict, set, bytearray)},
    FunctionType: _Function(),
    CellType: _Cell(),
}

NAMED: dict[str, Form] = {
    **{name: _Bare(content) for name, content in NAMED_CONTENTS.items()},
    "collections.defaultdict": _DefaultDict(NAMED_CONTENTS["collections.defaultdict"]),
    "numpy.ndarray": _NumpyArray(),
    "numpy.random._generator.Generator": Form(),
    "numpy.random.mtrand.RandomState": ByState(
        lambda one: one.get_state(legacy=False), lambda one, held: one.set_state(held)
    ),
    "random.Random": ByState(lambda one: one.getstate(), lambda one, held: one.setstate(held)),
    **{f"weakref.{name}": _WeakReference() for name in ("ReferenceType", "KeyedRef", "WeakMethod")},
    "torch.Tensor": _Tensor(),
    "torch.nn.parameter.Parameter": _Tensor(),
    "torch._C.Generator": ByState(lambda one: one.get_state(), lambda one, held: one.set_state(held)),
}
_BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
NAMED.update({f"numpy.random._{name.lower()}.{name}": _BitGenerator() for name in _BIT_GENERATORS})
NAMED["numpy.random._pcg64.PCG64DXSM"] = _BitGenerator()
_FRAMES = ("DataFrame", "Series")


def form_of(kind: type) -> Form | None:
    """How objects of exactly this type are set; None if they can't be."""
    form = FORMS.get(kind)
    if form is not None:
        return form
    module, qualname = registry.qualified(kind)
    name = f"{module}.{qualname}"
    if name in NAMED and registry.reach(module, qualname) is kind:
        return NAMED[name]
    root = module.partition(".")[0]
    if root == "pandas" and qualname in _FRAMES:
        return _Frame() if copies_on_write() else None
    entry, base = registry.find(kind)
    if entry.reach == registry.WHOLE and base is not object:
        is_matrix = root == "scipy" and registry.qualified(base)[1] == "_spbase" and not issubclass(kind, dict)
        return _OwnDict() if is_matrix else None
    content = CONTENTS.get(base) or NAMED_CONTENTS.get(".".join(registry.qualified(base)))
    if content is None or (base is object and entry is not registry.by_type[object]):
        return None
    if registry.qualified(base)[1] == "defaultdict" and kind is not base:
        return None
    state = state_of(kind, base)
    return None if state.hidden is not None else Instance(content, state)


def copies_on_write() -> bool:
    """Whether pandas copies what two frames or series share before one of them is written to (always from 3 on)."""
    pandas = sys.modules.get("pandas")
    version = str(getattr(pandas, "__version__", "0")).partition(".")[0]
    if version.isdecimal() and int(version) >= 3:
        return True
    try:
        return bool(pandas.options.mode.copy_on_write is True)  # type: ignore[union-attr]
    except Exception:
        return False


import hitsave_trace.fingerprint.iterators  # noqa: E402, F401

__all__ = ["FORMS", "NAMED", "ByState", "Form", "Instance", "copies_on_write", "form_of"]
