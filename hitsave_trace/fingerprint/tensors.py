"""The canonical form of torch's types.

A tensor is its type, dtype, shape, strides, whether it wants a gradient, the gradient, and its elements. Only plain tensors
in the processor's memory have one: a tensor that is the outcome of a computation which is still to be differentiated holds
that computation.
"""

from __future__ import annotations

import torch

from hitsave_trace.fingerprint import arrays, hasher, objects
from hitsave_trace.fingerprint.hasher import marshalled, number, text
from hitsave_trace.fingerprint.libraries import note
from hitsave_trace.fingerprint.places import ATTRIBUTES, OPAQUE
from hitsave_trace.fingerprint.registry import WHOLE, Entry, add, by_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything, Children
    from hitsave_trace.fingerprint.values import Walk

_PLAIN_NUMBERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def _memory(tensor: Anything) -> Anything:
    """Give the elements as a numpy array of whole numbers on the same memory."""
    plain = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    return plain.view(_PLAIN_NUMBERS[plain.element_size()]).numpy()


def _tensor(walk: Walk, value: Anything) -> Children:
    if value.layout is not torch.strided or value.device.type != "cpu" or value.is_quantized or value.is_nested:
        objects.refuse(value, "its elements are not plain memory of the processor")
    if value.grad_fn is not None:
        objects.refuse(value, "it belongs to a computation that is still to be differentiated; detach() it")
    if value.is_conj() or value.is_neg() or value._backward_hooks:
        objects.refuse(value, "it holds more than elements")
    first = objects.begin(walk, hasher.TENSOR, type(value))
    plain = value.detach()
    walk.write(text(str(plain.dtype)) + marshalled((tuple(plain.shape), plain.stride(), value.requires_grad), 2))
    memory = _memory(plain)
    arrays.share_memory(walk, memory)
    # Its elements alone don't say whether it was changed: there is the gradient, too. So they are in no `walk.contents`.
    arrays.content(walk, memory)
    own = object.__getattribute__(value, "__dict__")
    held = [value.grad, *([own] if own else ())]
    return [*first, *held], (ATTRIBUTES, ["class"] * len(first) + ["grad", "__dict__"][: len(held)])


def _named(walk: Walk, value: object) -> Children:
    note(walk, "torch")
    walk.write(hasher.TENSOR + b"n" + text(type(value).__name__) + text(str(value)))
    return None


def _size(walk: Walk, value: Anything) -> Children:
    note(walk, "torch")
    walk.write(hasher.TENSOR + b"s" + number(len(value)) + marshalled(tuple(map(int, value)), 2))
    return None


def _generator(walk: Walk, value: Anything) -> Children:
    if value is torch.default_generator:
        # The subject of dependencies of its own kind, made when somebody draws from it.
        walk.write(hasher.LIBRARY + text("torch") + text("default_generator"))
        return None
    walk.write(hasher.TENSOR + b"g" + text(str(value.device)))
    return [value.get_state()], OPAQUE


by_type[torch.Tensor] = Entry(_tensor, True, WHOLE)
by_type[torch.dtype] = Entry(_named, False, WHOLE)
by_type[torch.device] = Entry(_named, False, WHOLE)
by_type[torch.layout] = Entry(_named, False, WHOLE)
by_type[torch.memory_format] = Entry(_named, False, WHOLE)
by_type[torch.Size] = Entry(_size, False, WHOLE)
add("torch._C.Generator", _generator, shared=True, reach=WHOLE)
