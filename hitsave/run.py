"""One run, from command line to exit status.

`prepare` does all that comes before the program's first line; the session's `finish` is called when everything of the
program has ended (its threads and its own exit functions too). What fails on our side is said once, and the program
runs as it would without HitSave.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

from hitsave import launch
from hitsave.options import Options, parse
from hitsave_trace import pythons
from hitsave_trace.importing import collector, recursion
from hitsave_trace.importing.apart import bundle
from hitsave_trace.importing.script import Found, NotRunnable, Program, absolute, find, find_module, ready
from hitsave_trace.importing.unseen import unseen
from hitsave_trace.importing.view import OwnView
from hitsave_trace.taps.quiet import quiet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, Protocol

    from hitsave.memo.session import AtEnd, Begun
    from hitsave_trace.importing.loader import Hook, Loaded

    class Handle(Protocol):
        """What a session gives to the frame of a run."""

        templates: str | None  # where rewritten code is kept

        def loaded(self, loaded: Loaded) -> None:
            """A user module is about to run."""

        def record_whole(self, begun: Begun | None, script: str, at_end: AtEnd) -> None:
            """Record the run as a whole, too: `at_end` keeps it."""

        def begin_whole(self) -> None:
            """The next thing that happens is the program's first line: the recording of the run begins."""

        def start(self, hook: Hook) -> None:
            """The next thing that happens is the program's first line."""

        def last_look(self) -> None:
            """The program has ended, and its modules are as it left them."""

        def over(self) -> None:
            """All that is HitSave's has been done."""

        def finish(self, status: int, exception: BaseException | None) -> dict[str, object]:
            """The program has ended (a negative status: by that signal). Gives the run's record."""


def prepare(started: set[str]) -> tuple[dict[str, object], list[object]]:
    """Get everything ready in a process that `launch.become_run` made: how it ended, to be filled; what to call.

    What to call and its arguments are handed over in a list, the last first, to be popped: whoever kept them would keep
    the program's objects from being destroyed when plain Python destroys them.

    `started` names the modules that the interpreter had imported before it came to us.
    """
    image, _, told, *words = sys.argv
    options = parse(words)
    options.seeded = not (sys.flags.ignore_environment or os.environ.get("PYTHONHASHSEED") in (None, "", "random"))
    if told == launch.UNSET:
        os.environ.pop("PYTHONHASHSEED", None)
    else:
        os.environ["PYTHONHASHSEED"] = told[1:]
    begun = os.environ.pop(launch.BEGUN, None)
    head = sys.orig_argv[: -len(sys.argv)]
    sys.orig_argv[:] = [*head, *options.program()]
    if os.path.basename(os.path.dirname(image)).startswith("hitsave-"):
        os.unlink(image)
        os.rmdir(os.path.dirname(image))
    ended: dict[str, object] = {}
    view = OwnView(started)
    whole = _Whole(begun)
    try:
        program = _program(options, ended, view, whole)
    except NotRunnable:
        launch.become_plain(head, options)
    view.leave()
    recursion.shift(recursion.BELOW_SCRIPT if program.run is exec else recursion.BELOW_MODULE)
    left = [program.arguments, _runner(program, ended)]
    bundle.begun()
    whole.begin()
    collector.set_aside()
    return ended, left


class _Whole:
    """The recording of the run as a whole: what is known of its beginning, and what begins it."""

    __slots__ = ("begin", "begun")

    def __init__(self, begun: str | None) -> None:
        self.begun = begun
        self.begin: Callable[[], None] = _nothing


def _nothing() -> None:
    """Begin no recording."""


def _program(options: Options, ended: dict[str, object], view: OwnView, whole: _Whole) -> Program:
    found = find(options.script or "") if options.module is None else find_module(options.module)
    return ready(found, options.arguments, _session(options, found, ended, view, whole))


