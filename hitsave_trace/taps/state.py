"""The states of the process-wide random generators: read cheaply, kept, and set again.

A recording compares these states at its opening, its close and at each reseeding, so reading one must cost next to
nothing. `random.getstate()` makes 625 ints; the 2,500 bytes themselves lie in the generator object, and are
fingerprinted where they lie. Where exactly is never assumed: a reader of raw memory is used only once it has been
shown, in this process, on a generator of our own, to follow what the public functions say. If it does not, the
public functions are used: slower, and just as right.

The normal deviate that both generators keep for the next call of `gauss` is part of the state.
"""

from __future__ import annotations

import sys
from array import array
from ctypes import c_char, c_double, c_int, c_void_p

import xxhash

from hitsave_trace.taps.quiet import quiet
from hitsave_trace.taps.unseen import StandIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    Fingerprint = bytes
    Reader = Callable[[], Fingerprint]

_digest = xxhash.xxh3_128_digest
_WORDS = 624
_BYTES = 4 * _WORDS
_HEAD = object.__basicsize__

_readers: dict[str, tuple[object, Reader]] = {}
"""Generator → the object that its reader was made for, and the reader."""


def random_states() -> dict[str, Fingerprint]:
    """Fingerprint the state of each global generator that is loaded: `random`, `numpy.random`, `torch`."""
    states = {}
    modules = sys.modules
    module = modules.get("random")
    if module is not None:
        shared = getattr(module, "_inst", None)
        if shared is not None:
            states["random"] = _read("random", shared, _random_reader)
    module = modules.get("numpy.random.mtrand")
    if module is not None:
        shared = getattr(module, "_rand", None)
        if shared is not None:
            states["numpy.random"] = _read("numpy.random", shared._bit_generator, _numpy_reader)
    module = modules.get("torch")
    if module is not None and hasattr(module, "get_rng_state"):
        states["torch"] = _digest(_torch_bytes(module))
    return states


def _read(name: str, shared: object, make: Callable[[], Reader]) -> Fingerprint:
    known = _readers.get(name)
    if known is None or known[0] is not shared:
        with quiet:
            known = _readers[name] = (shared, make())
    return known[1]()


def _plain(module: object, name: str) -> Callable[..., object]:
    """Give a function of a module without its tap: what we ask is not the program's asking."""
    function = getattr(module, name)
    return function.__wrapped__ if type(function) is StandIn else function


# random


def _random_block(generator: object) -> object:
    """Give the memory of a `random.Random`: its position, then its 624 words, right behind the object's head."""
    return (c_char * (_BYTES + 4)).from_address(id(generator) + _HEAD)


def _random_matches(generator: object, block: object) -> bool:
    numbers = array("I", bytes(block))  # type: ignore[call-overload]
    words: tuple[int, ...] = generator.getstate()[1]  # type: ignore[attr-defined]
    return (*numbers[1:], numbers[0]) == words


def _random_reader() -> Reader:
    module = sys.modules["random"]
    shared = module._inst
    trial = module.Random(20)
    follows = array("I").itemsize == 4 and type(shared).__basicsize__ >= _HEAD + _BYTES + 4
    if follows:
        block = _random_block(trial)
        for _ in range(3):
            follows = follows and _random_matches(trial, block)
            trial.getrandbits(32 * 250)
        block = _random_block(shared)
        follows = follows and _random_matches(shared, block)
    if not follows:
        return lambda: _digest(repr(shared.getstate()).encode())

    def read() -> Fingerprint:
        spare = shared.gauss_next
        return _digest(block) if spare is None else _digest(bytes(block) + repr(spare).encode())  # type: ignore[arg-type, call-overload]

    return read


# numpy


def _numpy_slow(rand: object) -> Reader:
    return lambda: _digest(repr(_stable(rand.get_state(legacy=False))).encode())  # type: ignore[attr-defined]


def _stable(state: object) -> object:
    if isinstance(state, dict):
        return [(key, _stable(value)) for key, value in sorted(state.items())]
    return state.tobytes() if hasattr(state, "tobytes") else state


def _numpy_blocks(rand: object) -> tuple[object, object, object] | None:
    """Find the words and position, the flag and the spare deviate of a `RandomState`, or None if they are not where
    they were ever seen.

    The object holds a `bitgen_t`, and behind it a struct that starts with the address of that `bitgen_t`: an address
    inside of the object itself, which nothing else there is.
    """
    start = id(rand)
    size = type(rand).__basicsize__
    word = 8
    for offset in range(_HEAD, size - 2 * word, word):
        value = c_void_p.from_address(start + offset).value
        if value is not None and start < value < start + offset:
            block = (c_char * (_BYTES + 4)).from_address(rand._bit_generator.ctypes.state_address)  # type: ignore[attr-defined]
            return block, c_int.from_address(start + offset + word), c_double.from_address(start + offset + 2 * word)
    return None


