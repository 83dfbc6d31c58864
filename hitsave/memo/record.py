"""What a run's record says: how it began, how it ended, with which code and on which machine.

`opening` is written before the program's first line and costs what a few stat calls cost. `closing` is made when the program
has ended; what may take a while (the state of the git tree, the packages, small input files) is looked at there.
"""

from __future__ import annotations

import os
import sys
from stat import S_ISREG
from time import perf_counter

from hitsave_trace import names
from hitsave_trace.around import around
from hitsave_trace.fingerprint import surroundings
from hitsave_trace.fingerprint.distributions import distributions_of
from hitsave_trace.fingerprint.files import plain_stat
from hitsave_trace.importing.loader import relative
from hitsave_trace.model import CODE, DISTRIBUTION, FILE
from hitsave_trace.unrecorded import unrecorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from hitsave.memo.git import Repository
    from hitsave.memo.session import Session
    from hitsave_trace.model import Dependency

    Row = dict[str, object]
    Use = tuple[str, str, bytes, str | None]

KEPT_FILE_BYTES = 1 << 20
KEPT_RUN_BYTES = 16 << 20
"""Input files up to the first size are kept with the run, up to the second in sum."""
KEPT_FILES = 1000
"""So many of them: to look at ten thousand small ones takes longer than it took to read them."""

MOST_FAULTS = 20


def opening(session: Session) -> Row:
    """What is known before the program's first line."""
    options = session.options
    script = options.script or ""
    told = options.module or relative(os.path.abspath(script), session.scope.project)
    command = ["-m", options.module] if options.module is not None else [script]
    return {
        "command": [*command, *options.arguments],
        "script": told,
        "project": session.project,
        "cwd": os.getcwd(),
        "started": session.started,
        "tracer": session.engine.name,
        "python": sys.version.partition(" ")[0],
        "git": _git_at_start(session.repository),
        "at": session.at,
    }


def repository_of(project: str) -> Repository | None:
    """The git repository of the project; None if there is none or it can't be read."""
    from hitsave.memo import git

    try:
        return git.find(project)
    except (OSError, ValueError, IndexError):
        return None


def _git_at_start(repository: Repository | None) -> Row | None:
    if repository is None:
        return None
    return {"commit": repository.commit, "branch": repository.branch, "dirty": None, "untracked": []}


def closing(session: Session, status: int, exception: BaseException | None) -> Row:
    """What is known when the program has ended."""
    journal = session.journal
    trace = None
    if exception is not None:
        import traceback

        trace = "".join(traceback.format_exception(exception))
    uses = _with_unrecorded(journal.used.all_of_them(), session)
    _keep_sources(session)
    _keep_files(session, uses)
    return {
        "run": session.run or None,
        "seconds": perf_counter() - session.clock,
        "exit": status,
        "state": "done" if exception is None else "interrupted" if status < 0 else "failed",
        "traceback": trace,
        "hits": journal.hits,
        "misses": journal.misses,
        "unsaved": journal.unsaved_calls,
        "verified": journal.verified_calls,
        "different": journal.different_calls,
        "verify": session.settings.verify[0] or None,
        "saved_seconds": journal.saved_seconds,
        "replayed": False,
        "sources": session.sources,
        "touched": _touched(session),
        "functions": _functions(),
        "distributions": _distributions(uses),
        "used": session.store.save_uses(uses).hex() if session.run else None,
        "accepted": list(journal.accepted),
        "faults": session.faults[:MOST_FAULTS],
        "git": _git(session),
        "environment": _environment(),
    }


def _with_unrecorded(uses: tuple[Use, ...], session: Session) -> tuple[Use, ...]:
    """What the calls read, and what the program read besides; each thing as it was first read by a call, if one did."""
    known = {use[:2] for use in uses}
    try:
        more = unrecorded.uses()
    except Exception as error:
        session.faults.append(f"{type(error).__name__}: {error}")
        more = []
    return (*uses, *(use for use in more if use[:2] not in known and not session.journal.used.has_made(*use[:2])))


def _functions() -> dict[str, str]:
    return {
        code.name: code.fingerprint.hex()
        for module in names.user_modules.values()
        for code in module.codes
        if code.seen
    }


