"""Which name a live object of the user's code goes by, and which object a name means now.

A leaf module: everything that observes or fingerprints asks here whether a function, class or module is user code.
The import hook fills the tables when it loads a module, before the first line of the module runs.
"""

from __future__ import annotations

import sys
from ctypes import c_void_p, sizeof
from types import CodeType, FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_BETWEEN_BLOCKS = 2 * sizeof(c_void_p)
"""Bytes from the slot of a block to that of the next: its number stands in between."""

STATEMENT_KEPT = 20_000
"""Bytes of the text of a statement that are kept to be shown."""


class Source:
    """The text of one loading of a user module; its lines are only told apart if somebody asks."""

    __slots__ = ("_lines", "_text")

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._lines: list[bytes] | None = None

    @property
    def lines(self) -> list[bytes]:
        """Its lines, without their ends."""
        if self._lines is None:
            self._lines = self._text.splitlines()
        return self._lines


NO_SOURCE = Source(b"")


class ModuleInfo:
    """One user module that the import hook has loaded."""

    __slots__ = ("codes", "filename", "fingerprints", "globals", "loads", "name", "relative", "source")

    def __init__(self, name: str, filename: str, relative: str) -> None:
        self.name = name
        self.filename = filename
        self.relative = relative
        self.globals: dict[str, object] | None = None
        self.codes: list[CodeInfo] = []
        self.fingerprints: dict[str, bytes] = {}
        self.loads = 0
        self.source = NO_SOURCE  # of the loading that is going on, or was the last


