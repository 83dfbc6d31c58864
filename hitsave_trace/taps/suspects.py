"""What code mentions that no tap sees when it happens, and that a run can't repeat.

`datetime.now` is a method of a type that can't be wrapped; `h5py.File` opens files where no event is raised. The
catalogue knows such functions by name. For a call the blocks that run are looked at; for a run it is all that the functions
that were entered mention, in whatever block, at the end: too much is allowed, too little is not.

First the names of a code object are compared with the last parts of all names in the catalogue. What is left, hardly
anything as a rule, is resolved in the module's namespace as the reader of names does it.
"""

from __future__ import annotations

import sys
from opcode import opmap
from types import CodeType, ModuleType

from hitsave_trace import catalogue
from hitsave_trace.model import IMPORTED
from hitsave_trace.names import code_infos, user_modules
from hitsave_trace.probes import sites
from hitsave_trace.pythons import ATTRIBUTE_HAS_METHOD_BIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hitsave_trace.names import CodeInfo

_OF_RUNS = frozenset(("calendar", "entropy", "stdin", "process", "network", "gui", "native-io", "debugger"))
"""What speaks against a run as it does against a call. The rest is about what outlives a call, or about code that is only
known while it runs: neither matters to a whole process."""

_ALSO = frozenset((
    "signal.alarm", "signal.setitimer", "signal.pause", "signal.sigwait", "os.mkfifo", "os.mknod", "os.getpid", "os.getppid",
    "os.getlogin", "os.getloadavg", "os.fchmod", "os.fchown", "os.lchmod", "os.chroot", "os.nice", "os.register_at_fork",
    "platform.node", "getpass.getuser", "os.openpty", "pty.openpty", "os.login_tty", "_thread.start_new_thread",
    "_thread.start_joinable_thread",
))  # fmt: skip
_ALSO_UNDER = ("multiprocessing.shared_memory", "psutil", "dbm", "shelve", "keyring", "winreg")
_WINDOWS = ("tk", "qt", "gtk", "wx", "macosx", "webagg", "nbagg")
"""How the interactive backends of matplotlib are called, in part."""
_OWN_RANDOMNESS = ("tensorflow", "cupy", "mxnet", "paddle")
"""Libraries whose global generators are seeded where nobody sees it."""
_NOW = frozenset(("now", "today", "utcnow"))
_BUILTINS = sys.modules["builtins"].__dict__

_LOAD_METHOD = opmap.get("LOAD_METHOD", -1)
_LOAD_ATTR, _CALL_WITH_ALL = opmap["LOAD_ATTR"], opmap["CALL_FUNCTION_EX"]
_lasts: dict[str, list[str]] = {}
"""Last part of a name, or of the group that it stands for → the names of the catalogue."""


def _table() -> dict[str, list[str]]:
    if not _lasts:
        for name in catalogue.names():
            entry = catalogue.lookup(name)
            if entry is not None and _counts(entry) and concerns_runs(entry):
                stem = name.removesuffix(".*")
                _lasts.setdefault(stem.rpartition(".")[2], []).append(name)
    return _lasts


def concerns_runs(entry: catalogue.Entry) -> bool:
    """Whether a function of the catalogue speaks against replaying a run."""
    name = entry.name.removesuffix(".*")
    return (
        entry.slug in _OF_RUNS or entry.slug == "clock" or name in _ALSO
        or any(name == one or name.startswith(one + ".") for one in _ALSO_UNDER)
    )  # fmt: skip


def entered(infos: Iterable[CodeInfo], *, clocks: bool) -> Iterator[tuple[str, str, str]]:
    """What the functions that ran mention: (slug, what, where). `clocks`: clocks are refused, too."""
    table = _table()
    dates: bool | None = None
    for info in infos:
        code = info.code
        if code is None:
            continue
        mentioned = set(_names(code))
        suspicious = mentioned.intersection(table)
        if not _NOW.isdisjoint(mentioned):
            if dates is None:
                dates = _know_dates()
            if dates or "datetime" in mentioned:
                yield "calendar", f"datetime.{min(mentioned & _NOW)}", _where(info)
        for entry in _found(info, suspicious, table, clocks):
            yield entry.slug, entry.what, _where(info)


def mentions(code: CodeType) -> Iterator[tuple[str, str]]:
    """What a code object without probes and all that is nested in it mention, by the last parts of names alone."""
    table = _table()
    waiting = [code]
    while waiting:
        one = waiting.pop()
        waiting += [constant for constant in one.co_consts if type(constant) is CodeType]
        words = {*one.co_names, *(text for text in one.co_consts if type(text) is str)}
        if not _NOW.isdisjoint(words):
            yield "calendar", f"{one.co_qualname} ({one.co_filename})"
        for word in words.intersection(table):
            for name in table[word]:
                entry = catalogue.lookup(name)
                if entry is not None and entry.slug != "clock" and _is_loaded(name) and word in one.co_names:
                    yield entry.slug, entry.what


def _names(code: CodeType) -> Iterator[str]:
    """The names and texts in a code object, and in those that are inlined in it: they have no probes of their own."""
    yield from code.co_names
    for constant in code.co_consts:
        if type(constant) is str:
            yield constant
        elif type(constant) is tuple:
            yield from (part for part in constant if type(part) is str)
        elif type(constant) is CodeType and id(constant) not in code_infos:
            yield from _names(constant)


