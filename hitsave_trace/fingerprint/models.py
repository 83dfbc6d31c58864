"""The canonical form of what pydantic makes of a model.

A validator holds the schema of its model, in which classes are called by their addresses (`shop.Item:94502800744592`). Those count by
the order in which they appear. What a schema says for documentation alone is left out: it follows from the fields.
"""

from __future__ import annotations

from hitsave_trace.fingerprint import hasher
from hitsave_trace.fingerprint.hasher import text
from hitsave_trace.fingerprint.libraries import note
from hitsave_trace.fingerprint.places import ATTRIBUTES, SILENT
from hitsave_trace.fingerprint.registry import WHOLE, add

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything, Children
    from hitsave_trace.fingerprint.values import Walk

_REFERENCES = frozenset(("ref", "schema_ref"))
_DOCUMENTATION = "metadata"


def _schema(part: Anything, numbers: dict[str, str]) -> object:
    """Give a part of a schema as tuples, with numbers in the place of addresses."""
    kind = type(part)
    if kind is dict:
        return (
            "dict",
            *((key, _named(value, numbers) if key in _REFERENCES else _schema(value, numbers))
              for key, value in part.items() if key != _DOCUMENTATION),
        )  # fmt: skip
    if kind is list or kind is tuple:
        return (kind.__name__, *(_schema(value, numbers) for value in part))
    return part


def _named(reference: object, numbers: dict[str, str]) -> object:
    if type(reference) is not str:
        return reference
    import re  # pydantic has it

    return re.sub(r"(?<=:)\d+", lambda found: numbers.setdefault(found[0], str(len(numbers))), reference)


def _made_of_schema(walk: Walk, value: Anything) -> Children:
    """A validator or serializer: what it was made of."""
    note(walk, "pydantic_core")
    walk.write(hasher.LEAF + text(type(value).__qualname__))
    _, given = value.__reduce__()[:2]
    return [walk.made(_schema(given, {}))], SILENT


def _adapter(walk: Walk, value: Anything) -> Children:
    note(walk, "pydantic")
    walk.write(hasher.LEAF + text("TypeAdapter"))
    return [value.validator], (ATTRIBUTES, ["validator"])


def _decorator(walk: Walk, value: Anything) -> Children:
    # Which class it stands in is known by the way that led here.
    note(walk, "pydantic")
    walk.write(hasher.LEAF + text("Decorator"))
    names = ["cls_var_name", "func", "shim", "info"]
    return [getattr(value, name) for name in names], (ATTRIBUTES, names)


for _name in ("SchemaValidator", "SchemaSerializer"):
    add(f"pydantic_core._pydantic_core.{_name}", _made_of_schema, shared=False, reach=WHOLE)
add("pydantic._internal._decorators.Decorator", _decorator, shared=False, reach=WHOLE)
add("pydantic.type_adapter.TypeAdapter", _adapter, shared=False, reach=WHOLE)
