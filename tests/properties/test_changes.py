"""What a call did to what came in is done again: on an equal world, in place, with all identities.

A world of objects is built twice by the same script. One is changed by a second script; what was changed is taken, and
put into the other. Afterwards no program could tell the two apart: all objects that were there before are held by name.
"""

import random
import types
from collections import Counter, OrderedDict, defaultdict, deque

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsave.memo import changes
from hitsave.memo.call import Call, fingerprint_arguments
from hitsave.memo.results import Refused, take
from hitsave.store.pickles import load
from hitsave_trace.fingerprint.values import Walk
from hitsave_trace.names import CodeInfo, ModuleInfo
from hitsave_trace.recording import Recording


class Node:
    pass


class Slotted:
    __slots__ = ("left", "right")


class Both(Slotted):
    pass


class OwnList(list):
    pass


class OwnDict(dict):
    pass


KINDS = (
    list, dict, set, bytearray, deque, OrderedDict, Counter, lambda: defaultdict(list), Node, Slotted, Both, OwnList,
    OwnDict, types.SimpleNamespace, lambda: np.zeros(3), lambda: np.arange(6).reshape(2, 3).T,
    lambda: np.array([None, 1, "x"], dtype=object), lambda: np.random.default_rng(1), lambda: random.Random(2),
    lambda: np.zeros(4000),
)  # fmt: skip


def value(pick, nodes):
    return pick([0, 1.5, "text", None, (1, 2), *nodes, (*nodes[:1], "pair")])


def change(pick, node, nodes):
    """Do something to one object that its kind allows."""
    held = value(pick, nodes)
    if isinstance(node, (list, deque)):
        act = pick(("append", "insert", "pop", "reverse", "clear", "set"))
        if act == "append":
            node.append(held)
        elif act == "insert":
            node.insert(0, held)
        elif act == "pop" and node:
            node.pop()
        elif act == "reverse":
            node.reverse()
        elif act == "clear":
            node.clear()
        elif node:
            node[0] = held
        if isinstance(node, OwnList):
            node.note = held
    elif isinstance(node, dict):
        key = pick(("a", "b", 3))
        if pick((True, False)):
            node[key] = held
        else:
            node.pop(key, None)
        if isinstance(node, OwnDict):
            node.note = held
    elif isinstance(node, set):
        pick((node.add, node.discard))(pick((1, 2, "x")))
    elif isinstance(node, bytearray):
        node += pick((b"a", b"bc"))
    elif isinstance(node, np.ndarray):
        if node.dtype.hasobject:
            node[0] = held
        else:
            node[pick((0, 1))] += 1
    elif isinstance(node, (np.random.Generator, random.Random)):
        node.random()
    elif isinstance(node, Slotted):
        name = pick(("left", "right"))
        if pick((True, False)):
            setattr(node, name, held)
        elif hasattr(node, name):
            delattr(node, name)
        if isinstance(node, Both):
            node.extra = held
    else:
        name = pick(("a", "b"))
        if pick((True, True, False)):
            setattr(node, name, held)
        elif hasattr(node, name):
            delattr(node, name)
        elif isinstance(node, Node):
            node.__dict__ = {"a": held}


def build(seed, count, steps):
    chance = random.Random(seed)
    pick = chance.choice
    nodes = [pick(KINDS)() for _ in range(count)]
    for _ in range(steps):
        change(pick, pick(nodes), nodes)
    return nodes


def mutate(seed, nodes, steps):
    chance = random.Random(seed)
    pick = chance.choice
    known = list(nodes)
    for _ in range(steps):
        if pick((False, False, True)):
            known.append(pick(KINDS)())
        change(pick, pick(known), known)
    return [pick(known), pick(known)]


def begin(arguments):
    info = CodeInfo(ModuleInfo("m", "m.py", "m.py"), "m:f", b"\0" * 16)
    info.parameters = tuple(f"x{i}" for i in range(len(arguments)))
    call = Call(info, tuple(arguments), (), 0.0, 0.0)
    fingerprint_arguments(call, b"", None)
    return info, call


def shown(nodes, result):
    return Walk().fingerprint((list(nodes), result))


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 2**32), st.integers(0, 2**32), st.integers(1, 7), st.integers(0, 12), st.integers(1, 8),
    st.integers(1, 3),
)  # fmt: skip
def test_an_equal_world_is_changed_in_the_same_way(one, two, count, steps, changes_made, arguments):
    first, second = build(one, count, steps), build(one, count, steps)
    assert shown(first, None) == shown(second, None)
    info, call = begin(first[:arguments])
    call.keep()
    found = Recording(info, call, 0, 0.0)
    reachable = {id(thing) for thing in call.objects}
    # What a call can't reach it can't change: the rest of the world is only there to see identities.
    inside = [node for node in first if id(node) in reachable]
    result = mutate(two, inside or [[]], changes_made)
    changed = changes.find(found, call)
    assert not found.reasons, found.reasons
    try:
        taken = take(result, changes.came_in(found, call), changed.states() if changed else None)
    except Refused:
        return
    record = changed.record()
    _, again = begin(second[:arguments])
    find = again.came_from()
    restored = load(taken.pickled.data, [bytearray(part) for part in taken.pickled.buffers], find)
    if changed:
        restored, states, _ = restored
        changes.put_objects([find(place) for place in record[0]], states)
    assert shown(first, result) == shown(second, restored)
