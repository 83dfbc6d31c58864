"""What library functions look up for the program, where the program's own code names nothing.

`parser.parse_args()` reads `sys.argv`; `importlib.import_module(name)` gives a module of which anything may be read
afterwards; `importlib.metadata` tells which versions are installed; `pickle.load(file)` gives objects of classes that nobody
named. The first three are Python functions of libraries, reached through objects and by computed names, so they are wrapped
when their module arrives. What the command line is to other libraries shows to the engines, when a library's code runs that
mentions `argv`.
"""

from __future__ import annotations

import sys

from hitsave_trace.fingerprint.distributions import all_distributions
from hitsave_trace.names import info_of
from hitsave_trace.taps.noting import noting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hitsave_trace.taps.audit import Audit
    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.places import Places
    from hitsave_trace.taps.recorder import Recorder
    from hitsave_trace.taps.unseen import Note

    Arguments = tuple[object, ...]
    Keywords = dict[str, object]

# Methods that take the command line where they are not given arguments, by module, class and their parameter.
_PARSERS = {
    "argparse": (("ArgumentParser", "parse_known_args", "args"),),
    "optparse": (("OptionParser", "parse_args", "args"),),
    "click.core": (("BaseCommand", "main", "args"), ("Command", "main", "args")),
    "typer.core": (("TyperCommand", "main", "args"), ("TyperGroup", "main", "args")),
}
WATCHED = frozenset(_PARSERS) | {"importlib", "importlib.metadata", "importlib.util", "pkgutil", "tempfile"}


class Lookups:
    """The wrappers of one installation."""

    __slots__ = ("_known", "places", "recording")

    def __init__(self, recording: Recorder, places: Places) -> None:
        self.recording = recording
        self.places = places
        self._known: dict[str, object] = {}

    def look(self, patches: Patches) -> None:
        """Wrap the functions of modules that are loaded and have not been seen yet."""
        for name in WATCHED:
            self.imported(name, patches)

    def imported(self, name: str, patches: Patches) -> None:
        """Wrap the functions of a module, if it is loaded and has not been seen yet."""
        module = sys.modules.get(name)
        if module is None or self._known.get(name) is module:
            return
        self._known[name] = module
        if self.places.is_user_file(getattr(module, "__file__", None) or "<none>"):
            return  # the program's own module of that name
        if name == "importlib":
            patches.function(module, "import_module", self._noting(self._imported), after=True)
        elif name == "importlib.util":
            patches.function(module, "find_spec", self._noting(self._searched))
        elif name == "importlib.metadata":
            patches.function(module, "distribution", self._noting(self._distribution))
            patches.function(module, "distributions", noting(self._all_distributions, self.recording, "lookups"))
        elif name == "pkgutil":
            patches.function(module, "resolve_name", self._noting(self._resolved), after=True)
        elif name == "tempfile":
            patches.function(module, "gettempdir", noting(self._folder_asked, self.recording, "lookups"))
        for kind, method, parameter in _PARSERS.get(name, ()):
            owner = vars(module).get(kind)
            if isinstance(owner, type) and method in vars(owner):
                patches.method(owner, method, self._noting(self._parsing(parameter)))

    def _noting(self, note: Callable[[Arguments, Keywords], None]) -> Note:
        places = self.places

        def told(arguments: Arguments, keywords: Keywords, frame: FrameType) -> None:
            if not places.in_library_import(frame):
                note(arguments, keywords)

        return noting(told, self.recording, "lookups")

    def _parsing(self, parameter: str) -> Callable[[Arguments, Keywords], None]:
        def note(arguments: Arguments, keywords: Keywords) -> None:
            given = arguments[1] if len(arguments) > 1 else keywords.get(parameter)
            if given is None:
                self.recording.command_line()

        return note

    def _searched(self, arguments: Arguments, keywords: Keywords) -> None:
        name = _absolute(arguments, keywords)
        if name is not None:
            self.recording.module_searched(name)

    def _imported(self, arguments: Arguments, keywords: Keywords) -> None:
        name = _absolute(arguments, keywords)
        if name is not None:
            self.recording.module_given(name)

    def _distribution(self, arguments: Arguments, keywords: Keywords) -> None:
        name = arguments[0] if arguments else keywords.get("distribution_name")
        if isinstance(name, str):
            self.recording.distribution_asked(name)

    def _all_distributions(self, _arguments: Arguments, _keywords: Keywords, frame: FrameType | None) -> None:
        """The program asks for all that is installed, as for entry points; a library that does so finds what it needs."""
        while frame is not None and str(frame.f_globals.get("__name__")).startswith("importlib.metadata"):
            frame = frame.f_back
        if frame is not None and info_of(frame.f_code) is not None:
            for name in all_distributions():
                self.recording.distribution_asked(name)

    def _folder_asked(self, _arguments: Arguments, _keywords: Keywords, frame: FrameType) -> None:
        """The program asks for the folder of temporary files, which the library has found out once."""
        if info_of(frame.f_code) is not None:
            for name in ("TMPDIR", "TEMP", "TMP"):
                self.recording.environment(name)

    def _resolved(self, arguments: Arguments, keywords: Keywords) -> None:
        name = arguments[0] if arguments else keywords.get("name")
        if isinstance(name, str):
            found = name.partition(":")[0]
            while found and found not in sys.modules:
                found = found.rpartition(".")[0]
            self.recording.module_given(found)


def _absolute(arguments: Arguments, keywords: Keywords) -> str | None:
    """Give the full name of the module that a call with `name` and `package` is about."""
    name = arguments[0] if arguments else keywords.get("name")
    package = arguments[1] if len(arguments) > 1 else keywords.get("package")
    if not isinstance(name, str):
        return None
    level = len(name) - len(name.lstrip("."))
    if level and isinstance(package, str):
        base = package.split(".")
        return ".".join([*base[: len(base) - level + 1], *filter(None, [name[level:]])])
    return name


def class_found(audit: Audit, arguments: Arguments, frame: FrameType) -> None:
    """Handle the event `pickle.find_class`: a pickle is being read, and names a class or function."""
    module, name = arguments[0], arguments[1]
    if isinstance(module, str) and isinstance(name, str) and not audit.places.in_library_import(frame):
        audit.recording.class_found(module, name)