def _session(
    options: Options, found: Found, ended: dict[str, object], view: OwnView, whole: _Whole | None = None
) -> Hook | None:
    """Begin the session, and put the import hook in. Without one, the program runs plainly."""
    from hitsave.errors import ConfigError, Failure, say

    try:
        from hitsave.memo.session import begin
        from hitsave_trace.importing.compiled import Templates
        from hitsave_trace.importing.loader import Hook
        from hitsave_trace.probes.rewrite import rewrite
        from hitsave_trace.probes.template import FORMAT, load
        from hitsave_trace.scope import Scope, project_of

        folder = found.full if found.module is not None or found.code is None else os.path.dirname(found.full)
        scope = Scope(project_of(folder), found.full if found.code is not None else None)
        handle: Handle = begin(options, scope)
        if whole is not None and whole.begun is not None and (found.code is not None or os.path.isdir(found.full)):
            from hitsave.replay import keep

            handle.record_whole(keep.prepare(whole.begun), found.full if found.code is not None else "", keep.close)
            whole.begin = handle.begin_whole
        import hitsave

        hook = Hook(scope, Templates(handle.templates, f"{hitsave.__version__} {FORMAT}"), rewrite, load)
        hook.on_load = handle.loaded
        hook.install()
        handle.start(hook)
    except ConfigError as failure:
        say(failure)
        sys.exit(2)
    except Failure as failure:
        say(failure)
        return None
    except Exception as error:
        _plainly(f"{type(error).__name__}: {error}")
        return None
    # Registered before the program can register anything, so that it comes after all of the program's. Just before it,
    # profile and trace functions that were left on are taken off: by a builtin, which neither of them sees.
    atexit.register(_finish, handle, hook, ended, view, os.getpid())
    atexit.register(sys.setprofile, None)
    atexit.register(sys.settrace, None)
    return hook


def _plainly(why: str) -> None:
    sys.stderr.write(f"hitsave: the program runs as it would without HitSave ({why})\n")


def _finish(handle: Handle, hook: Hook, ended: dict[str, object], view: OwnView, process: int) -> None:
    # What we do now must not make the garbage collector destroy what plain Python would destroy later, or never.
    collects = gc.isenabled()
    gc.disable()
    if os.getpid() == process:
        handle.last_look()
    hook.uninstall()
    if os.getpid() != process:  # a child that was forked and came to its end like this
        collector.give_back(collects)
        if collects:
            gc.enable()
        return
    restore = view.back()
    try:
        record = handle.finish(_status(ended), _exception(ended))
        if record.get("different") and _status(ended) == 0:
            _end_with(DIFFERS)
        with quiet:
            _tell(handle, record)
    except BaseException as error:
        sys.stderr.write(f"hitsave: the run could not be recorded to its end ({type(error).__name__}: {error})\n")
    bundle.write()
    restore()
    handle.over()
    collector.give_back(collects)
    if collects:
        gc.enable()
    if "interrupted" in ended:
        _interrupt_again()


DIFFERS = 90
"""The exit status of a run in which `--verify` found a difference, if the program itself ended with 0."""


def _end_with(status: int) -> None:
    """Let the process end with another status than the program's.

    The interpreter has settled on one when exit functions run. What it can't undo is that C's own `exit` calls, after all
    that Python has to do at its end: there the last word is ours.
    """
    import ctypes

    library = ctypes.CDLL(None)
    after = library.__cxa_atexit
    for function, argument in ((library._exit, status), (library.fflush, None)):  # the last one is called first
        after(ctypes.cast(function, ctypes.c_void_p), ctypes.c_void_p(argument), None)


def _tell(handle: Handle, record: dict[str, object]) -> None:
    """Write the report that was asked for, and the line after a run."""
    from hitsave.memo.session import Session

    assert isinstance(handle, Session)
    if handle.options.report is not None:
        from hitsave.report import run_report

        try:
            report = run_report.build(record, handle.journal.rows, handle.store)
            run_report.write(handle.options.report, report)
        except OSError as error:
            sys.stderr.write(f"hitsave: the report can't be written: {error}\n")
    if not handle.settings.quiet:
        from hitsave.render import summary

        summary.say(record)
    handle.store.close()


def _interrupt_again() -> None:
    """Let the interpreter end by SIGINT, as it meant to before `finish`.

    It remembers for its last act whether the main program was interrupted, and forgets it whenever code is run from text,
    which the standard library does (named tuples, on 3.11 and 3.12). So it is reminded, in the same way.
    """
    try:
        eval("interrupt()", {"interrupt": _interrupt})  # noqa: S307
    except KeyboardInterrupt:
        pass