def _keep_sources(session: Session) -> None:
    """Keep the user modules that came in by another way than the import hook (an extension's loader, a test runner's)."""
    scope, project = session.scope, session.scope.project + os.sep
    for module in list(sys.modules.values()):
        path = _file_of(module)
        if not path.startswith(project) or not path.endswith(".py"):
            continue
        name = relative(path, scope.project)
        if name not in session.sources and scope.decide(path)[0]:
            try:
                with open(path, "rb") as file:
                    session.sources[name] = session.store.save_source(file.read()).hex()
            except OSError:
                continue


def _file_of(module: object) -> str:
    """The file of a module; a lazy one is not woken by the question."""
    try:
        path = object.__getattribute__(module, "__dict__").get("__file__")
    except AttributeError:
        return ""
    return path if type(path) is str else ""


def _touched(session: Session) -> dict[str, float]:
    """When each source was changed last."""
    found: dict[str, float] = {}
    for name in session.sources:
        try:
            found[name] = os.stat(os.path.join(session.scope.project, name)).st_mtime
        except OSError:
            continue
    return found


def _keep_files(session: Session, uses: tuple[tuple[str, str, bytes, str | None], ...]) -> None:
    """Keep the small files that the run read, if they are still what they were when it read them.

    A file's fingerprint is the digest of its bytes, so it is kept under the name that the run's record already has for it.
    """
    left = KEPT_RUN_BYTES
    read = [(name, fingerprint) for kind, name, fingerprint, _ in uses if kind == FILE]
    for name, fingerprint in read[:KEPT_FILES] if session.run else ():
        path = around.locate(name)
        try:
            found = plain_stat(path)
            size = found.st_size
            if size > min(KEPT_FILE_BYTES, left) or not S_ISREG(found.st_mode):
                continue
            left -= size
            if session.store.source(fingerprint) is not None or around.digests.content(path) != fingerprint:
                continue
            with open(path, "rb") as file:
                data = file.read()
        except OSError:
            continue
        session.store.save_source(data)


def _distributions(uses: tuple[tuple[str, str, bytes, str | None], ...]) -> dict[str, str]:
    """The packages that were imported, with their versions, and what the calls are known to have used of others."""
    found = {name: text or "" for kind, name, _, text in uses if kind == DISTRIBUTION}
    tops = {
        name.partition(".")[0] for name, module in list(sys.modules.items()) if "-packages" + os.sep in _file_of(module)
    }
    for top in sorted(tops):
        if top.startswith(("_", "hitsave", "lmdb", "xxhash")):
            continue  # these came with the interpreter or with us
        for name in distributions_of(top)[:1]:
            found.setdefault(name, surroundings.distribution(name)[1])
    return dict(sorted(found.items()))


def _git(session: Session) -> Row | None:
    repository = session.repository
    if repository is None:
        return None
    project = session.scope.project
    ran = {
        os.path.join(project, path): session.store.source(bytes.fromhex(digest))
        for path, digest in session.sources.items()
    }
    try:
        return repository.state(ran)
    except (OSError, ValueError, IndexError):
        return _git_at_start(repository)


def _environment() -> Row:
    """Where it ran, as far as a result may depend on it or somebody may ask."""
    system = os.uname() if hasattr(os, "uname") else None
    return {
        "host": system.nodename if system else "",
        "system": f"{system.sysname} {system.release}" if system else sys.platform,
        "machine": system.machine if system else "",
        "cpus": os.cpu_count(),
        "interpreter": surroundings.interpreter()[1],
        "executable": sys.executable,
        "prefix": sys.prefix,
    }


def codes_of(uses: Mapping[tuple[str, str], Dependency]) -> tuple[tuple[str, str, bytes, str | None], ...]:
    """Of what was read, the code: which functions, in which version."""
    return tuple(
        (CODE, name, thing.fingerprint, thing.text)
        for (kind, name), thing in sorted(uses.items(), key=_name_of)
        if kind == CODE
    )


def _name_of(item: tuple[tuple[str, str], Dependency]) -> str:
    return item[0][1]
