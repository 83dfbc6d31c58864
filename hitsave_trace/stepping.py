"""What happens at the boundaries of top-level statements.

A statement is a call without arguments. It is answered, or recorded, as a function is; what it returns are the names that
it bound (`namespace.py`). Statements of a module that is imported inside of a recording are a part of that.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from time import perf_counter, thread_time
from types import FunctionType, ModuleType

from hitsave_trace.around import around
from hitsave_trace.closed import say
from hitsave_trace.importing.apart import replaced
from hitsave_trace.names import code_infos
from hitsave_trace.namespace import bind
from hitsave_trace.recording import all_open, busy, stacks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from hitsave_trace.names import StatementInfo
    from hitsave_trace.observer import Observer


def begin(observer: Observer, info: StatementInfo, frame: FrameType) -> object:
    """A statement is about to run in `frame`. True if it has been answered instead."""
    thread = get_ident()
    if thread in busy or observer.off or not info.candidate or replaced() or not _can_be_told(info, frame):
        return None
    busy.add(thread)
    began, clock = thread_time(), perf_counter()
    try:
        answer = observer.interceptor.enter(info, (), (), id(frame))
        if answer is None:
            return None
        if type(answer) is tuple:
            bind(frame.f_globals, answer[0], sys.modules)  # type: ignore[arg-type]
            return True
        observer.open(thread, answer)  # type: ignore[arg-type]
    except BaseException as error:
        observer.fault(error)
    finally:
        busy.discard(thread)
        around.hook_took(began, clock)
    return None


def end(observer: Observer, info: StatementInfo, frame: int) -> None:
    """A statement that is being recorded has ended."""
    thread = get_ident()
    stack = stacks.get(thread)
    if not stack or (stack[-1].frame != frame and not observer.drop_to(stack, frame)):
        return
    recording = stack[-1]

    def deal() -> None:
        if recording.names is not None and recording.info is info:
            observer.interceptor.leave(recording, recording.names.changes(info.sure))
        else:
            observer.interceptor.abandon(recording, None)

    try:
        observer.finish(thread, stack, deal)
    finally:
        recording.names = None  # it holds objects of the program


def _can_be_told(info: StatementInfo, frame: FrameType) -> bool:
    """Whether what the statement does can be told: it runs in the module of its name, and by itself."""
    namespace = info.module.globals
    module = sys.modules.get(info.module.name)
    if frame.f_globals is not namespace or frame.f_locals is not namespace or not isinstance(module, ModuleType):
        return False
    if vars(module) is not namespace:
        return False
    if info.callees and all(_answers_itself(namespace.get(name)) for name in info.callees):
        return False
    # What it meant when the statement began is held until the statement ends: too long for what does something at its end.
    if any(_minds_its_end(namespace.get(name)) for name in info.binds):
        return False
    return not stacks or not any(info.module.name in recording.loaded for recording in all_open())


def _minds_its_end(value: object) -> bool:
    """Whether an object does something when it goes, other than a file that is closed already."""
    return hasattr(type(value), "__del__") and say(value) is None


def _answers_itself(value: object) -> bool:
    """Whether a call of `value` is a call of a function of the program, which is asked by itself."""
    if not isinstance(value, FunctionType):
        return False
    info = code_infos.get(id(value.__code__))
    return info is not None and info.recordable