def _numpy_matches(rand: object, blocks: tuple[object, object, object]) -> bool:
    block, flag, spare = blocks
    state = rand.get_state(legacy=False)  # type: ignore[attr-defined]
    raw = bytes(block)  # type: ignore[call-overload]
    if raw[:_BYTES] != state["state"]["key"].tobytes() or array("i", raw[_BYTES:])[0] != state["state"]["pos"]:
        return False
    return flag.value == state["has_gauss"] and spare.value == state["gauss"]  # type: ignore[attr-defined, no-any-return]


def _numpy_reader() -> Reader:
    module = sys.modules["numpy.random.mtrand"]
    rand = module._rand
    if type(rand._bit_generator).__name__ != "MT19937":
        return _numpy_slow(rand)
    try:
        trial = module.RandomState(20)
        blocks = _numpy_blocks(trial)
        follows = blocks is not None
        for _ in range(4):  # with and without a spare deviate
            follows = follows and blocks is not None and _numpy_matches(trial, blocks)
            trial.standard_normal(3)
        blocks = _numpy_blocks(rand)
        follows = follows and blocks is not None and _numpy_matches(rand, blocks)
    except Exception:
        follows = False
    if not follows or blocks is None:
        return _numpy_slow(rand)
    block, flag, spare = blocks

    def read() -> Fingerprint:
        if flag.value:  # type: ignore[attr-defined]
            return _digest(bytes(block) + repr(spare.value).encode())  # type: ignore[call-overload, attr-defined]
        return _digest(block)  # type: ignore[arg-type]

    return read


# torch


def _torch_bytes(module: ModuleType) -> bytes:
    state = _plain(module, "get_rng_state")().numpy().tobytes()  # type: ignore[attr-defined]
    cuda = getattr(module, "cuda", None)
    if cuda is not None and cuda.is_available() and cuda.is_initialized():
        state += b"".join(one.numpy().tobytes() for one in cuda.get_rng_state_all())
    return state  # type: ignore[no-any-return]


# keep and set


def get_state(name: str) -> object:
    """Give the state of a global generator as plain data: what `set_state` takes, and what can be kept in a store."""
    with quiet:
        if name == "random":
            version, numbers, spare = sys.modules["random"]._inst.getstate()
            return ("random", version, array("I", numbers).tobytes(), spare)
        if name == "numpy.random":
            state = sys.modules["numpy.random.mtrand"]._rand.get_state(legacy=False)
            return ("numpy.random", _packed(state))
        if name == "torch":
            return ("torch", _torch_bytes(sys.modules["torch"]))
    raise KeyError(name)


def set_state(name: str, state: tuple[object, ...]) -> None:
    """Bring a global generator to a state that `get_state` gave. Imports the library if that has to be.

    Raises ValueError if the generator is of another kind now; it is then as it was.
    """
    with quiet:
        if name == "random":
            import random

            _, version, words, spare = state
            random._inst.setstate((version, tuple(array("I", words)), spare))  # type: ignore[call-overload]
        elif name == "numpy.random":
            import numpy.random.mtrand

            numpy.random.mtrand._rand.set_state(_unpacked(state[1]))  # type: ignore[arg-type]
        elif name == "torch":
            import torch

            tensor = torch.frombuffer(bytearray(state[1]), dtype=torch.uint8).clone()  # type: ignore[call-overload]
            size = _plain(torch, "get_rng_state")().numel()  # type: ignore[attr-defined]
            _plain(torch, "set_rng_state")(tensor[:size])
            if tensor.numel() > size:
                one = (tensor.numel() - size) // torch.cuda.device_count()
                torch.cuda.set_rng_state_all([tensor[at : at + one] for at in range(size, tensor.numel(), one)])
        else:
            raise KeyError(name)


def _packed(state: object) -> object:
    """Turn numpy's dict of arrays into tuples and bytes."""
    if isinstance(state, dict):
        return ("dict", tuple([(key, _packed(value)) for key, value in state.items()]))
    if hasattr(state, "tobytes") and hasattr(state, "dtype") and getattr(state, "shape", None):
        return ("array", state.dtype.str, state.tobytes())
    if hasattr(state, "item"):
        return state.item()
    return state


def _unpacked(packed: object) -> object:
    if isinstance(packed, tuple) and packed[0] == "dict":
        return {key: _unpacked(value) for key, value in packed[1]}
    if isinstance(packed, tuple) and packed[0] == "array":
        import numpy as np

        return np.frombuffer(packed[2], dtype=packed[1]).copy()
    return packed
