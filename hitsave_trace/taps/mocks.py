"""Whether a part of a library gives way to something of the program's for a while: `unittest.mock.patch`, pytest's `monkeypatch`.

No name in the functions that use the library leads to what was put there, a method of one of its classes say, and the program asks it
afterwards how often it was called. So no call is asked about as long as it is there. What is put in the place of
something of the program's own is seen as any other global.
"""

from __future__ import annotations

import sys
from types import ModuleType

from hitsave_trace import mocked
from hitsave_trace.fingerprint.libraries import is_of_program
from hitsave_trace.names import is_user_class
from hitsave_trace.taps.noting import nothing
from hitsave_trace.taps.quiet import quiet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.fingerprint.registry import Anything
    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.recorder import Recorder

    Arguments = tuple[Anything, ...]
    Keywords = dict[str, object]

MODULES = frozenset(("unittest.mock", "mock.mock", "_pytest.monkeypatch"))

_ITSELF = "_pytest."
"""pytest patches its own classes when it starts, for as long as it runs."""


def imported(name: str, recording: Recorder, patches: Patches) -> None:
    """Such a module was executed: follow what is put in place, and what is put back, whether anything is recorded or not."""
    module = sys.modules[name]
    told: tuple[tuple[str, str, Callable[[Arguments], str | None] | None], ...] = (
        ("_patch", "__enter__", _of_patch),
        ("_patch", "__exit__", None),
        ("_patch_dict", "_patch_dict", _of_dict),
        ("_patch_dict", "_unpatch_dict", None),
        ("MonkeyPatch", "setattr", _of_attribute),
        ("MonkeyPatch", "delattr", _of_attribute),
        ("MonkeyPatch", "setitem", _of_item),
        ("MonkeyPatch", "delitem", _of_item),
        ("MonkeyPatch", "undo", None),
    )
    for kind, method, replaced in told:
        owner = getattr(module, kind, None)
        if isinstance(owner, type) and method in vars(owner):
            if replaced is None:
                patches.method(owner, method, nothing, outer=_put_all_back if method == "undo" else _put_back)
            else:
                patches.method(owner, method, nothing, after=True, outer=_putting(replaced, recording))


def _putting(replaced: Callable[[Arguments], str | None], recording: Recorder) -> Callable[[Arguments, Keywords], None]:
    def put(arguments: Arguments, _: Keywords) -> None:
        with quiet:
            try:
                what = replaced(arguments)
            except Exception:
                what = "a library"  # of a version that keeps it in another way
            if what is not None:
                mocked.now.append((id(arguments[0]), what))
                if recording.stacks:
                    recording.forbid("module-patched", what)

    return put


def _put_back(arguments: Arguments, _: Keywords) -> None:
    by = id(arguments[0])
    at = next((place for place in reversed(range(len(mocked.now))) if mocked.now[place][0] == by), None)
    if at is not None:
        del mocked.now[at]


def _put_all_back(arguments: Arguments, _: Keywords) -> None:
    mocked.now[:] = [one for one in mocked.now if one[0] != id(arguments[0])]


def _of_patch(arguments: Arguments) -> str | None:
    return _replaced(arguments[0].target, arguments[0].attribute)


def _of_attribute(arguments: Arguments) -> str | None:
    target, name, *_ = arguments[0]._setattr[-1]
    return _replaced(target, name)


def _of_dict(arguments: Arguments) -> str | None:
    return "sys.modules" if arguments[0].in_dict is sys.modules else None


def _of_item(arguments: Arguments) -> str | None:
    return "sys.modules" if arguments[1] is sys.modules else None


def _replaced(target: object, name: object) -> str | None:
    """Name what was replaced, if it is of a library."""
    if isinstance(target, ModuleType):
        found = None if is_of_program(target) else f"{target.__name__}.{name}"
    elif isinstance(target, type):
        found = None if is_user_class(target) else f"{target.__module__}.{target.__qualname__}.{name}"
    else:
        return None
    return None if found is None or found.startswith(_ITSELF) else found
