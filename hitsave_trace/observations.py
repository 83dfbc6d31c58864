"""What the taps call when something happens that is no call of user code.

Each function returns at once when nothing is being recorded, and finds out by itself which line of user code it was.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from stat import S_ISDIR

from hitsave_trace import reads
from hitsave_trace.around import (
    argv_fingerprint,
    around,
    file_text,
    path_fingerprint,
    presence_text,
    stat_text,
)
from hitsave_trace.asking import NO_QUESTIONS, SEEKER, asker
from hitsave_trace.fingerprint.files import SPECIAL, plain_stat
from hitsave_trace.fingerprint.surroundings import distribution, env
from hitsave_trace.fingerprint.terminals import terminal
from hitsave_trace.folders import listing_fingerprint, listing_name, listing_text, names_listed
from hitsave_trace.model import ARGV, CWD, DISTRIBUTION, ENV, FILE, LISTING, PRESENCE, STAT, TERMINAL
from hitsave_trace.recording import acting, all_open, busy, innermost, reader_of, stacks, user_line
from hitsave_trace.unrecorded import unrecorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.recording import Recording


_ENOUGH = 30
"""How often the same may be said against a recording before it is no news, from whichever line."""


def forbid(slug: str, what: str) -> None:
    """What is happening can't be repeated from the store: the recording and those around it can't be saved."""
    if not stacks:
        return
    known = own()
    if known is not None:
        times = known.said.get((slug, what), 0)
        if times >= _ENOUGH:
            return
        known.said[slug, what] = times + 1
    where = user_line()
    for recording in acting():
        recording.forbid(slug, what, where)


def forbid_around(slug: str, what: str) -> None:
    """No recording can be saved but the one that has just been opened."""
    own = stacks.get(get_ident())
    newest = own[-1] if own else None
    where = user_line()
    for stack in list(stacks.values()):
        for recording in stack:
            if recording is not newest:
                recording.forbid(slug, what, where)


def _file(kind: str, path: str) -> None:
    for recording in innermost():
        name = around.place(path)
        if kind == LISTING:
            if name in recording.listings:
                continue
            folder, name = name, listing_name(name, recording.written.names_in(name))
        elif (kind, name) in recording.reads or recording.written.touch(name):
            continue
        thread = get_ident()
        busy.add(thread)
        try:
            digests = around.digests
            if kind == LISTING:
                entries = names_listed(name)
                recording.listings[folder] = name, entries
                fingerprint, text = listing_fingerprint(entries), listing_text(entries)
                recording.read(kind, name, fingerprint, text, reader_of(recording, 3)[0])
                continue
            full = around.locate(name)
            if kind == FILE:
                fingerprint = digests.content(full)
                if fingerprint == SPECIAL and not S_ISDIR(plain_stat(full).st_mode):
                    recording.forbid("special-file", name, user_line())  # a pipe gives what somebody else puts in
                    continue
                text = file_text(fingerprint, full)
            elif kind == STAT:
                fingerprint, text = digests.stat(full), stat_text(full)
            else:
                fingerprint = digests.presence(full)
                text = presence_text(fingerprint)
        except Exception as error:
            recording.forbid("unreadable-file", f"{name}: {error}", user_line())
            continue
        finally:
            busy.discard(thread)
        recording.read(kind, name, fingerprint, text, reader_of(recording, 3)[0])


def file_read(path: str) -> None:
    """A file is about to be opened for reading."""
    if stacks:
        _file(FILE, path)
    elif unrecorded.on:
        unrecorded.file(path)


def file_written(path: str, mode: str) -> None:
    """A file is about to be opened for writing: 'w', 'x', 'a' or 'r+'."""
    if not stacks:
        if unrecorded.on:
            unrecorded.written(path, mode)
        return
    if mode in ("a", "r+"):
        _file(FILE, path)
    elif mode == "x":
        _file(PRESENCE, path)
    # With 'w' whatever stood there is lost, unseen: that it was there is no dependency. A second run finds the files
    # of the first one.
    _wrote(path, mode)


def _wrote(path: str, mode: str) -> None:
    for recording in acting():
        if recording.cached:
            recording.shown_below_cache()
        name = around.place(path)
        if name not in recording.written:
            recording.effects.append(("file", name))
        recording.written[name] = mode


def removed(path: str) -> None:
    """A file is about to be removed."""
    if stacks:
        _file(PRESENCE, path)
        _wrote(path, "removed")


def metadata_changed(path: str) -> None:
    """A file is about to get another mode or other times."""
    if stacks:
        _file(PRESENCE, path)
        for recording in acting():
            recording.effects.append(("metadata", around.place(path)))


def renamed(old: str, new: str, overwrites: bool = True) -> None:
    """A file is about to get another name. That a file stood there does not matter: it is overwritten, unseen."""
    if stacks:
        _file(FILE, old)
        if not overwrites:
            _file(PRESENCE, new)
        _wrote(new, "renamed")
        _wrote(old, "removed")


def directory_made(path: str, exist_ok: bool = False) -> None:
    """A directory is about to be made; with `exist_ok`, if it is not there already."""
    if stacks:
        if not exist_ok:
            _file(PRESENCE, path)
        _wrote(path, "directory")


def directory_removed(path: str) -> None:
    """A directory is about to be removed."""
    if stacks:
        _file(PRESENCE, path)
        _wrote(path, "removed")


def listed(path: str) -> None:
    """The names in a directory are about to be read."""
    if stacks and asker() != SEEKER:
        _file(LISTING, path)


def looked(path: str, facet: str) -> bool:
    """A path was asked about: facet 'presence' (is it there, and what is it) or 'stat' (size and times too). Says whether that
    counts: some askers only make sure of something.
    """
    if not stacks or asker() in NO_QUESTIONS:
        return False
    _file(STAT if facet == "stat" else PRESENCE, path)
    return True


def own() -> Recording | None:
    """Give this thread's innermost recording: what it knows already need not be told again."""
    thread = get_ident()
    stack = stacks.get(thread) if thread not in busy else None
    return stack[-1] if stack else None


