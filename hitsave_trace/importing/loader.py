"""The import hook: user modules get probes when their code is fetched.

Every way to a source file ends in one place: a loader, made by whichever finder, is asked for the module's code
(`SourceFileLoader.get_code`). There the code that plain Python would run is replaced by the same code with probes, if
the file is user code. So no finder is added, replaced or reordered; `sys.meta_path`, loaders, specs and the bytecode
files are plain Python's own; and finders that are put in front later (pytest's, those of type checkers), loaders that
inherit from the plain one, `spec_from_file_location`, `runpy`, `reload` and editable installs are all seen.

A finder in `sys.meta_path`, the usual way, was rejected: whoever inserts another before it, and everybody does at
position 0, takes modules away from it unseen. A function without a probe is a dependency that is missed.

The frame that stands between importlib and its own function is unseen (see `unseen`).

Left alone: archives, extension modules, bytecode without source, and loaders with an `exec_module` of their own that
takes no code from `get_code`. One of those is known, pytest's: its module gets an `exec` of ours (see `foreign`).
"""

from __future__ import annotations

import builtins
import os
import sys
from _frozen_importlib_external import SourceFileLoader
from _thread import get_ident
from types import CodeType

from hitsave_trace.around import around
from hitsave_trace.fingerprint import owners
from hitsave_trace.importing import collector
from hitsave_trace.importing.unseen import unseen
from hitsave_trace.in_c import getframe
from hitsave_trace.names import ModuleInfo, Source, keep_originals, let_go, user_modules
from hitsave_trace.recording import busy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.importing.compiled import Templates
    from hitsave_trace.scope import Scope

    Rewrite = Callable[[CodeType, str], bytes]
    Load = Callable[[bytes, ModuleInfo, CodeType], CodeType]

_plain_get_code = SourceFileLoader.get_code

# Modules that compile and execute user code themselves, with the builtin `exec` and no other help.
FOREIGN = frozenset({"_pytest.assertion.rewrite"})


class Loaded:
    """One loading of a user module: what ran, and whether it has probes."""

    __slots__ = ("filename", "module", "source", "why_not")

    def __init__(self, module: str, filename: str, source: bytes | None, why_not: str | None) -> None:
        self.module = module
        self.filename = filename
        self.source = source
        self.why_not = why_not

    def __repr__(self) -> str:
        return f"<Loaded {self.module} from {self.filename}>"


