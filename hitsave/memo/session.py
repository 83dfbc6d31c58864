"""A run under HitSave: everything is put together here, before the program's first line, and taken apart after its last.

`begin` gives a handle with what the frame of a run needs (`hitsave.run`): where templates lie, what to do when a user
module is loaded, when the program starts, and when it has ended.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter, time

from hitsave import config, errors
from hitsave.memo import check, record
from hitsave.memo.call import Call
from hitsave.memo.interceptor import Memo
from hitsave.memo.journal import Journal
from hitsave.memo.policy import Policy
from hitsave.memo.present import Present
from hitsave.memo.verify import Verifier
from hitsave.store.store import Store, open_store
from hitsave_trace import callees, engines, filled, names, observations, recording, taps
from hitsave_trace.around import around
from hitsave_trace.fingerprint import distributions, shapes
from hitsave_trace.fingerprint import state as kinds
from hitsave_trace.fingerprint.containers import let_order_count
from hitsave_trace.fingerprint.files import FileDigests
from hitsave_trace.giving_way import EVENTS, give_way, is_nothing
from hitsave_trace.importing.loader import relative
from hitsave_trace.library_calls import LibraryCalls
from hitsave_trace.observer import UNPROBED, Observer
from hitsave_trace.probes import hooks
from hitsave_trace.probes.arming import arm
from hitsave_trace.sampler import Sampler, around_forks
from hitsave_trace.taps import patched, run_taps, state, switches
from hitsave_trace.taps.whole import Whole
from hitsave_trace.taps.workers import is_temporary
from hitsave_trace.unrecorded import unrecorded
from hitsave_trace.warned import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import CodeType

    from hitsave.options import Options
    from hitsave_trace.importing.loader import Hook, Loaded
    from hitsave_trace.names import CodeInfo
    from hitsave_trace.probes.hooks import Site
    from hitsave_trace.recording import Recording
    from hitsave_trace.scope import Scope

    Begun = tuple[bytes, dict[str, str], list[dict[str, object]], float]
    AtEnd = Callable[["Session", int, BaseException | None], dict[str, object]]

_OWN = tuple(os.path.dirname(os.path.abspath(module.__file__)) for module in (config, names) if module.__file__)

_OWN_FOLDERS = tuple(folder + os.sep for folder in _OWN)
MANY_FAULTS = 20
"""Failures of ours in one run after which calls are no longer asked about."""


def begin(options: Options, scope: Scope) -> Session:
    """Open the store, record that the run has begun, and get ready. Raises ConfigError."""
    return Session(options, scope)


_ASKED_OF_ALL = ("_distutils_hack",)
"""Finders of libraries that are asked about each module that is imported, and find none but one of their own."""


class Session:
    """One run of one process."""

    def __init__(self, options: Options, scope: Scope) -> None:
        self.options = options
        self.scope = scope
        flags = {
            "store": options.store,
            "threshold": options.threshold,
            "tracer": None if options.tracer == "auto" else options.tracer,
            "quiet": True if options.quiet else None,
            "replay": options.replay,
            "verify": options.verify,
        }
        # Old code runs in a folder of its own, for the project that it came from.
        self.at, self.project = _at(scope.project)
        self.settings = config.load(self.project, flags)
        scope.extend(self.settings.trace)
        scope.settle()
        self.store = open_store(self.settings.store, self.project, self.settings.size_limit_bytes)
        if isinstance(self.store, Store):
            self.store.blobs.maps_allowed()
        distributions.recall, distributions.keep = self.store.file_digest, self.store.save_file_digest
        self.templates: str | None = os.path.join(self.store.folder, "templates") if self.store.usable else None
        self.started = time()
        self.clock = perf_counter()
        self.process = os.getpid()
        self.sources: dict[str, str] = {}
        self.faults: list[str] = []
        self.engine = engines.choose(self.settings.tracer)
        self.repository = record.repository_of(scope.project) if self.at is None else None
        self.opening = record.opening(self)
        self.run = self.store.start_run(self.opening)
        self.journal = Journal(self.store, self.run, wanted=options.report is not None)  # type: ignore[arg-type]
        self.policy = Policy(self.settings.threshold_seconds, self.store.costs(), self.settings.patience)
        self.present = Present(self._fingerprints_of)
        check.accepted.update(_accepted(self.store.said()))
        let_order_count()  # the hash seed is fixed
        self.memo = Memo(self.store, self.policy, self.present, self.journal, self.run)  # type: ignore[arg-type]
        if self.settings.verify[0]:
            self.memo.verifier = Verifier(self.store, self.journal, *self.settings.verify)  # type: ignore[arg-type]
        self.observer = Observer(self.memo, self._opened, self._closed, self._failed, self._classify)
        self.library = LibraryCalls(self.observer, self._timed)
        self.sampler = Sampler(self._slow, self.engine.tire, self._slow_site)
        self.taps: taps.Installed | None = None
        self.hook: Hook | None = None
        # The run as a whole, if the process that the user started asked for it to be recorded (`hitsave.replay`).
        self.begun: Begun | None = None
        self.whole: Whole | None = None
        self.script = ""
        self.broken: Callable[[], None] | None = None  # what to call when something happens after the run was kept
        self.paths: list[str] = []  # where modules were looked for, at the program's beginning and at its end
        self.modules: list[object] = []  # what was imported at the end, for as long as that is looked at
        self.started_with: frozenset[str] = frozenset()  # files of modules that were there before the program
        self.at_end: AtEnd | None = None
        self.said = errors.said

    # --- while the program runs ---------------------------------------------------------------------------------

    def start(self, hook: Hook) -> None:
        """Begin to observe: the next thing that happens is the program's first line."""
        self.hook = hook
        around.project = self.scope.project
        around.digests = FileDigests()
        around.getcwd = os.getcwd
        around.is_user_file = lambda path: self.scope.decide(path)[0]
        around.random_states = state.random_states
        around.in_use = switches.in_use
        around.clocks_refused = self.settings.clocks == "refuse"
        folder = self.store.folder + os.sep
        if self.begun is not None and self.run:
            self.whole = Whole(lambda path: path.startswith(folder) or self.own(path))
        ignored = lambda path: path.startswith(folder) or is_temporary(path)  # noqa: E731
        self.taps = taps.install(observations, ignored, self.whole)  # type: ignore[arg-type]
        self.memo.whole = self.whole
        self.memo.taps = self.taps
        self.memo.failed = self._failed
        if self.memo.verifier is not None:
            self.memo.verifier.watch_clocks(self.taps.patches)
        self.warnings = Watch(observations, self.taps.places.in_library_import, self.taps.streams.redirected)
        self.warnings.before_recording(self.taps.patches)
        self.taps.audit.outer.update(dict.fromkeys(EVENTS, self._watched))
        hooks.observer = self.observer
        hooks.registered = self._registered
        if self.settings.sites:
            hooks.site_registered = self._site
            hooks.site_reached = self.library.reached
        if self.engine.instead is not None:
            errors.say(errors.another_tracer(self.engine.instead))
        if self.options.tooled:
            if not self.settings.quiet:
                errors.say(errors.watched())
            # What watches the program must see its lines run.
            self.observer.off = True
        self.engine.start(self.observer)
        unrecorded.on = bool(self.run)
        around_forks(self.sampler)
        os.register_at_fork(after_in_child=self.journal.fork)
        self.sampler.start()

    def record_whole(self, begun: Begun | None, script: str, at_end: AtEnd) -> None:
        """Record the run as a whole, too: what is known of its beginning, and what keeps it at its end. `script` is the file
        that must have been read, if it is known.
        """
        self.begun, self.script, self.at_end = begun, script, at_end

    def begin_whole(self) -> None:
        """Begin to record the run as a whole: the next thing that happens is the program's first line."""
        if self.taps is not None and self.taps.run is not None:
            self.said = errors.said
            files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
            self.started_with = frozenset(os.path.abspath(file) for file in files if isinstance(file, str))
            self.paths = [path for path in sys.path if isinstance(path, str)]
            self.store.flush()  # nothing may be on its way to the disk while it is noted how much was written
            self.taps.run.begin()

    def loaded(self, loaded: Loaded) -> None:
        """A user module is about to run: keep its source, and note which functions it has."""
        if loaded.source is None or not self.run:
            return
        digest = self.store.save_source(loaded.source)
        name = relative(loaded.filename, self.scope.project)
        self.sources[name] = digest.hex()
        self.store.note_source(self.run, name, digest.hex())
        info = names.user_modules.get(loaded.module)
        if info is None or loaded.why_not is not None:
            return
        for code in info.codes:
            if code.qualname == "<module>" and code.code is not None:
                patched.note_code(loaded.module, names.original_code(code.code))
        kept = info.codes if self.settings.statements else [code for code in info.codes if not code.is_statement]
        codes = [(code.name, code.fingerprint, code.first_line, code.last_line) for code in kept]
        self.store.save_codes(loaded.module, digest, info.relative, codes)

    def _registered(self, info: CodeInfo) -> None:
        if info.is_statement and not self.settings.statements:
            info.recordable = False
            return
        self.policy.begin(info)
        if info.is_statement and not info.candidate:
            return
        self.observer.registered(info)

    def _site(self, site: Site, code: CodeType) -> None:
        self.sampler.sites.setdefault(id(code), (code, []))[1].append(site)
        if self.policy.begin_site(site) and not self.observer.off:
            arm(site.cell)  # type: ignore[arg-type]

    def _slow_site(self, site: Site, seconds: float) -> None:
        """A call of a library on the line of a site was seen running for that long: ask about its next calls."""
        if self.policy.promote_site(site, seconds):
            for info in site.infos.values():
                info.candidate = True
            arm(site.cell)  # type: ignore[arg-type]

    def _timed(self, info: CodeInfo, seconds: float, why: tuple[str, str] | None) -> None:
        """A call of a library was not asked about: say so if it took long, where there is something to say."""
        if self.policy.timed(info, seconds) and why is not None:
            call = Call(info, (), (), perf_counter() - seconds, 0.0)
            self.journal.unsaved(call, recording.Recording(info, call, 0, 0.0), seconds, [(*why, "", False)])

    def _slow(self, info: CodeInfo, seconds: float) -> None:
        if self.policy.promote(info, seconds):
            self.observer.registered(info)

    def _watched(self, _: object) -> None:
        if self.observer.off or is_nothing():
            return
        self.sampler.stop()
        give_way(self.observer, [site for _, sites in self.sampler.sites.values() for site in sites])
        self.store.pause()  # the thread that writes would be watched as well

    def _opened(self, found: Recording) -> None:
        if self.taps is not None:
            self.taps.before_recording()
            self.warnings.before_recording(self.taps.patches)
        self.engine.reopen()
        self.journal.settle()
        self.memo.opened(found)

    def _closed(self, last: bool) -> None:
        if last:
            self.engine.rest()
            shapes.forget()
        if self.taps is not None:
            self.taps.after_recording()

    @staticmethod
    def own(path: str) -> bool:
        """Whether a file is HitSave's."""
        return path.startswith(_OWN_FOLDERS)

    def _classify(self, filename: str) -> str:
        """Say whose code a file is: a library's top-level module, user code, or nobody's we need to know."""
        if filename.startswith("<"):
            return ""
        for mark in ("/site-packages/", "/dist-packages/"):
            head, found, tail = filename.rpartition(mark)
            if found and head:
                name = tail.partition("/")[0].removesuffix(".py")
                return "" if name in _ASKED_OF_ALL else name
        if f"{os.sep}hitsave" in filename and filename.rpartition(os.sep)[0].startswith(_OWN):
            return ""
        return UNPROBED if self.scope.decide(filename)[0] else ""

    def _failed(self, error: BaseException) -> None:
        if os.environ.get("HITSAVE_DEBUG"):
            import traceback

            traceback.print_exception(error, file=sys.__stderr__)
        self.faults.append(f"{type(error).__name__}: {error}")
        if len(self.faults) >= MANY_FAULTS:
            # What fails this often is better left alone: from here on calls run plainly.
            self.observer.off = True

    def _fingerprints_of(self, module: str, relative: str) -> Mapping[str, bytes]:
        """Fingerprint the functions of a module that is not loaded, from its file."""
        from hitsave_trace.importing.quietly import compile_quietly
        from hitsave_trace.probes.rewrite import rewrite
        from hitsave_trace.probes.template import fingerprints

        path = around.locate(relative)
        try:
            with open(path, "rb") as file:
                source = file.read()
            code = compile_quietly(source, path)
        except (OSError, SyntaxError, ValueError):
            return {}
        hook = self.hook
        if hook is None:
            return {}
        key = hook.templates.key(code, module)
        template = hook.templates.get(key)
        if template is None:
            template = rewrite(code, module)
            hook.templates.put(key, template)
        return fingerprints(template)

    # --- the end ----------------------------------------------------------------------------------------------------

    def last_look(self) -> None:
        """The program has ended, and its modules are as it left them: what did its functions mention?"""
        if self.taps is not None and self.taps.run is not None:
            self.paths += [path for path in sys.path if isinstance(path, str)]
            self.modules = list(sys.modules.values())
            self.taps.run.look_at_names(clocks=self.settings.clocks == "refuse")

    def over(self) -> None:
        """HitSave has done its part: whatever happens from here on, destructors of the program do."""
        if self.whole is not None:
            self.whole.late = self.broken
        # What we held would outlive the program's modules, and end when nothing can be printed any more.
        kinds.forget()
        shapes.forget()
        filled.forget()
        callees.forget()

    def finish(self, status: int, exception: BaseException | None) -> dict[str, object]:
        """The program has ended: write down what is not written yet; the record of the run."""
        self.sampler.stop()
        self.engine.stop()
        unrecorded.on = False
        if self.taps is not None and self.taps.run is not None and not run_taps.flush():
            self.taps.run.whole.forbid("stdout-replaced", "it can't be written any more", "")
        replay = self.at_end(self, status, exception) if self.at_end is not None else {}
        self.modules = []
        hooks.observer = hooks.Nobody()
        hooks.site_reached = hooks.as_it_is
        if self.taps is not None:
            self.taps.remove()
            self.warnings.remove()
        recording.stacks.clear()
        for name in self.policy.costs:
            cost = self.policy.record(name)
            if cost is not None:
                self.store.save_cost(name, cost)
        closing = {**record.closing(self, status, exception), **replay}
        distributions.remember()
        self.journal.finish()
        self.store.finish_run(self.run, closing)
        return {**self.opening, **closing}


def _at(project: str) -> tuple[int | None, str]:
    """Which run's code this process was started to run, and its project (see `hitsave.start`)."""
    run, _, told = os.environ.pop("HITSAVE_AT", "").partition(" ")
    return (int(run), told) if run.isdecimal() and told else (None, project)


def _accepted(said: dict[str, object]) -> Iterator[tuple[str, bytes, bytes]]:
    """The edits that the user accepted, in the form in which a check looks for them."""
    rows = said.get("accepted")
    for row in rows if isinstance(rows, list) else ():
        yield row["function"], bytes.fromhex(row["before"]), bytes.fromhex(row["after"])