def _called(code: CodeType) -> set[str]:
    """The names of methods that are called in a code object, or may be: those that are looked up to be called, and texts beside a
    `getattr`. That an object has an attribute `seed` says nothing.
    """
    found: set[str] = set()
    waiting = [code]
    while waiting:
        one = waiting.pop()
        for _, _, op, argument in sites.units(one):
            if op == _LOAD_METHOD:
                found.add(one.co_names[argument])
            elif op == _LOAD_ATTR and ATTRIBUTE_HAS_METHOD_BIT and argument & 1:
                found.add(one.co_names[argument >> 1])
            elif op == _CALL_WITH_ALL:  # for `f(*all)` a method is looked up like anything else
                found.update(one.co_names)
        asks = "getattr" in one.co_names
        for constant in one.co_consts:
            if type(constant) is CodeType and id(constant) not in code_infos:
                waiting.append(constant)
            elif asks and type(constant) is str:
                found.add(constant)
    return found


def _found(
    info: CodeInfo, suspicious: set[str], table: dict[str, list[str]], clocks: bool
) -> Iterator[catalogue.Entry]:
    """The entries of the catalogue that names of a function stand for."""
    seen: set[str] = set()
    resolved = [entry for chain in _chains(info) for entry in _along(info, chain)]
    # What is reached through a local name or an object is not in a chain: there the last part of the name decides, if
    # the library is there at all. A group is found by the name of its module, which is in a chain if it is used.
    along = {word for chain in _chains(info) if chain[0] in (info.module.globals or {}) for word in chain[1:]}
    names = _called(info.code) if info.code is not None else set()
    for word in (suspicious & names) - along:
        for name in table[word]:
            if not name.endswith(".*") and name.count(".") >= 1 and _by_object(name):
                entry = catalogue.lookup(name)
                if entry is not None:
                    resolved.append(entry)
    for entry in resolved:
        if not _counts(entry) or not concerns_runs(entry) or entry.name in seen:
            continue
        if entry.slug == "clock" and not clocks:
            continue
        if entry.slug == "gui" and entry.name.startswith(("matplotlib.", "pylab.")) and not _has_windows():
            continue
        if entry.name == "PIL.Image.Image.show":
            continue  # it starts a program, which is seen; and figures have a `show`, too
        if entry.slug == "calendar" and entry.name.rpartition(".")[2] in _NOW:
            continue  # told already
        seen.add(entry.name)
        yield entry


def _by_object(name: str) -> bool:
    """Whether a name of the catalogue is a method that programs call on an object of a library that is loaded."""
    parts = name.split(".")
    return len(parts) >= 3 and parts[-2][:1].isupper() and _is_loaded(name)


def _has_windows() -> bool:
    """Whether matplotlib could open a window: a backend is loaded that has some."""
    names = [name for name in sys.modules if name.startswith("matplotlib.backends.backend_")]
    return any(word in name.rpartition("backend_")[2] for name in names for word in _WINDOWS)


def libraries() -> Iterator[tuple[str, str]]:
    """Libraries that are loaded and speak against a run whatever is done with them: (slug, what)."""
    for name in _OWN_RANDOMNESS:
        if name in sys.modules:
            yield "entropy", name


def _counts(entry: catalogue.Entry) -> bool:
    """Whether the name alone says something."""
    return entry.mode in ("forbid", "allow")


def _is_loaded(name: str) -> bool:
    return name.partition(".")[0] in sys.modules


def _chains(info: CodeInfo) -> set[tuple[str, ...]]:
    if info.qualname == "<module>" and info.code is not None:
        return set(sites.find(info.code).all())  # of a top level only the imports are kept
    return {chain for block in info.blocks for chain in block}


def _along(info: CodeInfo, chain: tuple[str, ...]) -> Iterator[catalogue.Entry]:
    """Follow a chain of names as far as it goes, and give what the catalogue knows of each step."""
    if chain[0] == IMPORTED:
        value: object = sys.modules.get(chain[1])
        rest = chain[2:]
        yield from _entry(catalogue.lookup(chain[1] + ".*"), catalogue.lookup(chain[1]))
    elif not chain[0].isidentifier():
        return
    else:
        names = info.module.globals or {}
        value = names.get(chain[0], _BUILTINS.get(chain[0]))
        rest = chain[1:]
        if value is _BUILTINS.get(chain[0]) and value is not None:
            yield from _entry(catalogue.lookup("builtins." + chain[0]))
    for attribute in (None, *rest):
        if attribute is not None:
            if isinstance(value, ModuleType):
                yield from _entry(catalogue.lookup(f"{value.__name__}.{attribute}"))
                value = vars(value).get(attribute)
            elif isinstance(value, type):
                yield from _entry(catalogue.lookup(f"{value.__module__}.{value.__qualname__}.{attribute}"))
                return
            else:
                return
        if isinstance(value, ModuleType):
            yield from _entry(catalogue.lookup(value.__name__ + ".x"))
        elif value is not None and callable(value):
            yield from _entry(catalogue.lookup_object(value))


def _entry(*found: catalogue.Entry | None) -> Iterator[catalogue.Entry]:
    for entry in found:
        if entry is not None:
            yield entry


def _know_dates() -> bool:
    """Whether a user module holds the module `datetime`, a class of dates, or a library that has them."""
    module = sys.modules.get("datetime")
    date = getattr(module, "date", None)
    if date is None:
        return False
    for info in user_modules.values():
        for value in list((info.globals or {}).values()):
            if value is module or (isinstance(value, type) and issubclass(value, date)):
                return True
            if isinstance(value, ModuleType) and value.__name__ in ("pandas", "arrow", "pendulum", "numpy", "whenever"):
                return True
    return False


def _where(info: CodeInfo) -> str:
    return f"{info.module.relative}:{info.def_line or info.first_line}"