def environment(name: str | None) -> None:
    """A variable of the environment was read, or all of them."""
    if not stacks:
        if unrecorded.on and name is not None:
            unrecorded.variable(name)
        return
    key = name or "*"
    for recording in innermost():
        if recording.variables and name is None:
            recording.forbid("environment-changed", "of which it then read all", user_line())
        if (ENV, key) not in recording.reads and (ENV, key) not in recording.variables:
            fingerprint, text = env(key)
            recording.read(ENV, key, fingerprint, text, reader_of(recording)[0])


def environment_changed(name: str, value: str | None, *, plainly: bool) -> None:
    """A variable of the environment is about to be set, or removed (None). `plainly`: by `os.environ`, which then shows it."""
    if stacks and not plainly:
        forbid("environment-changed", name)
        return
    for recording in acting() if stacks else ():
        if recording.cached:
            recording.shown_below_cache()
        recording.effects.append(("environ", name, value))
        recording.variables.add((ENV, name))


def working_directory() -> None:
    """The working directory was asked for."""
    for recording in innermost() if stacks else ():
        if (CWD, "") not in recording.reads:
            path = around.getcwd()
            recording.read(CWD, "", path_fingerprint(path), path, reader_of(recording)[0])


def asked_terminal(what: str) -> None:
    """Whether a standard stream is a terminal was asked, or the size of that."""
    for recording in innermost() if stacks else ():
        if (TERMINAL, what) not in recording.reads:
            recording.read(TERMINAL, what, *terminal(what), reader_of(recording)[0])


def command_line() -> None:
    """`sys.argv` was read."""
    for recording in innermost() if stacks else ():
        if (ARGV, "") not in recording.reads:
            recording.read(ARGV, "", argv_fingerprint(), repr(sys.argv[1:])[:300], reader_of(recording)[0])


