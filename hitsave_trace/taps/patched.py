"""What the program has set in libraries: attributes of their modules and classes, and what it has registered there.

`json.JSONEncoder.item_separator = ";"` decides what `json.dumps` writes, and no name in the functions that call it says so. Which
attributes a program sets stands in its code; what they are is looked at there, in the library. The standard library's
registries that are filled by a call (`csv.register_dialect`) are looked at by themselves (`registered`).
"""

from __future__ import annotations

import sys
from types import CodeType, GetSetDescriptorType, MemberDescriptorType, ModuleType

from hitsave_trace.fingerprint.altered import altered
from hitsave_trace.fingerprint.assigned import assigned, wait
from hitsave_trace.fingerprint.describe import describe
from hitsave_trace.fingerprint.libraries import is_library, is_standard
from hitsave_trace.fingerprint.registry import qualified
from hitsave_trace.in_hand import content
from hitsave_trace.names import user_modules
from hitsave_trace.taps import altered as inside
from hitsave_trace.taps import registered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsave_trace.fingerprint.assigned import Chain

_TOLD_ELSEWHERE = frozenset(("sys", "os", "posix"))
"""Modules of which other taps know what was set."""
_OF_SYS = frozenset(("stdin", "stdout", "stderr", "path", "argv", "excepthook", "displayhook", "modules"))

_chains: dict[str, tuple[Chain, ...]] = {}
"""By user module: the dotted names that its code assigns to."""
_altered: dict[str, tuple[Chain, ...]] = {}
"""By user module: what it changes in place, or has changed, in libraries."""
_by_library: dict[str, dict[Chain, None]] = {}
"""The same by the library."""
_waiting: dict[str, CodeType] = {}
"""User modules that were not looked at yet: many programs have nothing that is recorded."""


def note_code(module: str, code: CodeType) -> None:
    """Note that a user module has this code."""
    _waiting[module] = code
    wait(_look)


def _look() -> None:
    while _waiting:
        module = next(iter(_waiting))
        code = _waiting.pop(module)
        registered.note_code(module, code)
        found = [chain for chain in assigned(code) if not _told_elsewhere(chain)]
        if found:
            _chains[module] = tuple(found)
        else:
            _chains.pop(module, None)
        chains = tuple(chain for chain in altered(code) if not _told_elsewhere(chain[:2]))
        if chains or module in _altered:
            _altered[module] = chains
            _by_library.clear()


def _told_elsewhere(chain: Chain) -> bool:
    return len(chain) == 2 and chain[0] in _TOLD_ELSEWHERE and (chain[1] in _OF_SYS or chain[0] in ("os", "posix"))


def value(library: str | None = None) -> tuple[tuple[str, bytes | str], ...]:
    """What the program has set in a library, by its top-level module."""
    return tuple((name, content(thing)) for name, thing in _things(library))


def described(library: str) -> str:
    """The same in words."""
    return ", ".join(f"{name} = {describe(thing)}" for name, thing in _things(library))


def _things(library: str | None) -> Iterator[tuple[str, object]]:
    _look()
    for name, chains in _chains.items() if _chains else ():
        module = user_modules.get(name)
        names = module.globals if module is not None else None
        for chain in chains if names is not None else ():
            found = _set(names, chain)  # type: ignore[arg-type]
            if found is not None and (library is None or found[0].partition(".")[0] == library):
                yield found
    if _altered and not _by_library:
        for chain in (chain for chains in _altered.values() for chain in chains):
            _by_library.setdefault(chain[0].partition(".")[0], {})[chain] = None
    groups = _by_library.values() if library is None else (_by_library.get(library, {}),)
    for chain in (chain for group in groups for chain in group):
        yield from inside.things(chain)


def standard() -> tuple[object, ...]:
    """What it has set and registered in the standard library, as far as it is not as in a fresh interpreter.

    It counts for every call: which parts of it libraries use is not known. Builtins are read by their names.
    """
    found = [
        (name, content(thing))
        for name, thing in _things(None)
        if is_standard(home := name.partition(".")[0]) and home != "builtins"
    ]
    return (*found, *registered.registered())


def everything() -> tuple[object, ...]:
    """All of it, but for what has a switch of its own."""
    return (*value(), *(one for one in registered.registered() if not registered.has_switch(one)))


def _set(names: dict[str, object], chain: Chain) -> tuple[str, object] | None:
    """What a dotted name of a user module means, if it leads into a library."""
    holder = names.get(chain[0], sys.modules.get(chain[0]))
    if isinstance(holder, ModuleType):
        home = holder.__name__
    elif isinstance(holder, type):
        home = qualified(holder)[0]
    elif qualified(type(holder)) == ("logging", "Logger"):
        home = "logging"
    else:
        return None
    if not is_library(home):
        return None
    for part in chain[1:-1]:
        held = getattr(holder, "__dict__", None)
        holder = held.get(part) if held is not None else None
    held = getattr(holder, "__dict__", None)
    if held is not None and chain[-1] in held:
        thing = held[chain[-1]]
    else:
        found = vars(type(holder)).get(chain[-1])  # `decimal.DefaultContext.prec`
        if not isinstance(found, (MemberDescriptorType, GetSetDescriptorType)):
            return None
        try:
            thing = found.__get__(holder)
        except AttributeError:
            return None
    return ".".join((home, *chain[1:])), thing