class CodeInfo:
    """One code object of user code that has a probe: its name, its fingerprint and the state of its probe."""

    __slots__ = (
        "block_cells",
        "blocks",
        "blocks_at",
        "candidate",
        "captured",
        "cells_left",
        "code",
        "entered",
        "def_line",
        "entry_at",
        "entry_cell",
        "exit_at",
        "exit_cell",
        "filename",
        "fingerprint",
        "first_line",
        "flags",
        "has_body",
        "kept",
        "last_line",
        "module",
        "name",
        "opened",
        "original",
        "parameters",
        "policy",
        "qualname",
        "recordable",
        "returns",
        "seen",
        "shape",
        "source",
        "watches",
        "writes",
    )

    def __init__(self, module: ModuleInfo, name: str, fingerprint: bytes) -> None:
        self.module = module
        self.name = name
        self.fingerprint = fingerprint
        self.qualname = name.partition(":")[2]
        self.filename = module.filename
        self.source = module.source
        self.first_line = 0
        self.last_line = 0
        self.flags = 0
        self.code: CodeType | None = None
        self.original: CodeType | None = None  # what it was before it got its probe
        self.parameters: tuple[str, ...] = ()
        self.captured: tuple[str, ...] = ()
        self.blocks: tuple[tuple[tuple[str, ...], ...], ...] = ()
        self.writes: tuple[str, ...] = ()
        # Addresses of its slots, 0 if it has none; see `__getattr__`.
        self.entry_at = self.exit_at = self.blocks_at = 0
        self.cells_left = 0
        self.has_body = False
        self.recordable = False
        self.candidate = False
        self.entered = False
        self.opened = 0
        self.returns = 0
        self.seen = False
        self.shape = b""  # of a call of a library: in which way its arguments are passed
        self.watches = False  # its observed body looks at receivers, and must run whenever something is recorded
        self.policy: object = None
        self.kept = -1  # if its results are kept: how often one still looks whether they can be changed

    is_statement = False

    def_line: int  # first_line is that of the first decorator
    entry_cell: c_void_p
    exit_cell: c_void_p | None
    block_cells: tuple[c_void_p, ...]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Make what most functions never need, or no more than one of: a program may have thousands."""
            if name == "def_line":
                self.def_line = def_line(self.source.lines, self.first_line)
                return self.def_line
            if name == "block_cells":
                count = len(self.blocks) - 1 if self.blocks_at else 0
                cells = tuple(c_void_p.from_address(self.blocks_at + i * _BETWEEN_BLOCKS) for i in range(count))
                self.block_cells = cells
                return cells
            if name not in ("entry_cell", "exit_cell"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
            address = self.entry_at if name == "entry_cell" else self.exit_at
            cell = c_void_p.from_address(address) if address else None
            setattr(self, name, cell)
            return cell

    @property
    def shown(self) -> str:
        """What it is called when it is shown to people."""
        return self.name

    def __repr__(self) -> str:
        return f"<CodeInfo {self.name}>"

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        # Function objects that are pickled by value (cloudpickle) carry their constants, and so this.
        return travelled, (self.module.name, self.name)


class StatementInfo(CodeInfo):
    """A statement at the top level of a module. It is known by what it does: its name says nothing of where it stands."""

    __slots__ = ("binds", "callees", "sure")

    is_statement = True

    def __init__(self, module: ModuleInfo, fingerprint: bytes) -> None:
        super().__init__(module, statement_name(module.name, fingerprint), fingerprint)
        self.recordable = True
        self.has_body = True  # it tells when it ends
        self.callees: tuple[str, ...] = ()  # names of what it calls, if it does nothing else
        self.binds: tuple[str, ...] = ()  # names that it may bind itself
        self.sure: tuple[str, ...] = ()  # those of them that it binds for certain

    @property
    def text(self) -> str:
        """Its lines, as far as they are kept to be shown."""
        lines = self.source.lines[self.first_line - 1 : self.last_line]
        return b"\n".join(lines)[:STATEMENT_KEPT].decode("utf-8", "replace")

    @property
    def shown(self) -> str:
        """Its lines in the present source."""
        lines = f"{self.first_line}" if self.first_line == self.last_line else f"{self.first_line}–{self.last_line}"
        return f"{self.module.name}:line {lines}"


def def_line(lines: list[bytes], first: int) -> int:
    """Give the line of the `def` of a function that begins at `first` with its decorators."""
    if not 0 < first <= len(lines) or not lines[first - 1].lstrip().startswith(b"@"):
        return first
    for number in range(first, min(first + 100, len(lines)) + 1):
        if lines[number - 1].lstrip().startswith((b"def ", b"async ", b"class ")):
            return number
    return first


def statement_name(module: str, fingerprint: bytes) -> str:
    """The subject name of a statement."""
    return f"{module}:<statement {fingerprint.hex()[:16]}>"


def shown(name: str) -> str:
    """What a function or statement of the present sources is called when it is shown to people."""
    info = by_name.get(name)
    if info is not None:
        return info.shown
    return name.partition(":")[0] + ":a statement" if ":<statement " in name else name


def travelled(module: str, name: str) -> CodeInfo:
    """Stand for the probe of a function that came from another process by value."""
    known = by_name.get(name)
    if known is not None:
        return known
    return CodeInfo(ModuleInfo(module, "", ""), name, b"")


code_infos: dict[int, CodeInfo] = {}
by_name: dict[str, CodeInfo] = {}
user_modules: dict[str, ModuleInfo] = {}
finalisers: list[str] = []
"""The methods `__del__` of the program."""
weak_users: list[str] = []
"""What of the program names weak references, by which it can ask whether something is still there."""
_WEAKLY = frozenset(("weakref", "_weakref"))


def let_go() -> None:
    """Hold nothing of the program any more but its code."""
    for module in user_modules.values():
        module.globals = None


def register(info: CodeInfo, code: CodeType) -> None:
    """Remember `code` as the probed code of `info`; the table keeps the code alive, so its id stays its own."""
    info.code = code
    code_infos[id(code)] = info
    by_name[info.name] = info
    info.module.codes.append(info)
    info.module.fingerprints[info.name] = info.fingerprint
    if info.qualname.endswith(".__del__"):
        finalisers.append(info.name)
    if _WEAKLY.intersection(code.co_names):
        weak_users.append(info.name)


def register_statement(info: StatementInfo, code: CodeType) -> None:
    """Remember a statement of a module whose code is `code`. Of equal ones the last goes by the name."""
    info.code = code
    by_name[info.name] = info
    info.module.codes.append(info)
    info.module.fingerprints[info.name] = info.fingerprint


def info_of(code: CodeType) -> CodeInfo | None:
    """Find the probe of a code object, or None when it is not probed user code."""
    return code_infos.get(id(code))


def function_name(function: FunctionType) -> str | None:
    """Name a probed user function, else None."""
    info = code_infos.get(id(function.__code__))
    return None if info is None else info.name


def parameters(code: CodeType) -> tuple[str, ...]:
    """Name what a function is given: the first of its local variables."""
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x4) + bool(code.co_flags & 0x8)
    return code.co_varnames[:count]


INLINE = frozenset(("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"))
"""Code objects that run where they stand: their reads are their parent's, and they need no probe."""


