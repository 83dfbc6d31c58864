"""What is special about a statement at the top level, as a call that may be answered.

It has no arguments: all it gets in is read by name, when it begins. Its result are the names that it bound. And it is not
worth saving for what the calls inside of it took that are saved themselves.
"""

from __future__ import annotations

import sys
from time import perf_counter

from hitsave.store.codec import Gone
from hitsave_trace import reads, sights
from hitsave_trace.fingerprint.hasher import ATOMS
from hitsave_trace.fingerprint.values import OverBudget
from hitsave_trace.model import ABSENT, BINDING, GLOBAL
from hitsave_trace.names import StatementInfo
from hitsave_trace.namespace import Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from hitsave.memo.call import Call
    from hitsave.memo.policy import Policy
    from hitsave.store.store import Store
    from hitsave_trace.names import CodeInfo, ModuleInfo
    from hitsave_trace.recording import Recording

    Old = list[tuple[bytes, str]]  # fingerprint and text of each statement of a module, in order

BUDGET_SECONDS = 0.1
"""What looking at the values that a statement reads may cost, if it was never seen to be slow."""


def look(found: Recording, policy: Policy, started: float, *, patient: bool) -> bool:
    """Note what a statement reads, before it runs. False if that takes too long: then it runs unseen."""
    info = found.info
    if not info.is_statement:
        return True
    found.names = Names(info.module.name, info.module.globals or {})
    try:
        with sights.within(None if patient else policy.patience * BUDGET_SECONDS):
            reads.observe(found, info.module, info.blocks[0], found.enter(info, -1, 0))
    except OverBudget:
        policy.gave_up(info, perf_counter() - started)
        return False
    return True


def settle_names(found: Recording, came_in: Iterable[tuple[object, object]]) -> None:
    """See to the names that a statement binds on some ways only, and that mean what they meant before.

    Either it did not bind them, or it bound them to the same object; a hit would have to know which. For a value that can't be
    changed it is enough that the name has it when the statement begins. An object of which the statement knew could
    be either.
    """
    info, names = found.info, found.names
    if not isinstance(info, StatementInfo) or names is None:
        return
    for name, value in names.made(info.binds):
        if _is_named_there(value, names.module, name):
            # It is pickled by its name, under which nothing stands before the statement has run.
            found.forbid("unpicklable", f"{name}, which is known by this name", "", spreads=False)
    known: set[int] | None = None
    for name, value in names.unmoved(info.binds):
        subject = f"{names.module}:{name}"
        if name in info.sure or (GLOBAL, subject) in found.reads or (BINDING, subject) in found.reads:
            continue
        if type(value) in ATOMS:
            sight = names.see(GLOBAL, subject)
            found.read(sight.kind, subject, sight.fingerprint or ABSENT, sight.text, 0)
            continue
        if known is None:
            known = {id(thing) for _, thing in came_in}
        if id(value) in known:
            found.forbid("identity", f"{name}, which it may have bound to what it was", "", spreads=False)


def _is_named_there(value: object, module: str, name: str) -> bool:
    """Whether it is what a module calls by this name: a class, a type variable. No code of the program is asked."""
    kind = type(value)
    look = type.__getattribute__ if issubclass(kind, type) else object.__getattribute__
    if look is object.__getattribute__ and kind.__module__ != "typing":
        return False
    try:
        return (look(value, "__module__"), look(value, "__name__")) == (module, name)
    except AttributeError:
        return False


def look_for_modules(call: Call, value: object) -> None:
    """See whether the modules that a statement bound are there. Raises `Gone`."""
    if call.info.is_statement:
        told: tuple[tuple[str, object], ...] = value[3]  # type: ignore[index]
        if not all(said in sys.modules for _, said in told if type(said) is str):
            raise Gone("a module")


class Earlier:
    """The statements that the modules had in the run before, to say which of them one has come from."""

    __slots__ = ("_known", "_store", "run")

    def __init__(self, store: Store, run: int) -> None:
        self._store = store
        self.run = run
        self._known: dict[str, Old] = {}

    def text(self, info: CodeInfo) -> str | None:
        """The text of the statement in whose place `info` stands now; None if there was none, or it is the same."""
        module = info.module
        old = self._known.get(module.name)
        if old is None:
            old = self._known[module.name] = self._statements(module)
        if not old:
            return None
        from difflib import SequenceMatcher

        now = [code for code in module.codes if code.is_statement]
        matcher = SequenceMatcher(None, [one[0] for one in old], [code.fingerprint for code in now], autojunk=False)
        for word, first, last, start, end in matcher.get_opcodes():
            for j in range(start, end):
                if now[j] is info and word == "replace":
                    return old[min(first + j - start, last - 1)][1]
        return None

    def _statements(self, module: ModuleInfo) -> Old:
        store = self._store
        record = store.run(self.run) or {}
        script = record.get("script")
        for number in store.run_numbers(script if isinstance(script, str) else None, self.run, 1):
            sources = (store.run(number) or {}).get("sources")
            digest = sources.get(module.relative) if isinstance(sources, dict) else None
            text = store.source(bytes.fromhex(digest)) if isinstance(digest, str) else None
            if text is not None:
                return _listed(text, module)
        return []


def _listed(text: bytes, module: ModuleInfo) -> Old:
    from hitsave_trace.importing.quietly import compile_quietly
    from hitsave_trace.probes.rewrite import statements_of

    try:
        code = compile_quietly(text, module.filename)
    except (SyntaxError, ValueError):
        return []
    lines = text.splitlines()
    return [
        (one.digest, b"\n".join(lines[one.first_line - 1 : one.last_line]).decode("utf-8", "replace"))
        for one in statements_of(code, module.name)
    ]
