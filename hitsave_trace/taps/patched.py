"""What the program has set in libraries: attributes of their modules and classes, and what it has registered there.

`json.JSONEncoder.item_separator = ";"` decides what `json.dumps` writes, and no name in the functions that call it says so. Which
attributes a program sets stands in its code; what they are is looked at there, in the library. The standard library's
registries that are filled by a call (`csv.register_dialect`) are looked at by themselves (`registered`).
"""

from __future__ import annotations

import sys
from types import CodeType, GetSetDescriptorType, MemberDescriptorType, ModuleType

from hitsave_trace.fingerprint.altered import altered
from hitsave_trace.fingerprint.assigned import assigned, in_module, wait
from hitsave_trace.fingerprint.describe import describe
from hitsave_trace.fingerprint.libraries import is_library, is_standard
from hitsave_trace.fingerprint.registry import qualified
from hitsave_trace.fingerprint.state import names_of
from hitsave_trace.in_hand import content
from hitsave_trace.names import user_modules
from hitsave_trace.taps import inside, registered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hitsave_trace.fingerprint.assigned import Chain
    from hitsave_trace.fingerprint.registry import Anything

    Told = tuple[str, bytes | str]
    Inside = dict[str, dict[str, bytes | str]]  # by library and name: the fingerprint

_TOLD_ELSEWHERE = frozenset(("sys", "os", "posix"))
"""Modules of which other taps know what was set."""
_OF_SYS = frozenset(("stdin", "stdout", "stderr", "path", "argv", "excepthook", "displayhook", "modules"))

_chains: dict[str, tuple[Chain, ...]] = {}
"""By user module: the dotted names that its code assigns to."""
_altered: dict[str, dict[Chain, set[str]]] = {}
"""By user module: what it changes in place, or has changed, in libraries, and in which functions."""
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
        changed = {
            chain: where
            for chain, where in altered(code).items()
            if not _told_elsewhere(chain[:2]) and not inside.is_nothing(chain)
        }
        if changed or module in _altered:
            _altered[module] = changed
            _by_library.clear()


def _told_elsewhere(chain: Chain) -> bool:
    return len(chain) == 2 and chain[0] in _TOLD_ELSEWHERE and (chain[1] in _OF_SYS or chain[0] in ("os", "posix"))


def value(library: str, held: Inside | None = None) -> tuple[Told, ...]:
    """What the program has set in a library, by its top-level module; with what it `held` when a call began, or holds now."""
    found = inside_libraries((library,)) if held is None else held
    return (*_values(_attributes(library)), *found.get(library, {}).items())


def _values(things: Iterator[tuple[str, object]]) -> tuple[Told, ...]:
    return tuple((name, content(thing)) for name, thing in things)


def described(library: str) -> str:
    """The same in words, as it is now."""
    found = {**dict(_attributes(library)), **dict(_inside(library))}
    return "\n".join(f"{name} = {describe(thing)}" for name, thing in found.items())


def _attributes(library: str | None) -> Iterator[tuple[str, object]]:
    _look()
    for name, chains in _chains.items() if _chains else ():
        module = user_modules.get(name)
        names = module.globals if module is not None else None
        for chain in chains if names is not None else ():
            found = _set(names, chain)  # type: ignore[arg-type]
            if found is not None and (library is None or found[0].partition(".")[0] == library):
                yield found


def _inside(library: str) -> Iterator[tuple[str, object]]:
    for chain in _grouped().get(library, ()):
        yield from inside.things(chain)


def _grouped() -> dict[str, dict[Chain, None]]:
    _look()
    if _altered and not _by_library:
        for chain in (chain for chains in _altered.values() for chain in chains if chain[0] not in user_modules):
            _by_library.setdefault(chain[0].partition(".")[0], {})[chain] = None
    return _by_library


def standard(held: Inside | None = None) -> tuple[object, ...]:
    """What it has set and registered in the standard library, as far as it is not as in a fresh interpreter.

    It counts for every call: which parts of it libraries use is not known. Builtins are read by their names.
    """
    set_there = (
        one for one in _attributes(None) if is_standard(home := one[0].partition(".")[0]) and home != "builtins"
    )
    found = inside_libraries(filter(is_standard, _grouped())) if held is None else held
    told = [one for name, things in found.items() if is_standard(name) for one in things.items()]
    return (*_values(set_there), *told, *registered.registered())


def inside_libraries(libraries: Iterable[str] | None = None) -> Inside:
    """What stands inside of libraries, or of these, where the program changes it, or has it changed."""
    return {
        library: dict(_values(_inside(library))) for library in list(_grouped() if libraries is None else libraries)
    }


def changed_inside(before: Inside, after: Inside, functions: Iterable[str]) -> str | None:
    """Name what of that is not as it was, if it may be the doing of `functions`: libraries fill caches themselves."""
    changed = {name for library in before.keys() | after.keys() for name in _differing(before, after, library)}
    for function in functions if changed else ():
        where = in_module(function)
        for chain, places in _altered.get(function.partition(":")[0], {}).items():
            for name, _ in inside.things(chain) if where in places else ():
                if name in changed:
                    return name
    return None


def _differing(before: Inside, after: Inside, library: str) -> list[str]:
    one, other = before.get(library, {}), after.get(library, {})
    return [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]


def everything() -> tuple[object, ...]:
    """All of it, but for what has a switch of its own."""
    return (*_values(_attributes(None)), *(one for one in registered.registered() if not registered.has_switch(one)))


def _set(names: dict[str, object], chain: Chain) -> tuple[str, object] | None:
    """What a dotted name of a user module means, if it leads into a library."""
    holder: Anything = names.get(chain[0], sys.modules.get(chain[0]))
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
        holder = names_of(holder).get(part)
    held = names_of(holder)
    if chain[-1] in held:
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