def _interrupt() -> None:
    raise KeyboardInterrupt


def _status(ended: dict[str, object]) -> int:
    if "interrupted" in ended:
        return -2  # SIGINT
    if "failed" in ended:
        return 1
    code = ended.get("code")
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1


def _exception(ended: dict[str, object]) -> BaseException | None:
    if "failed" not in ended and "interrupted" not in ended:
        return None
    found = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    return found if isinstance(found, BaseException) else None


def _runner(program: Program, ended: dict[str, object]) -> Callable[..., object]:
    """What `launch` calls to run the program: no frame of Python's, neither seen nor unseen.

    A trace or profile function that the program leaves on asks for the current frame when an exception arrives in
    `launch`, and finds none: an error that would take the exception's place (from 3.12 on). So it is taken off in the
    moment between: what is called dies before its exception arrives. `launch` puts it on again if there was none.
    """

    class Runner:
        __slots__ = ()
        __call__ = staticmethod(program.run)

        if pythons.HAS_MONITORING:
            __del__ = _stop_tracing(ended)

    return Runner()


def _stop_tracing(ended: dict[str, object]) -> Callable[[object], None]:
    gettrace, settrace, getprofile, setprofile = sys.gettrace, sys.settrace, sys.getprofile, sys.setprofile

    @unseen
    def stop(_):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        trace, profile = gettrace(), getprofile()
        if trace is not None or profile is not None:
            settrace(None)
            setprofile(None)
            ended["tracing"] = trace, profile
            ended["resume"] = resume

    @unseen
    def resume():  # type: ignore[no-untyped-def]  # noqa: ANN202
        trace, profile = ended.pop("tracing")  # type: ignore[misc]
        settrace(trace)  # type: ignore[has-type]
        setprofile(profile)  # type: ignore[has-type]

    return stop


def here(options: Options, plainly: bool) -> NoReturn:
    """Run the program in this process, which something watches that an `exec` would lose.

    What watches has frames of its own below the program, and so have we; only tracebacks are as in plain Python.
    """
    # The program gets a `__main__` of its own; that of our entry point stays alive for who still runs in it.
    entry = sys.modules["__main__"]
    main = type(sys)("__main__")
    for name in ("__doc__", "__package__", "__loader__", "__spec__"):
        main.__dict__[name] = None
    main.__dict__.update(__annotations__={}, __builtins__=sys.modules["builtins"])
    sys.modules["__main__"] = main
    if not sys.flags.safe_path:
        del sys.path[0]
    ended: dict[str, object] = {}
    view = OwnView(set(sys.modules))
    try:
        found = find(options.script or "") if options.module is None else find_module(options.module)
    except NotRunnable as refusal:
        _refused(options, refusal)
    program = ready(found, options.arguments, None if plainly else _session(options, found, ended, view))
    try:
        _call(program.run, program.arguments)  # type: ignore[no-untyped-call]
    except SystemExit as error:
        ended["code"] = error.code
        raise
    except BaseException as error:
        ended["interrupted" if isinstance(error, KeyboardInterrupt) else "failed"] = True
        # Told without the frames that lie below; the interpreter then ends as it does after such an exception.
        trace = error.__traceback__.tb_next if error.__traceback__ is not None else None
        error.__traceback__ = trace
        sys.excepthook(type(error), error, trace)
        sys.excepthook = _silent
        raise
    finally:
        del entry
    sys.exit(0)


@unseen
def _call(function, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    function(*arguments)


def _silent(*_: object) -> None:
    """Stand for an exception hook: all has been said."""


def _refused(options: Options, refusal: NotRunnable) -> NoReturn:
    cause = refusal.__cause__
    if isinstance(cause, SyntaxError):
        sys.excepthook(type(cause), cause, None)
        sys.exit(1)
    text = f"[Errno {cause.errno}] {cause.strerror}" if isinstance(cause, OSError) else str(cause)
    sys.stderr.write(f"{sys.orig_argv[0]}: can't open file {absolute(options.script or '')!r}: {text}\n")
    sys.exit(2)
