"""From the chains of names that code reads to the dependencies of a recording."""

from __future__ import annotations

import sys
from _imp import extension_suffixes
from time import thread_time
from types import FunctionType, ModuleType

from hitsave_trace import catalogue, filled
from hitsave_trace.around import argv_fingerprint, around
from hitsave_trace.classes import behind, keep_in_mind, note_class
from hitsave_trace.fingerprint.assigned import ANY, set_on_anything
from hitsave_trace.fingerprint.functions import home
from hitsave_trace.fingerprint.hasher import named
from hitsave_trace.fingerprint.libraries import is_library, is_made_up, is_of_program, is_standard
from hitsave_trace.fingerprint.shapes import comes_between
from hitsave_trace.fingerprint.state import HEAP_TYPE, IMMUTABLE_TYPE
from hitsave_trace.in_hand import note_in_hand
from hitsave_trace.model import (
    ARGV,
    BINDING,
    FIGURES,
    FOUND,
    GLOBAL,
    HANDLED,
    HANDLED_BEFORE,
    HARMLESS,
    IMPORTED,
    RELATIVE,
    TELLING,
    TELLING_ATTRIBUTES,
)
from hitsave_trace.names import code_infos, is_another, is_user_class, user_modules
from hitsave_trace.origins import origin
from hitsave_trace.recording import innermost, user_line
from hitsave_trace.sights import (
    BUILTINS,
    MISSING,
    OF_FUNCTIONS,
    builtin,
    look,
    namespace,
    see,
    sight_of_library,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.names import CodeInfo, ModuleInfo
    from hitsave_trace.recording import Recording
    from hitsave_trace.sight import Sight

_EXTENSIONS = tuple(extension_suffixes())


def observe(recording: Recording, module: ModuleInfo, chains: Sequence[tuple[str, ...]], reader: int) -> None:
    """Record what `chains` mean now in a recording, as read by the function at `reader`."""
    began = thread_time()
    try:
        for chain in chains:
            _observe(recording, module, chain, reader)
    finally:
        recording.looked += thread_time() - began


def _observe(recording: Recording, module: ModuleInfo, chain: tuple[str, ...], reader: int) -> None:
    first = chain[0]
    if first == IMPORTED:
        _observe_path(recording, chain[1], chain[2:], reader)
    elif first == RELATIVE:
        absolute = _absolute(module, int(chain[1]), chain[2])
        if absolute is not None:
            _observe_path(recording, absolute, chain[3:], reader)
    elif first == FOUND:
        absolute = chain[2] if chain[1] == "0" else _absolute(module, int(chain[1]), chain[2])
        if absolute is not None:
            recording.read(BINDING, "import " + absolute, *origin(absolute), reader)
    elif first == TELLING and chain[1] == HANDLED_BEFORE:
        recording.distributions.add(HANDLED)
    elif first == TELLING:
        slug = "dynamic-read" if chain[1] in ("__globals__", "__subclasses__") else "source-read"
        recording.forbid(slug, f"{chain[1]} of an object", user_line(3))
    else:
        _observe_names(recording, module.name, module.globals or {}, chain, reader)


def observe_import(recording: Recording, info: CodeInfo) -> None:
    """Record what the top level of a module may read while it is imported inside of a recording.

    Its values end up in its names, which are then as good as computed by the recording. What they were computed from
    is the module's code and whatever it takes from modules that were there before: all of their names, since a top
    level runs only once and is not watched read by read.
    """
    for chain in info.blocks[0]:
        name = chain[1] if chain[0] == IMPORTED else _absolute(info.module, int(chain[1]), chain[2])
        known = sys.modules.get(name or "")
        if name and isinstance(known, ModuleType) and is_of_program(known) and name not in recording.loaded:
            _note(recording, namespace(name), recording.functions.get(info.name, 0))


def observe_owner(recording: Recording, first: object, reader: int) -> None:
    """Record the class whose method has been entered with `first` as its first argument."""
    kind = type(first)
    cls = first if issubclass(kind, type) else kind
    if is_user_class(cls):  # type: ignore[arg-type]
        note_class(recording, cls, reader)  # type: ignore[arg-type]


def observe_put(recording: Recording, info: CodeInfo, first: object) -> None:
    """Record where a library's class has the function that has been entered with `first`: the program has put it there, and
    whoever calls it names an attribute of an object only (`df.summary()`), which another function may be next time.
    """
    kind = type(first)
    cls = first if issubclass(kind, type) else kind
    for base in cls.__mro__:  # type: ignore[attr-defined]
        if base.__flags__ & (HEAP_TYPE | IMMUTABLE_TYPE) != HEAP_TYPE or is_user_class(base):
            continue
        own, names = vars(base), set_on_anything()
        for name in list(own) if ANY in names else sorted(names & own.keys()):
            held: Anything = own[name]
            held = held.fget if type(held) is property else held
            held = held.__func__ if type(held) in (staticmethod, classmethod) else held
            if type(held) is FunctionType and code_infos.get(id(held.__code__)) is info:
                subject = f"{base.__module__}:{base.__qualname__}.{name}"
                _note(recording, see(BINDING, subject), recording.functions.get(info.name, 0))


def observe_clock(cls: type) -> None:
    """Record that a class is asked for something that may be the time of day."""
    date = getattr(sys.modules.get("datetime"), "date", None)
    if date is not None and date in cls.__mro__:
        for recording in innermost():
            recording.forbid("calendar", f"{cls.__module__}.{cls.__qualname__}", user_line(4))


def observe_search(recording: Recording, module: str, reader: int) -> None:
    """Record where a module is found, or that it is not."""
    recording.read(BINDING, "import " + module, *origin(module), reader)


def observe_reached(recording: Recording, module: str, name: str | None, reader: int) -> None:
    """Record that code has got hold of a module, or of what it has under a dotted name, without naming it itself."""
    known = sys.modules.get(module)
    if not isinstance(known, ModuleType):
        return
    if not is_of_program(known):
        _library_module(recording, known, module)
    elif name is None:
        _note(recording, namespace(module), reader)
    else:
        path = tuple(name.split("."))
        _note(recording, look(module, vars(known), path), reader)


def _absolute(module: ModuleInfo, level: int, name: str) -> str | None:
    package = (module.globals or {}).get("__package__") or module.name
    if not isinstance(package, str):
        return None
    parts = package.split(".")
    if level > len(parts):
        return None
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{name}" if name else base


def _observe_path(recording: Recording, module: str, attributes: tuple[str, ...], reader: int) -> None:
    """Record what is taken from an imported module.

    A module that is not loaded yet is imported by the code itself; what it holds then is as good as computed by it.
    """
    known: object = sys.modules.get(module)
    if not isinstance(known, ModuleType):
        home = type(known).__module__
        if known is not None and (is_standard(home) or not is_library(home)):
            recording.forbid("unfingerprintable-global", f"{module} (no module, but imported like one)", user_line(3))
        return
    if not is_of_program(known):
        _library_module(recording, known, module)
        if attributes:
            _library(recording, f"{module}:", known, attributes, reader)
        return
    if attributes:
        _class_of_module(recording, known, reader)
        _observe_names(recording, module, vars(known), attributes, reader)
    else:
        _note(recording, namespace(module), reader)


def _class_of_module(recording: Recording, module: ModuleType, reader: int) -> None:
    """Record the class of a module that was given one of the program: its methods look at all names of the module."""
    if type(module) is not ModuleType and is_user_class(type(module)):
        note_class(recording, type(module), reader)
        _note(recording, namespace(module.__name__), reader)


def _observe_names(
    recording: Recording, module: str, names: dict[str, object], chain: tuple[str, ...], reader: int
) -> None:
    name = chain[0]
    own = recording.names
    if own is not None and own.module == module and own.is_bound(name):
        return  # the statement has made it itself
    value = names.get(name, MISSING)
    if value is MISSING:
        value = BUILTINS.get(name, MISSING)
        if value is not MISSING:
            subject = f"{module}:{name}"
            if (BINDING, subject) not in recording.reads and (GLOBAL, subject) not in recording.reads:
                _note(recording, builtin(subject, name), reader)
                if name not in _HARMLESS_AT_TIMES:
                    _consult(recording, catalogue.lookup("builtins." + name))
                if name == "globals":
                    _note(recording, namespace(module), reader)
            if name in _HARMLESS_AT_TIMES and HARMLESS not in chain:
                _consult(recording, catalogue.lookup("builtins." + name))
            return
    if isinstance(value, ModuleType) and is_of_program(value):
        what = f"module {value.__name__}"
        recording.read(BINDING, f"{module}:{name}", named(what), what, reader)
        if len(chain) == 1:
            _note(recording, namespace(value.__name__), reader)
            return
        _class_of_module(recording, value, reader)
        _observe_names(recording, value.__name__, vars(value), chain[1:], reader)
        return
    if isinstance(value, ModuleType) and is_made_up(value):  # and only names of the program lead to it
        if len(chain) > 1:
            _note(recording, look(module, names, chain[:2]), reader)
        else:
            recording.forbid(
                "unfingerprintable-global", f"{module}:{name} (a module made by the program)", user_line(3)
            )
        return
    if isinstance(value, ModuleType):
        if is_another(value):
            _note(recording, look(module, names, chain[:1]), reader)
            return
        _library_module(recording, value, value.__name__)
        if len(chain) == 1:
            note_in_hand(recording.in_hand, value)
        _library(recording, f"{module}:{name}", value, chain[1:], reader)
        return
    path = _narrow(value, chain)
    subject_name = f"{module}:{'.'.join(path)}"
    known = recording.reads
    if (GLOBAL, subject_name) in known or (BINDING, subject_name) in known:
        return
    if type(value) is FunctionType and id(value.__code__) not in code_infos:
        _unprobed(recording, value.__qualname__, value.__code__.co_filename)
    if isinstance(value, type) and not is_user_class(value):
        note_in_hand(recording.in_hand, value)
        module_of = sys.modules.get(value.__module__)
        if module_of is not None:
            _unprobed(recording, value.__qualname__, vars(module_of).get("__file__"))
        for attribute in chain[1:2]:
            _consult(recording, catalogue.lookup(f"{value.__module__}.{value.__qualname__}.{attribute}"))
    for attribute in chain[1:2] if type(value).__module__ not in user_modules else ():
        _consult(recording, catalogue.lookup_method(value, attribute))
    if callable(value) and getattr(value, "__module__", None) not in user_modules:
        # `from os import getpid`: what the name says here is nothing, what the object is called is.
        _consult(recording, catalogue.lookup_object(value))
    if not TELLING_ATTRIBUTES.isdisjoint(chain[len(path) :]):
        recording.forbid("source-read", ".".join(chain), user_line(3))
    _note(recording, look(module, names, path), reader)


_HARMLESS_AT_TIMES = ("vars", "locals", "id")


def _library_module(recording: Recording, module: ModuleType, name: str) -> None:
    """Note that a module which is not probed is used."""
    recording.distributions.add(name.partition(".")[0])
    _unprobed(recording, name, vars(module).get("__file__"))


def _unprobed(recording: Recording, name: str, filename: object) -> None:
    """See whether something is user code without probes, such as that of an archive: nobody knows what it reads.

    Engines see such code when it runs, but not always: they have a budget.
    """
    if isinstance(filename, str) and not filename.endswith(_EXTENSIONS) and around.is_user_file(filename):
        recording.forbid("unprobed-code", f"{name} ({filename})", user_line(4))


def _narrow(value: object, chain: tuple[str, ...]) -> tuple[str, ...]:
    """How much of a chain of attributes is data that can be compared by itself.

    An attribute found in the `__dict__` of an instance whose class does nothing special on access is; everything
    else makes the object before it the subject.
    """
    path = chain[:1]
    for attribute in chain[1:]:
        kind = type(value)
        if attribute in OF_FUNCTIONS and (kind is FunctionType or isinstance(value, type)):
            return (*path, attribute)
        if isinstance(value, type) or any("__getattr__" in vars(base) for base in kind.__mro__):
            break
        held = getattr(value, "__dict__", None)
        if type(held) is not dict or attribute not in held:
            break
        if comes_between(kind, attribute) or (kind is FunctionType and _is_hung_on(held[attribute])):
            break
        value = held[attribute]
        path = (*path, attribute)
    return path


def _is_hung_on(value: object) -> bool:
    """Whether a library's decorator made a function for use with the decorated one (`render.register`): it goes by what
    that one carries, and changes it.
    """
    return type(value) is FunctionType and value.__closure__ is not None and is_library(home(value))


def _library(recording: Recording, name: str, value: object, attributes: tuple[str, ...], reader: int) -> None:
    """Record a read through a library module: what the name means, and what the catalogue knows of it."""
    for attribute in attributes:
        if isinstance(value, ModuleType):
            dotted = f"{value.__name__}.{attribute}"
            found = vars(value).get(attribute, MISSING)
        elif isinstance(value, type):
            dotted = f"{value.__module__}.{value.__qualname__}.{attribute}"
            found = MISSING  # methods and constants of library classes belong to the distribution
        else:
            _consult(recording, catalogue.lookup_method(value, attribute))
            break
        _consult(recording, catalogue.lookup(dotted))
        if dotted == "sys.argv":
            recording.read(ARGV, "", argv_fingerprint(), repr(sys.argv[1:])[:300], reader)
            return
        if found is MISSING:
            break
        value = found
        name = f"{name}.{attribute}" if not name.endswith(":") else name + attribute
    subject = (BINDING, name)
    if subject in recording.reads or (GLOBAL, name) in recording.reads:
        return
    if isinstance(value, type):
        note_in_hand(recording.in_hand, value)
    _note(recording, sight_of_library(name, value), reader)


def _consult(recording: Recording, entry: catalogue.Entry | None) -> None:
    """See what is known of a library function by its name: some can't be repeated, and no tap sees them."""
    if entry is None or entry.mode == "watched":
        return
    if entry.mode == "handled":
        recording.distributions.add(HANDLED)
        return
    if entry.mode == "allow" and not (entry.slug == "clock" and around.clocks_refused):
        return
    if entry.mode in ("state", "figures"):
        if entry.mode == "figures" or around.in_use(entry.name):
            recording.distributions.add(FIGURES)  # unsaved, unless it has made what there is itself
        return
    recording.forbid(entry.slug, entry.what, user_line(3))


def _note(recording: Recording, sight: Sight, reader: int) -> None:
    if sight.fingerprint is None:
        recording.forbid("unfingerprintable-global", sight.text or sight.name, user_line(3))
        return
    subject = (sight.kind, sight.name)
    if subject in recording.reads:
        return
    recording.read(sight.kind, sight.name, sight.fingerprint, sight.text, reader)
    if subject not in recording.reads:
        return
    recording.distributions.update(sight.distributions)
    sight.keep()
    recording.watched[subject] = sight
    for cls in sight.classes:
        note_class(recording, cls, reader)
    for thing in sight.in_hand:
        note_in_hand(recording.in_hand, thing)
    if sight.caches:
        filled.come_across(recording, filled.name_of(*subject), sight.caches, reader, user_line(3))
    if sight.kept_results:
        keep_in_mind(recording, sight.kept_results)
        for info, above in behind(sight.kept_results):
            caller = recording.functions.get(above.name, reader) if above is not None else reader
            recording.enter(info, caller, 0)
