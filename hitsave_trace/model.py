"""The nouns: what was read, and what it was at the time.

A *subject* names something outside of us that a call may have read: a function's code, a global, a file. A
*fingerprint* is 16 bytes taken of its canonical form. A *dependency* ties the two together, with a readable
text of the value so that a later difference can be shown to a person.
"""

from __future__ import annotations

Fingerprint = bytes
Subject = tuple[str, str]

ABSENT: Fingerprint = b"\0" * 16
"""The fingerprint of what is not there. It equals nothing else."""

CODE = "code"
BINDING = "binding"
SHAPE = "class shape"
GLOBAL = "global"
CLOSURE = "closure"
FILE = "file"
PRESENCE = "presence"
STAT = "stat"
LISTING = "listing"
ENV = "env"
ARGV = "argv"
CWD = "cwd"
TERMINAL = "terminal"
RANDOM = "random"
DISTRIBUTION = "distribution"
INTERPRETER = "interpreter"
NAMESPACE = "namespace"
LINES = "lines"
WARNED = "warned"
SETTING = "setting"
SHARING = "sharing"
FILLED = "filled"

HANDLED = "the exception that is being handled"
"""Where a call is made: a setting of its own."""
FIGURES = "pyplot's figures"
"""Those that are open where a call is made: a setting of its own."""

KINDS = (
    CODE,
    BINDING,
    SHAPE,
    GLOBAL,
    CLOSURE,
    FILE,
    PRESENCE,
    STAT,
    LISTING,
    ENV,
    ARGV,
    CWD,
    TERMINAL,
    RANDOM,
    DISTRIBUTION,
    INTERPRETER,
    NAMESPACE,
    LINES,
    WARNED,
    SETTING,
    SHARING,
    FILLED,
)
OF_ONE_CALL = frozenset((CLOSURE, SETTING, SHARING, WARNED))
"""Kinds that count for the call that read them, and not for those around it."""


Chain = tuple[str, ...]
"""A name and the attributes that are read from it: `("config", "LR")`."""
IMPORTED = ""
"""First element of a chain whose second is the absolute name of a module that the function imports."""
RELATIVE = "."
"""First element of a chain that is imported relative to the function's package: (".", level, name, attr)."""
TELLING = "?"
"""First element of a chain (TELLING, name): an attribute of whatever object, which tells of code what is no part of its
canonical form, or of classes what no name leads to."""
TELLING_ATTRIBUTES = frozenset((
    "__doc__", "__annotations__", "__code__", "__globals__", "__subclasses__", "__type_params__", "__annotate__",
    "tb_lineno", "tb_frame", "f_lineno", "f_back", "f_locals", "f_globals", "f_code", "gi_frame", "gi_code", "cr_frame",
    "co_firstlineno", "co_filename",
))  # fmt: skip
HANDLED_BEFORE = "__context__"
"""The attribute of an exception that may be the one which was being handled where the call was made."""
HARMLESS = "()"
"""Second element of a chain that names a builtin which tells no more, as it is called there, than what is seen anyway."""
FOUND = "!"
"""First element of a chain (FOUND, level, name): a module is looked for, whatever is done with it then."""


class Dependency:
    """Something that was read, and what it was when it was read first.

    `text` is the readable value (at most 300 characters) or None. `reader` is the position, in the recording's
    table of functions, of the function that read it, or -1.
    """

    __slots__ = ("fingerprint", "kind", "name", "reader", "text")

    def __init__(self, kind: str, name: str, fingerprint: Fingerprint, text: str | None, reader: int) -> None:
        self.kind = kind
        self.name = name
        self.fingerprint = fingerprint
        self.text = text
        self.reader = reader

    def __repr__(self) -> str:
        return f"Dependency({self.kind} {self.name} = {self.text or self.fingerprint.hex()[:8]})"
