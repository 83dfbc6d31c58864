"""What happens when the program begins to watch itself, as `breakpoint()` and `cProfile` do: HitSave gets out of its way.

Whoever steps through the program, follows it line by line or counts its calls would see the functions that probes call. So all
probes are switched off, for good: from then on the program runs as in plain Python. Calls that are being recorded in
this thread are given up. Other threads are not traced; their recordings end as they would have, unsaved.
"""

from __future__ import annotations

from _thread import get_ident

from hitsave_trace.in_c import getframe
from hitsave_trace.names import code_infos, user_modules
from hitsave_trace.probes.arming import disarm
from hitsave_trace.recording import all_open, busy, stacks, user_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from hitsave_trace.names import CodeInfo
    from hitsave_trace.observer import Observer
    from hitsave_trace.probes.hooks import Site


EVENTS = ("sys.settrace", "sys.setprofile", "sys.monitoring.register_callback")
"""What the interpreter tells audit hooks when somebody begins to watch, or stops."""


def is_nothing() -> bool:
    """Whether what an audit hook is just told of is no watching by the program: an engine of HitSave, or `doctest`, which puts
    back what there was before each example, mostly nothing.
    """
    try:
        frame = getframe(3)
    except ValueError:
        return True  # the interpreter's own, at the end
    who = str(frame.f_globals.get("__name__"))
    return who.startswith("hitsave") or (who == "doctest" and frame.f_locals.get("save_trace", who) is None)


def give_way(observer: Observer, sites: Iterable[Site]) -> None:
    """The program is about to be watched."""
    thread = get_ident()
    if thread in busy or observer.off:
        return
    observer.off = True
    for recording in all_open():
        recording.forbid("debugger", "a tracer or profiler of the program", user_line(3))
    busy.add(thread)
    try:
        stack = stacks.get(thread, [])
        while stack:
            observer.interceptor.abandon(stack[-1], None)
            observer.close(thread, stack)
        infos = [info for module in list(user_modules.values()) for info in module.codes]
        for info in (*infos, *code_infos.values()):
            _switch_off(info)
        for site in sites:
            if site.cell is not None:
                disarm(site.cell)  # type: ignore[arg-type]
    except BaseException as error:
        observer.fault(error)
    finally:
        busy.discard(thread)


def _switch_off(info: CodeInfo) -> None:
    if info.entry_at:
        disarm(info.entry_cell)
    for cell in info.block_cells:
        disarm(cell)
    if info.exit_cell is not None and not info.opened:
        disarm(info.exit_cell)