def is_inline(code: CodeType) -> bool:
    """Whether `code` always runs as a part of the function around it: comprehensions, class bodies, type scopes."""
    return code.co_name in INLINE or not code.co_flags & 0x1 or code.co_name.startswith("<generic")


def parts(code: CodeType) -> Iterator[tuple[CodeType, str]]:
    """Give a code object and all that is nested in it, each with the qualified name of the function as a part of which it runs."""
    waiting = [(code, code.co_qualname)]
    while waiting:
        one, where = waiting.pop()
        inner = [item for item in one.co_consts if type(item) is CodeType]
        waiting += [(item, where if is_inline(item) else item.co_qualname) for item in inner]
        yield one, where


def is_user_class(cls: type) -> bool:
    """Whether a class was made by user code."""
    return getattr(cls, "__module__", None) in user_modules


def class_name(cls: type) -> str | None:
    """Name a class of user code `module:qualname`, else None."""
    module = getattr(cls, "__module__", None)
    if module in user_modules:
        return f"{module}:{cls.__qualname__}"
    return None


def is_user_module(module: ModuleType) -> bool:
    """Whether a module object is user code that the import hook loaded."""
    name = getattr(module, "__name__", None)
    return name in user_modules and sys.modules.get(name) is module


def is_another(module: ModuleType) -> bool:
    """Whether a module goes by the name of user code, and is not what that name leads to: it was put aside, or made up."""
    name = getattr(module, "__name__", None)
    return name in user_modules and sys.modules.get(name) is not module


def resolve_function(info: CodeInfo) -> FunctionType | None:
    """Find the function object that has a probed code object, by its name; decorators that keep `__wrapped__` are
    looked through.
    """
    value: object = sys.modules.get(info.module.name)
    for part in info.qualname.partition("#")[0].split("."):
        try:
            value = vars(value)[part]
        except (KeyError, TypeError):
            return None
    for _ in range(20):
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        if isinstance(value, FunctionType) and value.__code__ is info.code:
            return value
        value = getattr(value, "__wrapped__", None) if hasattr(value, "__dict__") else None
    return None


def resolve_class(name: str) -> type | None:
    """Find the class that `module:Outer.Inner` means now, or None."""
    module, _, qualname = name.partition(":")
    value: object = sys.modules.get(module)
    if value is None:
        return None
    for part in qualname.split("."):
        if part == "<locals>":
            return None
        try:
            value = vars(value)[part]
        except (KeyError, TypeError):
            return None
    return value if isinstance(value, type) else None


def keep_originals(dressed: CodeType, original: CodeType) -> None:
    """Note what each code object in `dressed` was: it has the constants of the original, and then some."""
    waiting = [(dressed, original)]
    while waiting:
        one, other = waiting.pop()
        info = code_infos.get(id(one))
        if info is not None:
            info.original = other
        kind = type(other)
        waiting += [pair for pair in zip(one.co_consts, other.co_consts, strict=False) if type(pair[1]) is kind]


def original_code(code: CodeType) -> CodeType:
    """Give what a code object was before it got its probe; itself if it has none."""
    info = code_infos.get(id(code))
    return code if info is None or info.original is None else info.original


def is_at_home(info: CodeInfo, names: dict[str, object]) -> bool:
    """Whether `names` are those of the module that the code belongs to: `FunctionType(f.__code__, {…})` runs it with others,
    and a file may have been loaded twice under one name.
    """
    known = info.module.globals
    return known is None or names is known


def raised_by_program(error: BaseException) -> bool:
    """Whether an exception came out of user code that ran inside of a hook, as a signal handler does."""
    trace = error.__traceback__
    while trace is not None:
        if id(trace.tb_frame.f_code) in code_infos:
            return True
        trace = trace.tb_next
    return False
