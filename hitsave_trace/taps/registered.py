"""What is set in the standard library by a call: registries, limits, the time zone. Not as in a fresh interpreter, it counts for
every call, since no name in the functions that depend on it says so.

Some registries can't be listed. Of handlers of encoding errors the names stand in the code that registers them.
"""

from __future__ import annotations

import codecs
import os
import sys
import time
from _abc import _get_dump  # type: ignore[import-not-found]
from abc import get_cache_token
from codecs import lookup_error
from types import CodeType, FunctionType, ModuleType

from hitsave_trace.fingerprint.registry import qualified
from hitsave_trace.fingerprint.values import OverBudget, Unfingerprintable, Walk
from hitsave_trace.names import info_of, is_user_class
from hitsave_trace.taps.noting import nothing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.taps.patches import Patches

SWITCHES = ("the recursion limit", "the limit of digits", "the timeout of sockets", "the encoding of stdout")
_RECURSION, _DIGITS = sys.getrecursionlimit(), sys.get_int_max_str_digits()
_NAMESPACES = 7
"""Prefixes that ElementTree knows by itself."""
_OF_CSV = frozenset(("excel", "excel-tab", "unix"))
_ATTRIBUTES = (
    "delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting", "skipinitialspace", "strict",
)  # fmt: skip
_LONGEST_FIELD = 131072
_LEVELS = {50: "CRITICAL", 40: "ERROR", 30: "WARNING", 20: "INFO", 10: "DEBUG", 0: "NOTSET"}
_ERRORS = frozenset((
    "strict", "ignore", "replace", "xmlcharrefreplace", "backslashreplace", "namereplace", "surrogateescape", "surrogatepass",
))  # fmt: skip
_AS_ABSTRACT = "registered as "
_ABSTRACT = ("_collections_abc", "numbers", "io", "contextlib", "os")

_handlers: dict[str, frozenset[str]] = {}
"""By user module that registers handlers of encoding errors: what may be their names."""
_fills_types: set[str] = set()
"""User modules that teach `mimetypes` types."""
_codecs: list[object] = []
"""What the program has registered to search for codecs."""
_abstract: tuple[object, tuple[object, ...]] = (None, ())


def note_code(module: str, code: CodeType) -> None:
    """Note what the code of a user module may register that can't be listed."""
    texts: set[str] = set()
    names: set[str] = set()
    waiting = [code]
    while waiting:
        one = waiting.pop()
        names.update(one.co_names)
        for constant in one.co_consts:
            if type(constant) is CodeType:
                waiting.append(constant)
            elif type(constant) is str and len(constant) < 100:
                texts.add(constant)
    _handlers.pop(module, None)
    if "register_error" in names:
        _handlers[module] = frozenset(texts - _ERRORS)
    if "add_type" in names:
        _fills_types.add(module)


def follow_codecs(patches: Patches) -> None:
    """Note from here on who searches for codecs, which can't be listed either. It is asked once for each name, by whoever comes
    first, so what it mentions counts for all. That a call registers something is known by the function's name.
    """
    _codecs.clear()
    patches.function(codecs, "register", nothing, after=True, outer=_searches)
    patches.function(codecs, "unregister", nothing, after=True, outer=_searches_no_more)


def _searches(arguments: tuple[object, ...], _: dict[str, object]) -> None:
    function = getattr(arguments[0], "__func__", arguments[0])
    if type(function) is FunctionType and info_of(function.__code__) is not None:
        _codecs.append(arguments[0])


def _searches_no_more(arguments: tuple[object, ...], _: dict[str, object]) -> None:
    if arguments[0] in _codecs:
        _codecs.remove(arguments[0])