class Hook:
    """The import hook of one process. `rewrite` and `load` are those of `probes.rewrite`."""

    __slots__ = ("_load", "_rewrite", "loaded", "main", "on_load", "scope", "templates")

    def __init__(self, scope: Scope, templates: Templates, rewrite: Rewrite, load: Load) -> None:
        self.scope = scope
        self.templates = templates
        self._rewrite = rewrite
        self._load = load
        self.loaded: list[Loaded] = []
        # Called with each Loaded, before the module's first line runs.
        self.on_load: Callable[[Loaded], None] | None = None
        # True while `runpy` is about to ask for the code of the module that it runs as `__main__`.
        self.main = False

    def install(self) -> None:
        """Give probes to every user module that is loaded from now on, in this process and its forks."""
        global active
        active = self
        SourceFileLoader.get_code = _get_code  # type: ignore[method-assign]

    def uninstall(self) -> None:
        """Put back exactly what was there. Modules that have probes keep them."""
        global active
        if active is self:
            active = None
            if SourceFileLoader.__dict__.get("get_code") is _get_code:
                del SourceFileLoader.get_code
            # Who holds a module's namespace delays the end of its objects.
            let_go()

    def dress(self, code: CodeType, module: str, filename: str, namespace: dict[str, object] | None) -> CodeType:
        """The code to run in place of `code`: itself, or with probes if its file is user code.

        It never raises. A module that can't be given probes runs without; that is noted in `loaded`, because nothing
        that its functions do will be seen.
        """
        source: bytes | None = None
        thread = get_ident()
        ours = thread not in busy
        busy.add(thread)
        try:
            if not self.scope.decide(filename)[0]:
                return code
            source = self._source(filename)
            if source is not None:
                collector.tell(source)
                if b"cache_info" in source or b"cache_clear" in source:
                    around.caches_told = True
                if b"getsizeof" in source:
                    around.sizes_told = True
                owners.tell(source)
                if b"clear_flags" in source or (b"decimal" in source and b"flags" in source):
                    around.flags_told = True
            key = self.templates.key(code, module)
            template = self.templates.get(key)
            if template is None:
                template = self._rewrite(code, module)
                self.templates.put(key, template)
            dressed = self._load(template, self._info(module, filename, namespace, Source(source or b"")), code)
            keep_originals(dressed, code)
        except RecursionError:
            # The program is near its limit: plain Python would have gone on (or failed) here.
            self._note(Loaded(module, filename, source, "the stack is too deep here"))
            return code
        except Exception as error:
            self._note(Loaded(module, filename, source, f"{type(error).__name__}: {error}"))
            return code
        else:
            self._note(Loaded(module, filename, source, None))
            return dressed
        finally:
            if ours:
                busy.discard(thread)

    def _note(self, loaded: Loaded) -> None:
        self.loaded.append(loaded)
        if self.on_load is not None:
            try:
                self.on_load(loaded)
            except Exception:
                self.on_load = None

    def _source(self, filename: str) -> bytes | None:
        try:
            with open(filename, "rb") as file:
                return file.read()
        except OSError:
            return None

    def _info(self, module: str, filename: str, namespace: dict[str, object] | None, source: Source) -> ModuleInfo:
        info = user_modules.get(module)
        if info is None or info.filename != filename:
            info = user_modules[module] = ModuleInfo(module, filename, relative(filename, self.scope.project))
        else:
            # Loaded again: the names of the code that stood there before belong to the new code now.
            info.codes = []
            info.fingerprints = {}
        info.globals, info.source = namespace, source
        return info


active: Hook | None = None


def relative(filename: str, project: str) -> str:
    """The name of a user file in records: relative to the project folder when it is inside, with `/`."""
    path = os.path.abspath(filename)
    heads = _heads.get(project)
    if heads is None:
        heads = _heads[project] = [folder.rstrip(os.sep) + os.sep for folder in (project, os.path.realpath(project))]
    for head in heads:
        if path.startswith(head):
            return path[len(head) :].replace(os.sep, "/")
    return path


_heads: dict[str, list[str]] = {}
"""By project folder: how the paths of its files begin, as it is called and as it is found."""


def _dress_module(loader: SourceFileLoader, name: str, code: CodeType | None, by_runpy: bool) -> CodeType | None:
    hook = active
    if hook is None or type(code) is not CodeType:
        return code
    if by_runpy and hook.main:
        hook.main = False
        name = "__main__"
    module = sys.modules.get(name)
    if name in FOREIGN and module is not None:
        module.__dict__["exec"] = _exec
        return code
    namespace = module.__dict__ if module is not None and _is_for(module, loader, name) else None
    return hook.dress(code, name, loader.path, namespace)


def _is_for(module: object, loader: object, name: str) -> bool:
    return name == "__main__" or getattr(getattr(module, "__spec__", None), "loader", None) is loader


@unseen
def _get_code(self, fullname):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    code = _plain_get_code(self, fullname)
    return _dress_module(self, fullname, code, getframe(1).f_globals.get("__name__") == "runpy")


_get_code.__name__ = "get_code"
_get_code.__qualname__ = _plain_get_code.__qualname__
_get_code.__doc__ = _plain_get_code.__doc__
_get_code.__module__ = _plain_get_code.__module__


def _dress_foreign(code: object, namespace: dict[str, object]) -> object:
    hook = active
    if hook is None or type(code) is not CodeType:
        return code
    name = namespace.get("__name__")
    return hook.dress(code, name, code.co_filename, namespace) if isinstance(name, str) else code


@unseen
def _exec(code, namespace):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Stand for `exec` in a module that executes user code by itself."""
    builtins.exec(_dress_foreign(code, namespace), namespace)  # type: ignore[arg-type]  # noqa: S102
