"""Changes to named loggers: levels and handlers that a call sets, and that outlive it.

The root logger is compared before and after (`switches.py`). There may be hundreds of others, too many to look at,
so the methods that change them, and their handlers, are wrapped instead. Handlers that throw everything away don't count: every
library adds one to its own logger.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from hitsave_trace.in_c import getframe
from hitsave_trace.model import HANDLED
from hitsave_trace.taps.quiet import depths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.places import Places
    from hitsave_trace.taps.recorder import Recorder


class Loggers:
    """The wrappers of one installation."""

    __slots__ = ("_known", "places", "recording")

    def __init__(self, recording: Recorder, places: Places) -> None:
        self.recording = recording
        self.places = places
        self._known: object = None

    def imported(self, patches: Patches) -> None:
        """Wrap the methods, if `logging` is loaded and has not been seen yet."""
        module = sys.modules.get("logging")
        if module is None or module is self._known or not hasattr(module, "root"):
            return
        self._known = module
        for name in ("setLevel", "addHandler", "removeHandler"):
            patches.method(module.Logger, name, self._noting(name, module.root))
        for owner, name in (
            (module.Filterer, "addFilter"), (module.Filterer, "removeFilter"), (module.Handler, "setLevel"),
            (module.Handler, "setFormatter"),
        ):  # fmt: skip
            patches.method(owner, name, self._noting(name, module.root))
        patches.method(module.Logger, "isEnabledFor", self._asked)
        patches.method(module.Logger, "_log", self._logs)

    def _asked(self, _: tuple[object, ...], __: dict[str, object]) -> None:
        """A logger is asked whether it would take a record, as each of its methods does first."""
        if get_ident() in depths or not self.recording.stacks:
            return
        known = self.recording.own()
        if known is not None and "logging" in known.distributions:
            return
        if not self.places.in_library_import(getframe(1)):
            self.recording.touched("logging")  # its configuration counts (`settings`)

    def _logs(self, _: tuple[object, ...], keywords: dict[str, object]) -> None:
        """A record is made, as of `logger.exception(…)` with the exception that is being handled."""
        wanted = keywords.get("exc_info")
        if not wanted or isinstance(wanted, (BaseException, tuple)):
            return
        if get_ident() not in depths and self.recording.stacks:
            self.recording.touched(HANDLED)

    def _noting(self, name: str, root: object) -> Callable[[tuple[object, ...], dict[str, object]], None]:
        recording, places = self.recording, self.places

        def noted(arguments: tuple[object, ...], keywords: dict[str, object]) -> None:
            thread = get_ident()
            if thread in depths or not arguments or arguments[0] is root:
                return
            given = arguments[1] if len(arguments) > 1 else next(iter(keywords.values()), None)
            if type(given).__name__ == "NullHandler":
                return
            depths[thread] = 1
            try:
                logger = arguments[0]
                caller = getframe(1)
                if caller.f_code.co_name == "basicConfig" and caller.f_globals.get("__name__") == "logging":
                    return  # what it does shows in the root logger (`log_config`)
                if name == "setLevel" and getattr(logger, "level", None) == given:
                    return
                if not places.in_library_import(caller):
                    recording.forbid("switch", f"logging.getLogger({getattr(logger, 'name', '')!r}).{name}")
            finally:
                depths.pop(thread, None)

        return noted