def registered() -> list[object]:
    """All of it."""
    found: list[object] = []
    modules = sys.modules
    csv, tree, calendar = modules.get("_csv"), modules.get("xml.etree.ElementTree"), modules.get("calendar")
    if csv is not None and hasattr(csv, "list_dialects"):
        found += _dialects(csv)
    known = getattr(tree, "_namespace_map", None)
    if known is not None and len(known) != _NAMESPACES:
        found.append(("namespaces", *sorted(known.items())))
    first = getattr(getattr(calendar, "c", None), "firstweekday", 0)
    if first:
        found.append(("firstweekday", first))
    if sys.getrecursionlimit() != _RECURSION:
        found.append((SWITCHES[0], str(sys.getrecursionlimit())))
    if sys.get_int_max_str_digits() != _DIGITS:
        found.append((SWITCHES[1], str(sys.get_int_max_str_digits())))
    stream = sys.__stdout__
    if stream is not None and stream.encoding.lower() != "utf-8":
        found.append((SWITCHES[3], stream.encoding, str(stream.errors)))
    timeout = getattr(modules.get("_socket"), "getdefaulttimeout", _nothing)()
    if timeout is not None:
        found.append((SWITCHES[2], str(timeout)))
    levels = getattr(modules.get("logging"), "_levelToName", _LEVELS)
    if levels != _LEVELS:
        found.append(("levels of logging", *sorted(map(repr, levels.items()))))
    policy = getattr(modules.get("asyncio.events"), "_event_loop_policy", None)
    if policy is not None and not type(policy).__module__.startswith("asyncio"):
        found.append(("the policy of asyncio", ".".join(qualified(type(policy)))))
    found += _types(modules.get("mimetypes"))
    found += _functions()
    found += [("codecs", _form(search, deep=True)) for search in _codecs]
    found += _of_abstract()
    return found


def has_switch(one: Anything) -> bool:
    """Whether it is among what is compared before and after a call by itself."""
    return one[0] in SWITCHES or one[0].startswith(_AS_ABSTRACT)


def time_zone() -> object:
    """What local time is."""
    # It is asked for each call that is answered: past what encodes, decodes and takes note.
    variables = getattr(os.environ, "_data", None)
    zone = os.environ.get("TZ") if type(variables) is not dict else variables.get(b"TZ")
    return time.tzname, time.timezone, time.altzone, zone


def _nothing() -> None:
    return None


def _dialects(csv: ModuleType) -> list[object]:
    found: list[object] = []
    for name in csv.list_dialects():
        if name not in _OF_CSV:
            dialect = csv.get_dialect(name)
            found.append((str(name), *(getattr(dialect, one, None) for one in _ATTRIBUTES)))
    if csv.field_size_limit() != _LONGEST_FIELD:
        found.append(("field_size_limit", csv.field_size_limit()))
    return found


def _types(mimetypes: ModuleType | None) -> Iterator[object]:
    if mimetypes is not None and _fills_types and getattr(mimetypes, "inited", False):
        yield ("types of files", *(str(sorted(table.items())) for table in mimetypes._db.types_map))


def _functions() -> Iterator[object]:
    """Functions of the program that the standard library calls for certain types, or by certain names."""
    modules = sys.modules
    tables = (
        ("copyreg", getattr(modules.get("copyreg"), "dispatch_table", {})),
        ("adapters of sqlite3", getattr(modules.get("sqlite3"), "adapters", {})),
        ("converters of sqlite3", getattr(modules.get("sqlite3"), "converters", {})),
    )
    for label, table in tables:
        for key, function in list(table.items()):
            if type(function) is FunctionType and info_of(function.__code__) is not None:
                kind = key[0] if type(key) is tuple else key
                name = ".".join(qualified(kind)) if isinstance(kind, type) else str(kind)
                yield f"{label}: {name}", _form(function)
    for names in _handlers.values():
        for name in sorted(names):
            try:
                handler = lookup_error(name)
            except (LookupError, ValueError):
                continue
            yield f"handler of encoding errors {name}", _form(handler)


def _form(function: Anything, *, deep: bool = False) -> bytes | str:
    try:
        return Walk(deep=deep).fingerprint(function)
    except (Unfingerprintable, OverBudget):
        return "?"


def _of_abstract() -> tuple[object, ...]:
    """Classes of the program that were registered with abstract ones of the standard library."""
    global _abstract
    token = get_cache_token()
    if _abstract[0] == token:
        return _abstract[1]
    found: list[object] = []
    for home in _ABSTRACT:
        for name, cls in list(getattr(sys.modules.get(home), "__dict__", {}).items()):
            if isinstance(cls, type) and "_abc_impl" in cls.__dict__:
                kinds = [one() for one in _get_dump(cls)[0]]
                own = sorted(".".join(qualified(one)) for one in kinds if one is not None and is_user_class(one))
                if own:
                    found.append((_AS_ABSTRACT + name, *own))
    _abstract = token, tuple(found)
    return _abstract[1]