def module_given(name: str) -> None:
    """A module was imported by a computed name: whoever has it may read anything of it."""
    _reached(name, None)


def module_searched(name: str) -> None:
    """It was asked whether there is a module of this name, and where."""
    for recording in innermost() if stacks else ():
        thread = get_ident()
        busy.add(thread)
        try:
            reads.observe_search(recording, name, reader_of(recording, 3)[0])
        finally:
            busy.discard(thread)


def distribution_asked(name: str) -> None:
    """The program asks what is known of an installed distribution, such as its version; or whether it is installed."""
    for recording in innermost() if stacks else ():
        recording.read(DISTRIBUTION, name, *distribution(name), reader_of(recording, 3)[0])


def class_found(module: str, name: str) -> None:
    """A class or function was found by its name, for an object that is put together from a pickle."""
    _reached(module, name)


def _reached(module: str, name: str | None) -> None:
    for recording in innermost() if stacks else ():
        if name is None or sys.modules.get(module) is not None:  # else the recording imports it itself
            thread = get_ident()
            busy.add(thread)
            try:
                reads.observe_reached(recording, module, name, reader_of(recording, 3)[0])
            finally:
                busy.discard(thread)


def text(stream: int, data: str | bytes) -> None:
    """Text was written to stdout (1) or stderr (2)."""
    _shown("text", stream, data)


def goes_on(stream: int, data: str) -> bool:
    """Note text that was written to where the last of this thread's recording was, if that is so: in short what `text` does."""
    recording = own()
    if recording is None or recording.cached or not recording.effects:
        return False
    last = recording.effects[-1]
    if last[0] != "text" or last[1] != stream or type(last[2]) is not str:
        return False
    if recording.keeps(len(data)):
        last[3].append(data)  # type: ignore[attr-defined]
    return True


def logged(handler: str, data: str) -> None:
    """Text was written to a log file that is open (taps/log_files.py)."""
    _shown("logged", handler, data)


def _shown(kind: str, where: int | str, data: str | bytes) -> None:
    for recording in acting() if stacks else ():
        if recording.cached:
            recording.shown_below_cache()
        if not recording.keeps(len(data)):
            continue
        effects = recording.effects
        last = effects[-1] if effects else ()
        if last[:2] == (kind, where) and type(last[2]) is type(data):
            # Joined in a list, not by concatenation: a loop that prints a dot a million times stays linear.
            last[3].append(data)  # type: ignore[attr-defined]
        else:
            effects.append((kind, where, data, []))


def flushed(stream: int) -> None:
    """Standard output (1) or error (2) was flushed by the program, or its buffer alone (-1, -2)."""
    for recording in acting() if stacks else ():
        effects = recording.effects
        if recording.keeps(0) and (not effects or effects[-1] != ("flush", stream)):
            effects.append(("flush", stream))


def touched(library: str) -> None:
    """Something was used whose settings count."""
    for recording in innermost() if stacks else ():
        recording.distributions.add(library)


def random_read(generator: str) -> None:
    """The state of a global generator is being read."""
    for recording in all_open() if stacks else ():
        recording.random_read(generator)


def seeded(generator: str) -> None:
    """The state of a global generator is about to be overwritten."""
    now = around.random_states() if stacks else {}
    for recording in all_open() if stacks else ():
        if generator not in recording.seeded and generator not in recording.drawn:
            # Nothing was drawn before it was seeded: then the state at entry does not matter.
            same = now.get(generator) == recording.random.get(generator)
            (recording.seeded if same else recording.drawn).add(generator)


def thread_started(thread: object) -> None:
    """A thread is about to start: what it does, it does for the recording that starts it."""
    for recording in acting() if stacks else ():
        recording.threads.append(thread)


def given_away(work: object) -> bool:
    """A task is given to another process: whether there is somebody for whom that is done."""
    targets = list(acting()) if stacks else []
    for recording in targets:
        recording.given.append(work)
    return bool(targets)
