"""Everything that can go wrong in a user's sight: one constructor each.

A message says what happened, gives the facts, the consequence and the remedy, and ends with a slug that can be looked
up. It goes to stderr, once, and is never a traceback of ours.
"""

from __future__ import annotations

import sys

_RUNS_ON = "Nothing is saved; the program runs as it would without HitSave."
_WIDTH = 56


class Failure(Exception):
    """Something that the user is told."""

    def __init__(
        self,
        slug: str,
        what: str,
        facts: tuple[tuple[str, str], ...] = (),
        consequence: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(what)
        self.slug = slug
        self.what = what
        self.facts = facts
        self.consequence = consequence
        self.remedy = remedy

    def render(self) -> str:
        """The message, with a newline at its end."""
        width = max((len(name) for name, _ in self.facts), default=0)
        lines = [f"hitsave: {self.what}"]
        lines += [f"  {name.ljust(width)}  {text}".rstrip() for name, text in self.facts]
        lines += [line for line in (self.consequence, self.remedy) if line]
        lines[-1] = f"{lines[-1].ljust(_WIDTH - 1)} [{self.slug}]"
        return "\n".join(lines) + "\n"


class ConfigError(Failure):
    """A setting that can't be used. Nothing has run."""


class StoreFailure(Failure):
    """A store that can't be used. The program runs without it."""


said = 0
"""How many messages this process has printed."""


def say(failure: Failure) -> None:
    """Print to the interpreter's own stderr; a stderr that is closed or full is no reason to fail."""
    global said
    said += 1
    try:
        stream = sys.__stderr__
        if stream is not None:
            stream.write(failure.render())
            stream.flush()
    except (OSError, ValueError):
        pass


def store_is_file(folder: str) -> StoreFailure:
    return StoreFailure(
        "store-is-file",
        "the store is a file, not a folder",
        (("store", folder),),
        _RUNS_ON,
        "Choose another: --store DIR",
    )


def store_not_writable(folder: str, why: str) -> StoreFailure:
    return StoreFailure(
        "store-not-writable",
        "the store can't be written",
        (("store", folder), ("why", why)),
        _RUNS_ON,
        "Choose another: --store DIR, or set HITSAVE_STORE",
    )


def store_full(folder: str, why: str) -> StoreFailure:
    return StoreFailure(
        "store-full",
        "no space is left for the store",
        (("store", folder), ("why", why)),
        "What was saved before is kept and used; nothing more is saved in this run.",
        "Make room: hitsave cache clear",
    )


def store_failed(folder: str, why: str) -> StoreFailure:
    return StoreFailure(
        "store-failed",
        "the store failed while the program ran",
        (("store", folder), ("why", why)),
        "The program goes on; nothing more is saved in this run.",
        "Look into it: hitsave cache verify",
    )


def record_damaged(folder: str, why: str) -> StoreFailure:
    return StoreFailure(
        "damaged-record",
        "something in the store is damaged",
        (("store", folder), ("why", why)),
        "It is not used: what it was kept for is computed again.",
        "Find what else is: hitsave cache verify",
    )


def store_damaged(folder: str, why: str) -> StoreFailure:
    return StoreFailure(
        "store-damaged",
        "the store is damaged",
        (("store", folder), ("why", why)),
        _RUNS_ON,
        "Look into it: hitsave cache verify; or start anew: hitsave cache clear",
    )


def store_newer(folder: str, found: int, known: int) -> StoreFailure:
    return StoreFailure(
        "newer-store",
        "this store was made by a newer HitSave",
        (("store", folder), ("format", f"{found} (this HitSave knows {known})")),
        _RUNS_ON,
        "Update HitSave, or choose another store: --store DIR",
    )


def not_a_store(folder: str) -> StoreFailure:
    return StoreFailure(
        "not-a-store",
        "this folder is not a store, and is not empty",
        (("folder", folder),),
        f"Nothing in it is touched. {_RUNS_ON}",
        "Choose a new or an empty folder: --store DIR",
    )


def store_foreign(folder: str, maker: str) -> StoreFailure:
    return StoreFailure(
        "foreign-store",
        "this store was made by someone else",
        (("store", folder), ("made by", maker)),
        "Nothing in it is read; the run goes on without saving.",
        f"If you trust it: hitsave cache trust {folder}",
    )


def no_secret(path: str, why: str) -> StoreFailure:
    return StoreFailure(
        "no-user-folder",
        "HitSave has no folder of its own to tell your stores from others'",
        (("file", path), ("why", why)),
        _RUNS_ON,
        "Set XDG_DATA_HOME to a folder that can be written",
    )


def unknown_setting(key: str, nearest: str | None, where: str, known: tuple[str, ...]) -> ConfigError:
    remedy = f"Did you mean: {nearest}" if nearest else "Known are: " + ", ".join(known)
    return ConfigError("unknown-setting", f"unknown setting {key}", (("where", where),), "Nothing has run.", remedy)


def bad_setting(key: str, value: str, wanted: str, where: str) -> ConfigError:
    return ConfigError(
        "bad-setting",
        f"the setting {key} can't be {value}",
        (("where", where), ("wanted", wanted)),
        "Nothing has run.",
    )


def bad_pyproject(where: str, why: str) -> ConfigError:
    return ConfigError(
        "bad-pyproject", "pyproject.toml can't be read", (("where", where), ("why", why)), "Nothing has run."
    )


def no_such_script(path: str) -> Failure:
    return Failure("no-such-script", "there is no such script", (("script", path),), "Nothing has run.")


def no_such_module(name: str) -> Failure:
    return Failure("no-such-module", "there is no such module", (("module", name),), "Nothing has run.")


def no_such_run(number: str, last: int) -> Failure:
    facts = (("run", number), ("last run", str(last) if last else "none yet"))
    return Failure("no-such-run", "there is no such run", facts, "", "See them all: hitsave log")


def no_such_call(name: str, nearest: str | None) -> Failure:
    remedy = f"Did you mean: {nearest}" if nearest else "See the calls of the last run: hitsave why"
    return Failure("no-such-call", "there is no such call", (("call", name),), "", remedy)


def differs(call: str, where: str, run: int, found: tuple[tuple[str, str], ...]) -> Failure:
    return Failure(
        "verify-differs",
        f"{call} ({where}) is not what run {run} stored",
        found,
        "The program goes on with what it has just computed; the stored result is not used any more.",
        f"Look into it: hitsave why {call}",
    )


def untested_python(version: str, newest: str) -> Failure:
    return Failure(
        "untested-python",
        f"Python {version} is newer than the newest one tested ({newest})",
        (),
        "The program runs as it would without HitSave.",
    )


def another_tracer(why: str) -> Failure:
    return Failure("another-tracer", why)


def watched() -> Failure:
    return Failure(
        "watched",
        "a debugger, a profiler or coverage watches this program, so every call runs",
        remedy="Nothing is answered from the store in this run.",
    )
