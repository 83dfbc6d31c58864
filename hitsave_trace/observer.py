"""What the probes of a running program report to: who is armed when, and which recording sees what.

Invariant: while a recording is open, a probe that is off belongs to a function (or block) that this recording, or one
inside it that has closed, has already seen. Opening a recording therefore switches on again what was switched off
since; and nothing is switched off while two threads record, or while HitSave's own code runs.
"""

from __future__ import annotations

from _thread import get_ident
from time import perf_counter, thread_time

from hitsave_trace import abreast, company, ends, filled, foregone, inner, mocked, observations, reads, stepping
from hitsave_trace.around import around
from hitsave_trace.importing.apart import replaced
from hitsave_trace.in_c import getframe
from hitsave_trace.names import code_infos, is_at_home, is_inline, raised_by_program
from hitsave_trace.probes.arming import BODY, arm, arm_entry, direct, disarm, is_armed
from hitsave_trace.recording import all_open, busy, concerned, innermost, reader_of, stacks, user_line
from hitsave_trace.watched import is_watched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CellType, CodeType

    from hitsave_trace.interceptor import Interceptor
    from hitsave_trace.names import CodeInfo, StatementInfo
    from hitsave_trace.recording import Recording

UNPROBED = "\0unprobed"
"""What `classify` says of user code."""
_TOLD_OF_ARGV = ("/argparse.py", "/optparse.py", "/click/core.py", "/typer/core.py")
"""Whose use of the command line is told by `taps.lookups`, more exactly."""


