"""How a process becomes the one in which the program runs.

That process is started as `python [flags] IMAGE FOLDER SEED [words of the command line]`. IMAGE is a bytecode file that
holds one function, `launch`, whose frame is unseen (see `hitsave_trace.importing.unseen`). The interpreter runs it as its
main file. So the program, which `launch` calls, stands at the bottom of the visible stack, and what becomes of its
exceptions, of `sys.exit`, Ctrl-C, threads that still run and `python -i` is up to the interpreter itself, as ever.

Rejected: to print tracebacks and choose exit codes ourselves. It is a hundred lines that are never quite the interpreter's.
"""

from __future__ import annotations

import marshal
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER, cache_from_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from hitsave.options import Options

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = "1414747219"
BEGUN = "HITSAVE_BEGUN"
UNSET = "-"  # stands for a PYTHONHASHSEED that was not set; any other word is `=` and its value


def launch():  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Run the program with nothing visible below it. This is the image: it can't use what stands around it here."""
    import gc
    import sys

    started = {*sys.modules}
    gc.disable()  # until `prepare` is done: there is next to no garbage
    if not sys.flags.safe_path:
        del sys.path[0]
    # Our own packages are those of the process before, wherever the program's `sys.path` points.
    for name in ("hitsave_trace", "hitsave"):
        spec = sys.modules["_frozen_importlib_external"].PathFinder.find_spec(name, [sys.argv[1]])
        sys.modules["_frozen_importlib"]._load(spec)
    from hitsave_trace.importing.apart import keep_apart

    keep_apart()
    if "hitsave_bench" in sys._xoptions:
        from hitsave.bench.inside import begin

        begin()
        del begin
    from hitsave.run import prepare

    ended, ready = prepare(started)
    del spec, name, started, prepare, keep_apart, gc
    try:
        # Nothing but the stack holds what is called: see `run.Runner`.
        ready.pop()(*ready.pop())  # type: ignore[operator, misc]
    except SystemExit as error:
        ended["code"] = error.code
        raise
    except KeyboardInterrupt:
        ended["interrupted"] = True
        raise
    except BaseException:
        ended["failed"] = True
        raise
    if "tracing" in ended:
        ended["resume"]()  # type: ignore[operator]


def become_run(head: list[str], words: list[str], begun: str | None = None) -> NoReturn:
    """Become the process that runs the program under HitSave. `words` is the command line after `hitsave run`, `begun` what
    is known of the run so far (`hitsave.replay.again`).
    """
    environment = dict(os.environ)
    environment.pop(BEGUN, None)
    if begun is not None:
        environment[BEGUN] = begun
    seed = environment.get("PYTHONHASHSEED")
    if seed is None or seed in ("", "random"):
        environment["PYTHONHASHSEED"] = SEED
    told = UNSET if seed is None else "=" + seed
    _become([*head, _image(), os.path.dirname(HERE), told, *words], environment)


def become_plain(head: list[str], options: Options) -> NoReturn:
    """Become plain Python with the same program."""
    _become([*head, *options.program()], dict(os.environ))


def _become(command: list[str], environment: dict[str, str]) -> NoReturn:
    # In the C locale the interpreter has put LC_CTYPE into the environment and switched to UTF-8 mode. Without that
    # variable the next one finds what this one found.
    if sys.flags.utf8_mode and environment.get("LC_CTYPE") == "C.UTF-8" and not os.environ.get("LC_ALL"):
        del environment["LC_CTYPE"]
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os.execve(sys.executable, command, environment)  # noqa: S606


def interpreter_words() -> list[str] | None:
    """The interpreter and its flags, as this process was started, without what makes it run HitSave.

    None when that can't be told (an embedded interpreter, `main` called by a program): then this process must do.
    """
    words, arguments = list(sys.orig_argv), sys.argv[1:]
    if os.name != "posix" or not sys.executable or (arguments and words[-len(arguments) :] != arguments):
        return None
    del words[len(words) - len(arguments) :]
    if len(words) < 2:
        return None
    last = words.pop()
    if last.startswith("-"):  # -mhitsave, -Imhitsave
        if not last.endswith("mhitsave"):
            return None
        last = last.removesuffix("hitsave")
    elif len(words) > 1 and words[-1].startswith("-") and not words[-1].startswith("--") and words[-1][-1] in "mc":
        last = words.pop()
    else:
        return words
    if len(last) > 2:  # -Im hitsave: what is left of the bundle is flags
        words.append(last[:-1])
    return words


def _image() -> str:
    """The path of the bytecode file, which is written when it is not there or not this one."""
    from hitsave_trace.importing.unseen import unseen_code

    code = unseen_code(launch.__code__).replace(co_filename="<hitsave>", co_name="<module>", co_qualname="<module>")
    wanted = MAGIC_NUMBER + bytes(12) + marshal.dumps(code)
    path = cache_from_source(os.path.join(HERE, "image.py"))
    try:
        with open(path, "rb") as file:
            if file.read() == wanted:
                return path
    except OSError:
        pass
    if not sys.dont_write_bytecode:
        try:
            _write(path, wanted)
            return path
        except OSError:
            pass
    # Beside the user's other temporary files, in a folder that nobody else can write. `run.prepare` removes it.
    folder = os.path.join(os.environ.get("TMPDIR") or "/tmp", f"hitsave-{os.urandom(8).hex()}")  # noqa: S108
    os.mkdir(folder, 0o700)
    path = os.path.join(folder, "image.pyc")
    _write(path, wanted)
    return path


def _write(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    fresh = f"{path}.{os.getpid()}"
    with open(fresh, "xb") as file:
        file.write(data)
    os.replace(fresh, path)
