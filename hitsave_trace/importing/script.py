"""What runs as `__main__`, prepared as plain Python would.

First `find`: is there such a script, and does it compile? What plain Python would refuse raises NotRunnable, and the
caller lets plain Python itself say what is wrong. Then `ready`: the process (`sys.argv`, `sys.path`, the attributes of
`__main__`) is set up as under `python SCRIPT` or `python -m MODULE`, and what is left to do is one call of `run`, with
nothing below it on the stack that could be seen.
"""

from __future__ import annotations

import marshal
import os
import sys
from _frozen_importlib import BuiltinImporter
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader, SourcelessFileLoader
from types import CodeType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.importing.loader import Hook


class NotRunnable(Exception):
    """Plain Python has something to say about this program that only it can say."""


class Found:
    """A program before the process is set up for it."""

    __slots__ = ("code", "full", "loader", "module", "path")

    def __init__(
        self, path: str, full: str, code: CodeType | None = None, loader: type | None = None, module: str | None = None
    ) -> None:
        self.path = path  # as the user wrote it
        self.full = full  # absolute; the working directory for -m
        self.code = code  # None: runpy will find it
        self.loader = loader
        self.module = module


class Program:
    """A program that is ready to run: `run(*arguments)` runs it."""

    __slots__ = ("arguments", "run")

    def __init__(self, run: Callable[..., object], *arguments: object) -> None:
        self.run = run
        self.arguments = arguments


def find(path: str) -> Found:
    """`python path`: a source file, a bytecode file, a folder or an archive."""
    full = absolute(path)
    if _is_importable(full):
        return Found(path, full)
    try:
        with open(full, "rb") as file:
            data = file.read()
    except OSError as error:
        raise NotRunnable from error
    if full.endswith(".pyc") or data[:2] == MAGIC_NUMBER[:2]:
        return Found(path, full, _bytecode(data), SourcelessFileLoader)
    return Found(path, full, _compile(data, full), SourceFileLoader)


def find_module(name: str) -> Found:
    """`python -m name`. It is searched for when it is run: the search itself imports packages."""
    try:
        return Found(name, os.getcwd(), module=name)
    except OSError as error:
        raise NotRunnable from error


def ready(found: Found, arguments: list[str], hook: Hook | None) -> Program:
    """Set the process up for the program. Only its first line is left to run."""
    main = sys.modules["__main__"]
    # runpy replaces the first argument by the file of the module.
    sys.argv[:] = [found.path if found.module is None else "-m", *arguments]
    if found.code is not None and found.loader is not None:
        main.__dict__["__file__"] = found.full
        main.__dict__["__cached__"] = None
        main.__dict__["__loader__"] = found.loader("__main__", found.full)
        _put_first(os.path.dirname(os.path.realpath(found.full)))
        code = found.code
        if hook is not None and found.loader is SourceFileLoader:
            code = hook.dress(code, "__main__", found.full, main.__dict__)
        return Program(exec, code, main.__dict__)
    _bare(main)
    from runpy import _run_module_as_main  # type: ignore[attr-defined]

    if hook is not None:
        hook.main = True
    if found.module is not None:
        _put_first(found.full)
        return Program(_run_module_as_main, found.module, True)
    sys.path.insert(0, found.full)  # also in isolated mode: the program itself is in there
    return Program(_run_module_as_main, "__main__", False)


def absolute(path: str) -> str:
    """The absolute path as plain Python makes it: joined and not normalised, a leading `./` stays."""
    return os.path.join(os.getcwd(), path)


def _compile(data: bytes, full: str) -> CodeType:
    stderr, held = sys.stderr, _Held()
    sys.stderr = held
    try:
        code = compile(data, full, "exec", 0, dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise NotRunnable from error
    finally:
        sys.stderr = stderr
    # Warnings of the compiler: only now is it certain that plain Python will not be asked to compile it again.
    if held.parts and stderr is not None:
        stderr.write("".join(held.parts))
        stderr.flush()
    return code


class _Held:
    """A stderr that keeps what is written."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def write(self, text: str) -> int:
        self.parts.append(text)
        return len(text)

    def flush(self) -> None:
        pass


def _bytecode(data: bytes) -> CodeType:
    if data[:4] != MAGIC_NUMBER:
        raise NotRunnable
    try:
        code = marshal.loads(data[16:])
    except (ValueError, EOFError, TypeError) as error:
        raise NotRunnable from error
    if type(code) is not CodeType:
        raise NotRunnable
    return code


def _is_importable(path: str) -> bool:
    # As the interpreter's own start: does a path hook take it? A plain file is refused by all of them.
    for hook in sys.path_hooks:
        try:
            hook(path)
        except ImportError:
            continue
        return True
    return False


def _put_first(folder: str) -> None:
    if not sys.flags.safe_path:
        sys.path.insert(0, folder)


def _bare(main: ModuleType) -> None:
    # As it is before runpy fills it.
    for name in ("__file__", "__cached__"):
        main.__dict__.pop(name, None)
    main.__dict__["__loader__"] = BuiltinImporter