class Observer:
    """The observer of one process."""

    __slots__ = (
        "fired", "_origins", "_seen", "classify", "closing", "failed", "interceptor", "off", "opening",
    )  # fmt: skip

    def __init__(
        self,
        interceptor: Interceptor,
        opening: Callable[[Recording], None],
        closing: Callable[[bool], None],
        failed: Callable[[BaseException], None],
        classify: Callable[[str], str],
    ) -> None:
        self.classify = classify  # file name → top-level module of a library, UNPROBED for user code, "" for neither
        self._origins: dict[str, str] = {}
        self.interceptor = interceptor
        self.opening = opening  # called when a recording has been opened
        self.closing = closing  # called when a recording has been closed; whether it was the last that was open
        self.failed = failed
        self.off = False
        self._seen: list[CodeInfo] = []  # switched off, or to the observed body, since the last opening
        self.fired: list[object] = []  # block cells that were switched off since the last opening

    def registered(self, info: CodeInfo) -> None:
        """A function has been loaded: its first entry is always of interest."""
        if not self.off:
            arm_entry(info)

    def ran(self, code: CodeType) -> None:
        """An engine saw a code object run: a library's, or user code that the import hook has not seen."""
        if id(code) in code_infos or not stacks:
            return
        thread = get_ident()
        if thread in busy:
            return
        if "argv" in code.co_names and not code.co_filename.endswith(_TOLD_OF_ARGV):
            observations.command_line()
        origin = self._origins.get(code.co_filename)
        if origin is None:
            origin = self._origins[code.co_filename] = self.classify(code.co_filename)
        if not origin:
            return
        for recording in innermost():
            if origin != UNPROBED:
                recording.distributions.add(origin)
            elif not is_inline(code) and code.co_name != "<module>":
                recording.forbid("unprobed-code", f"{code.co_qualname} ({code.co_filename})", user_line(3))

    # --- what probes call ---------------------------------------------------------------------------------------

    def enter(self, info: CodeInfo, arguments: tuple[object, ...], cells: tuple[CellType, ...]) -> object:
        """A user function was entered by way of its armed probe."""
        thread = get_ident()
        if thread in busy:
            return None
        if (info.opened or len(stacks) > 1) and abreast.has_nothing_to_tell(thread, info):
            return BODY if info.has_body and (info.cells_left or info.watches or info.kept > 0) else None
        busy.add(thread)
        began, clock = thread_time(), perf_counter()
        try:
            return self._enter(thread, info, arguments, cells)
        except BaseException as error:
            self.fault(error)
            return None
        finally:
            busy.discard(thread)
            around.hook_took(began, clock)

    def _enter(self, thread: int, info: CodeInfo, arguments: tuple[object, ...], cells: tuple[CellType, ...]) -> object:
        info.seen = info.entered = True
        if not is_at_home(info, getframe(3).f_globals):
            company.forbid(thread, "dynamic-code", f"{info.qualname} with globals that are not its module's")
            return None
        # While it is watched it is as if it were no candidate: to be told of each of its calls would cost too much.
        asked = info.candidate and not self.off and not is_watched() and not replaced()
        if asked:
            if stacks and arguments:
                for recording in company.recordings_of(thread):
                    reads.observe_put(recording, info, arguments[0])
            frame = id(getframe(3))
            answer = self.interceptor.enter(info, arguments, cells, frame)
            if answer is not None:
                if type(answer) is tuple:
                    self._returned_kept(info, answer[0])
                    return answer
                self.open(thread, answer)  # type: ignore[arg-type]
                return BODY
        if not stacks:
            if not asked and not (info.candidate and mocked.now):  # which is over before long
                disarm(info.entry_cell)
                self._seen.append(info)
            return None
        self._touch(info, arguments[:1], asked=asked)
        return BODY if info.has_body and (info.cells_left or info.watches or info.kept > 0) else None

    def _touch(self, info: CodeInfo, first: tuple[object, ...], *, asked: bool) -> None:
        """Let the recordings that are concerned see that `info` runs, and what its entry reads.

        A method may be called by a library, with an object that the library made (`df.accessor`): then nothing has led
        to its class, `first` argument or type of it, before.
        """
        known = foregone.foregone(info)
        told = company.recordings_of(get_ident())
        for recording in (*told, *abreast.starters(get_ident(), told)):
            if info.name not in recording.functions:
                caller, line = reader_of(recording, 5)
                position = recording.enter(info, caller, line)
                reads.observe(recording, info.module, info.blocks[0], position)
                if "." in info.qualname:
                    reads.observe_owner(recording, first[0] if first else None, position)
                if first:
                    reads.observe_put(recording, info, first[0])
            foregone.observe(recording, info, known, recording.functions.get(info.name, 0))
            recording.blocks.add((info.name, abreast.ENTRY))
        self._watch_blocks(info, known, asked=asked)

    def _watch_blocks(self, info: CodeInfo, known: tuple[int, ...], *, asked: bool) -> None:
        """Entries of `info` need not be told any more, unless to ask about the call; its blocks must be, once each, but for
        those of which it is `known` what they read.
        """
        info.cells_left = len(info.block_cells) - len(known)
        for number, cell in enumerate(info.block_cells, 1):
            if number not in known:
                arm(cell)
        if info.kept > 0 and info.exit_cell is not None:
            arm(info.exit_cell)
        if abreast.all_have_seen(info):
            # Calls inside of a recorded one of the same function are not asked about.
            if not asked or (info.opened and not abreast.others_may_call(info)):
                if info.cells_left or info.watches or info.kept > 0:
                    direct(info.entry_cell)
                else:
                    disarm(info.entry_cell)
            self._seen.append(info)
            if not abreast.all_have_seen(info):
                arm(info.entry_cell)  # another thread has begun to record in the meantime

    def block(self, info: CodeInfo, number: int) -> None:
        """A block that reads something more than the entry is about to run for the first time in a recording."""
        thread = get_ident()
        if thread in busy or (len(stacks) > 1 and abreast.has_seen_block(thread, info, number)):
            return
        began, clock = thread_time(), perf_counter()
        try:
            targets = tuple(innermost())
            busy.add(thread)
            for recording in (*targets, *abreast.starters(thread, targets)):
                position = recording.functions.get(info.name)
                if position is None:  # a generator that was entered before the recording was opened
                    position = recording.enter(info, *reader_of(recording, 3))
                    reads.observe(recording, info.module, info.blocks[0], position)
                reads.observe(recording, info.module, info.blocks[number], position)
                recording.blocks.add((info.name, number))
            if abreast.all_have_seen_block(info, number):
                cell = info.block_cells[number - 1]
                disarm(cell)
                self.fired.append(cell)
                if len(stacks) > 1:
                    # Others come here at the same time. The entry leads to the observed body for as long as they may.
                    if not abreast.all_have_seen_block(info, number):
                        arm(cell)
                    return
                info.cells_left -= 1
                self.look_for_left(info)
        except BaseException as error:
            self.fault(error)
        finally:
            busy.discard(thread)
            # What looking at a large global costs must not make the call look slow: it would be asked about for ever.
            around.hook_took(began, clock)

    def look_for_left(self, info: CodeInfo) -> None:
        """Switch the entry of a function off if none of its blocks has to be told any more.

        A recording that was opened while the function ran has switched its blocks on again, and its entry; the entry was
        forgotten then, and must be switched on by the next one, too.
        """
        if info.cells_left <= 0:
            info.cells_left = sum(map(is_armed, info.block_cells))
        if info.cells_left == 0 and not info.watches and info.kept <= 0 and (info.opened or not info.candidate):
            disarm(info.entry_cell)
            self._seen.append(info)

    def receiver(self, info: CodeInfo, value: object) -> None:
        """An attribute `now`, `today` or `utcnow` of `value` is about to be read."""
        if stacks and isinstance(value, type):
            reads.observe_clock(value)

    def leave(self, info: CodeInfo, value: object) -> None:
        """A function whose calls are being recorded is about to return `value`."""
        stack = stacks.get(get_ident())
        if stack is None:
            return
        self._returned_kept(info, value)
        frame = getframe(2)
        if stack[-1].frame != id(frame) and not self.drop_to(stack, id(frame)):
            inner.returned(self, info, stack[-1])
            return
        recording = stack[-1]

        def leave() -> None:
            late = ends.left_behind(recording, frame, value)
            if late is not None:
                recording.forbid("late-end", late, "", spreads=False)
            self.interceptor.leave(recording, value)

        self.finish(get_ident(), stack, leave)

    def _returned_kept(self, info: CodeInfo, value: object) -> None:
        if info.kept > 0:
            try:
                filled.returned(info, value)
            except BaseException as error:
                self.fault(error)

    def abandon(self, info: CodeInfo, error: BaseException) -> None:
        """A function whose calls are being recorded is being left by an exception."""
        thread = get_ident()
        stack = stacks.get(thread)
        if not stack:
            return
        frame = id(getframe(2))
        if stack[-1].frame != frame and not self.drop_to(stack, frame):
            return
        recording = stack[-1]
        self.finish(thread, stack, lambda: self.interceptor.abandon(recording, error))

    def statement(self, info: StatementInfo) -> object:
        """A statement at the top level of a user module is about to run."""
        return stepping.begin(self, info, getframe(2))

    def ended(self, info: StatementInfo) -> None:
        """A statement that is being recorded has ended."""
        stepping.end(self, info, id(getframe(2)))

    def enter_module(self, info: CodeInfo) -> None:
        """The top level of a user module begins to run."""
        frame = getframe(2)
        info.module.globals = frame.f_globals
        if not stacks:
            return
        targets = innermost()
        thread = get_ident()
        busy.add(thread)
        try:
            for recording in targets:
                recording.loaded.add(info.module.name)
                recording.enter(info, *reader_of(recording, 3))
                reads.observe_import(recording, info)
        except BaseException as error:
            self.fault(error)
        finally:
            busy.discard(thread)

    # --- opening and closing ------------------------------------------------------------------------------------

    def open(self, thread: int, recording: Recording) -> None:
        """Put a recording on the thread's stack, and switch on again what must be seen by it."""
        info = recording.info
        own = stacks.get(thread)
        if own:
            recording.outer = own[-1]
            recording.entry = reader_of(own[-1], 4)
        stacks.setdefault(thread, []).append(recording)
        company.meet(thread)
        for seen in self._seen:
            arm(seen.entry_cell)
        for cell in self.fired:
            arm(cell)  # type: ignore[arg-type]
        self._seen.clear()
        self.fired.clear()
        info.opened += 1
        info.returns = 0
        if info.exit_cell is not None:
            arm(info.exit_cell)
        position = recording.enter(info, -1, 0)
        self.opening(recording)
        reads.observe(recording, info.module, info.blocks[0], position)
        known = foregone.foregone(info)
        foregone.observe(recording, info, known, position)
        self._watch_blocks(info, known, asked=True)

    def finish(self, thread: int, stack: list[Recording], deal: Callable[[], None]) -> None:
        """The call of a thread's innermost recording is over: `deal` with it, and close the recording, whatever happens."""
        busy.add(thread)
        began, clock = thread_time(), perf_counter()
        try:
            try:
                stack[-1].ended = True
                deal()
            finally:
                self.close(thread, stack)
        except BaseException as error:
            self.fault(error)
        finally:
            busy.discard(thread)
            around.hook_took(began, clock)

    def close(self, thread: int, stack: list[Recording]) -> None:
        """Take the innermost recording off the thread's stack, and hand what it saw to those around."""
        recording = stack.pop()
        if not stack:
            del stacks[thread]
        info = recording.info
        info.opened -= 1
        if info.opened == 0:
            if info.exit_cell is not None and info.kept <= 0:
                disarm(info.exit_cell)
            if info.candidate:
                arm(info.entry_cell)
        if stack:
            stack[-1].adopt(recording)
        else:
            for wider in concerned(thread):
                wider.take(recording, thread)
        if not info.candidate and not stacks:
            disarm(info.entry_cell)
            self._seen.append(info)
        self.closing(not stacks)

    def drop_to(self, stack: list[Recording], frame: int) -> bool:
        """Drop recordings whose frames are gone without a word, down to the one of `frame`."""
        if all(recording.frame != frame for recording in stack):
            return False
        thread = get_ident()
        busy.add(thread)
        try:
            while stack and stack[-1].frame != frame:
                self.interceptor.abandon(stack[-1], None)
                self.close(thread, stack)
        finally:
            busy.discard(thread)
        return bool(stack)

    def fault(self, error: BaseException) -> None:
        """A hook failed. What is the program's goes on; what is ours must not disturb it."""
        for recording in all_open():
            recording.forbid("internal", f"{type(error).__name__}: {error}", "")
        if not isinstance(error, Exception) or raised_by_program(error):
            raise error
        self.failed(error)
