"""Every way in which a call is missed or unsaved, as one catalogue.

A reason is a plain dict, small enough to be kept with each call of each run:

    {"kind": slug, "subject": what it is about, "where": "file:line" or None,
     "before": text or None, "after": text or None, "path": functions from the call to the subject}

This module gives each slug its sentence and its remedy in one line. The long texts stand in
`hitsave.report.reason_texts`, so that a program that runs pays nothing for them. `docs/reasons.md`
is generated from both. A slug that is not listed is still told, in general words: a reason is
never dropped because the catalogue lags behind.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MISSED = "missed"
UNSAVED = "unsaved"
DIFFERS = "differs"

# slug: (sentence with before and after, sentence without). The subject is `{subject}`.
_MISSED: dict[str, tuple[str, str]] = {
    "code": ("the code of {subject} changed", "the code of {subject} changed"),
    "binding": ("{subject} is something else now: {before} → {after}", "{subject} is something else now"),
    "class shape": ("the class {subject} changed: {before} → {after}", "the class {subject} changed"),
    "global": ("{subject} changed: {before} → {after}", "{subject} changed"),
    "closure": (
        "the captured variable {subject} changed: {before} → {after}",
        "the captured variable {subject} changed",
    ),
    "file": ("the file {subject} changed: {before} → {after}", "the file {subject} changed"),
    "folder": (
        "something was put into the folder {subject} or taken out of it, or its mode changed",
        "something was put into the folder {subject} or taken out of it, or its mode changed",
    ),
    "link": ("the link {subject} leads to something else", "the link {subject} leads to something else"),
    "listing": ("the folder {subject} holds other names: {before} → {after}", "the folder {subject} holds other names"),
    "filled": ("the cache of {subject} held something else", "the cache of {subject} held something else"),
    "env": (
        "the environment variable {subject} changed: {before} → {after}",
        "the environment variable {subject} changed",
    ),
    "argv": ("the command line changed: {before} → {after}", "the command line changed"),
    "terminal": (
        "what it asked about the terminal changed: {subject}: {before} → {after}",
        "another terminal: {subject}",
    ),
    "cwd": ("the working directory changed: {before} → {after}", "the working directory changed"),
    "random": (
        "the random generator {subject} was in another state",
        "the random generator {subject} was in another state",
    ),
    "distribution": ("the package {subject} changed: {before} → {after}", "the package {subject} changed"),
    "sharing": (
        "an object comes in by other ways than before: {subject}",
        "an object comes in by other ways than before: {subject}",
    ),
    "setting": (
        "the settings of {subject} changed: {before} → {after}",
        "the settings of {subject} changed",
    ),
    "interpreter": ("the interpreter changed: {before} → {after}", "the interpreter changed"),
    "hash-seed": ("the seed of string hashes changed: {before} → {after}", "the seed of string hashes changed"),
    "argument": (
        "first time with these arguments; nearest stored: {subject} was {before}, is {after}",
        "first time with these arguments",
    ),
    "import": ("{subject} could be imported in place of what was", "{subject} could be imported in place of what was"),
    "condition": (
        "the {subject} changed: {before} → {after}",
        "the {subject} changed",
    ),
    "new": ("first call of this function under HitSave", "first call of this function under HitSave"),
    "gone": ("the result was stored, and is no longer", "the result was stored, and is no longer"),
}

# slug: (sentence; `{subject}` is what it is about, what can be done)
_UNSAVED: dict[str, tuple[str, str]] = {
    # What comes in
    "unfingerprintable-argument": ("the argument {subject} can't be fingerprinted", "pass plain data, or what the object is made from"),
    "unfingerprintable-global": ("the global {subject} can't be fingerprinted", "make the object inside the function, or pass it in"),
    "unfingerprintable-closure": ("the captured variable {subject} can't be fingerprinted", "make the object inside the function, or pass it in"),
    "over-budget": ("fingerprinting {subject} took too long", "pass a file name or less data"),
    "argument-changed": ("it changed its argument {subject}, which can't be set again", "return the changed object, or change a copy"),
    "unfingerprintable-change": ("what it left in an object can't be fingerprinted: {subject}", "keep open files, locks and generators out of it"),
    "identity": ("{subject} is reachable in two ways, and which one matters", "pass a copy"),
    # What it changes
    "global-changed": ("it changed the global {subject}, which can't be set again", "return the value, and assign it where the function is called"),
    "closure-changed": ("it changed the captured variable {subject}, which can't be set again", "return the value instead"),
    "environment-changed": ("it changed the environment variable {subject}", "set it at the top of the script"),
    "directory-changed": ("it changed the working directory", "use full paths, or change it at the top of the script"),
    "switch": ("it changed a setting of the whole process: {subject}", "set it at the top of the script"),
    "signal": ("it installed a signal handler: {subject}", "install handlers at the top of the script"),
    "gui": ("it used a window or the current figure: {subject}", "make the figure, draw and save it in one function"),
    "hidden-state": ("it used state that can't be seen: {subject}", "split it off, so that the slow part does without"),
    "filled-cache": ("a cached function did more than return: {subject}", "let what is cached only return, or call it at the top of the script"),
    "kept-result-changed": ("it changed the object that a cache keeps: {subject}", "keep the object in a global"),
    "filled-by-state": ("it filled a cache with what may change later: {subject}", "call the cached function once before it"),
    "cache-content": ("what a cache holds can't be compared: {subject}", "let what is cached return plain data, and call it by name"),
    "import-of-user-module": ("it imported a module of the project: {subject}", "import it at the top of the file"),
    "module-patched": ("it changed the module {subject}", "change it at the top of the script"),
    "warning-outside": ("it gave a warning that code outside of it reacts to: {subject}", "catch and record warnings in one function"),
    # Where it can't be repeated
    "entropy": ("it drew true randomness: {subject}", "use a generator with a seed"),
    "calendar": ("it read the date or the time of day: {subject}", "read it outside, and pass it in"),
    "clock": ("it read a clock: {subject}, and the settings refuse clocks", 'drop clocks = "refuse" from [tool.hitsave]'),
    "network": ("it used the network: {subject}", "download in a function of its own, compute in another"),
    "process": ("it started a process: {subject}", "start it outside the slow function"),
    "stdin": ("it read standard input: {subject}", "read the input outside, and pass it in"),
    "thread": ("other threads were running: {subject}", "start and join the threads inside one function"),
    "native-io": ("native code opened files that can't be followed: {subject}", "read the data outside, and pass it in"),
    "database": ("it wrote to a database: {subject}", "write outside the slow function"),
    "already-open-file": ("it used a file that was open before: {subject}", "open the file inside the function"),
    "left-open-file": ("it left a file open that it was writing: {subject}", "close the file before returning, or use `with`"),
    "late-end": ("when its local variables go, code of the program runs: {subject}", "delete or close it inside the function"),
    "special-file": ("it used what is no ordinary file: {subject}", "read or write an ordinary file"),
    "temporary-name": ("the name of a temporary file can be seen: {subject}", "remove temporary files, and don't print their names"),
    "native-output": ("native code printed past Python: {subject}", "switch its messages off"),
    "too-much": ("it read or wrote more than is kept of a run: {subject}", "nothing to do: its calls are saved one by one"),
    "unreadable-file": ("a file that it used can't be read: {subject}", "let the file stay readable until the call ends"),
    "file-changed-meanwhile": ("the file {subject} changed while the call ran", "run again when nothing writes to it"),
    "stdout-replaced": ("it wrote to a stream that can't be recorded: {subject}", "print to the ordinary sys.stdout"),
    # Code that can't be followed
    "dynamic-code": ("it ran code made from text: {subject}", "put that code in a function"),
    "dynamic-read": ("it read names that are only known while it runs: {subject}", "use the name itself, or a dict of your own"),
    "caller-frame": ("library code looked into the variables of its caller: {subject}", "pass the variables by name"),
    "source-read": ("it looked up source lines of the program: {subject}", "do that outside the slow function"),
    "unprobed-code": ("code of the project ran that HitSave does not follow: {subject}", "import it from a .py file of the project"),
    # What comes out
    "raised": ("it raised {subject}", "nothing to do: a call that raises is run each time"),
    "interrupted": ("it was interrupted", "nothing to do: what had finished inside it is kept"),
    "generator": ("it returns something that goes on running: {subject}", "return a list"),
    "unfingerprintable-result": ("its result can't be fingerprinted: {subject}", "return plain data"),
    "unpicklable": ("its result can't be pickled: {subject}", "return plain data"),
    "unfaithful": ("its result is not the same after saving and loading: {subject}", "return the parts that matter as plain data"),
    "result-changed": ("its result changed while it was being saved: {subject}", "nothing to do: it is saved another time"),
    # Not worth it, not possible now
    "accepted": ("a call inside it was answered by an accepted edit: {subject}", "hitsave accept --undo, if it is to be saved"),
    "too-cheap": ("it is quicker to run than to look up", "nothing to do"),
    "too-big": ("its result is too large to keep: {subject}", "raise size_limit in [tool.hitsave], or return less"),
    "debugger": ("a debugger, profiler or coverage tool was watching: {subject}", "run without it to have results reused"),
    "store-unavailable": ("the store could not be used: {subject}", "see the message of that run"),
    "internal": ("HitSave failed here: {subject}", "please report it; the program itself was not affected"),
}  # fmt: skip

# What `--verify` finds. slug: (sentence with before (stored) and after (computed), sentence without).
_DIFFERS: dict[str, tuple[str, str]] = {
    "result-differs": ("{subject} was stored as {before}, is {after}", "{subject} is not what was stored"),
    "text-differs": ("its text on {subject} was stored as {before!r}, is {after!r}", "its text on {subject} is not what was stored"),
    "file-differs": ("the file {subject} was left with {before!r}, is left with {after!r}", "it leaves the file {subject} in another state"),
    "effect-differs": ("{subject}: {before} when it was stored, {after} now", "it leaves {subject} in another state"),
    "read-unknown": ("it reads {subject}, of which the stored result knows nothing", "it reads {subject}, of which the stored result knows nothing"),
    "read-differs": ("it reads {subject} as {after}, and read it as {before}", "it reads {subject} in another state than when it was stored"),
    "read-missing": ("it had read {subject}, and does not now", "it had read {subject}, and does not now"),
    "raises-now": ("it raises {subject}", "it raises {subject}"),
    "refused-now": ("it could be saved then, and can't be now ({subject}: {after})", "it could be saved then, and can't be now ({subject})"),
}  # fmt: skip

# Other spellings that older records may hold.
_ALIASES = {"threads": "thread", "presence": "file", "stat": "file"}

# What to say when the subject is not known, unless the sentence ends in it: then the sentence goes up to its colon.
_NO_SUBJECT = "something"


def slugs(verdict: str) -> tuple[str, ...]:
    """The slugs of one verdict (`MISSED`, `UNSAVED` or `DIFFERS`), in the order of the catalogue."""
    return tuple({MISSED: _MISSED, UNSAVED: _UNSAVED, DIFFERS: _DIFFERS}[verdict])


def canonical(slug: str) -> str:
    """The catalogue's spelling of `slug`."""
    return _ALIASES.get(slug, slug)


def verdict_of(slug: str) -> str | None:
    """`MISSED`, `UNSAVED`, `DIFFERS`, or None for a slug that the catalogue does not know."""
    slug = canonical(slug)
    if slug in _MISSED:
        return MISSED
    if slug in _DIFFERS:
        return DIFFERS
    return UNSAVED if slug in _UNSAVED else None


def template(slug: str) -> str:
    """The sentence of `slug` with its blanks, for the documentation."""
    slug = canonical(slug)
    if slug in _MISSED:
        return _MISSED[slug][0]
    if slug in _DIFFERS:
        return _DIFFERS[slug][1]
    return _UNSAVED[slug][0]


def remedy(slug: str) -> str | None:
    """What the user can do, in one line; None for a miss, where nothing needs to be done, and for a difference."""
    found = _UNSAVED.get(canonical(slug))
    return found[1] if found is not None else None


def sentence(reason: Mapping[str, object], subject: str | None = None) -> str:
    """One sentence for `reason`, without its place. `subject` overrides how the subject is spelled."""
    slug = canonical(str(reason.get("kind") or "internal"))
    about = subject if subject is not None else str(reason.get("subject") or "")
    before, after = reason.get("before"), reason.get("after")
    if slug in _MISSED:
        told = _MISSED[slug][0 if before is not None and after is not None else 1]
        if slug == "file" and (before == "absent" or after == "absent"):
            told = "the file {subject} is there now" if before == "absent" else "the file {subject} is gone"
        elif slug == "gone" and after is not None:
            told = "the stored result can't be put together any more: {after}"
        elif slug == "setting" and about.endswith(AS_SET):
            about = about.removesuffix(AS_SET)
            told = "what the program sets in {subject} changed" + ("" if before == after else ": {before} → {after}")
        elif slug == "binding":
            told = _binding_words(before, after)
        elif slug in ("global", "closure") and before is not None and before == after:
            told = _MISSED[slug][1] + ": {after}, with other contents"
        elif slug == "class shape":
            told = _class_words(before, after)
        elif slug == "argument" and before is not None and before == after:
            told = "first time with these arguments; {subject} is another {after} than in the nearest stored call"
        elif slug == "env" and (before is None) != (after is None):
            told = "the environment variable {subject} is " + ("not set now" if after is None else "set now: {after}")
        return told.format(subject=about or _NO_SUBJECT, before=before, after=after)
    if slug in _DIFFERS:
        told = _DIFFERS[slug][1 if before is None or after is None else 0]
        if slug == "refused-now" and after is not None:
            told = _DIFFERS[slug][0]
        return told.format(subject=about or _NO_SUBJECT, before=before, after=after)
    if slug in _UNSAVED:
        told = _UNSAVED[slug][0]
        if not about and told.endswith(": {subject}"):
            told = told[: -len(": {subject}")]
        return told.format(subject=about or _NO_SUBJECT)
    return f"{slug}: {about}" if about else slug


NOTHING = "nothing"
AS_SET = ", as the program set it"
"""At the end of a subject: what a program sets in a library, not what that library's settings are."""


def changed_lines(before: str | None, after: str | None) -> tuple[str, str]:
    """Cut two texts of a class, a namespace or a setting, a line an attribute, down to the lines in which they differ."""
    old, new = (before or "").splitlines(), (after or "").splitlines()
    gone = [line for line in old if line not in new]
    come = [line for line in new if line not in old]
    return ", ".join(gone)[:300] or NOTHING, ", ".join(come)[:300] or NOTHING


def attribute_of(before: object, after: object) -> tuple[str, str, str] | None:
    """If one attribute of a class has another value: its name, the value before, the value now."""
    old_name, old_sign, old = str(before).partition(" = ")
    new_name, new_sign, new = str(after).partition(" = ")
    if old_sign and new_sign and old_name == new_name and old_name.isidentifier() and " = " not in old + new:
        return old_name, old, new
    return None


def _binding_words(before: object, after: object) -> str:
    """What a name stands for now; of a function that was made anew, what it has captured."""
    if before is None or after is None or before == after:
        return _MISSED["binding"][1]
    (function, with_, old), (now, _, new) = (str(text).partition(") with ") for text in (before, after))
    if with_ and function == now:
        return "{subject} was made anew, " + _plain(f"with {new} in place of {old}")
    return _MISSED["binding"][0]


def _class_words(before: object, after: object) -> str:
    """How a class has changed, with `{subject}` for its name."""
    one = attribute_of(before, after)
    if one is not None:
        return "the class {subject} changed: " + _plain(f"{one[0]} was {one[1]}, is {one[2]}")
    if before == after or before is None or after is None:
        return "the class {subject} changed"
    if before == NOTHING:
        return "the class {subject} has " + _plain(after) + " now"
    if after == NOTHING:
        return "the class {subject} has no " + _plain(before) + " any more"
    return "the class {subject} changed: {before} → {after}"


def _plain(text: object) -> str:
    """Text that stands in a template as it is."""
    return str(text).replace("{", "{{").replace("}", "}}")


def reason(
    kind: str,
    subject: str = "",
    *,
    where: str | None = None,
    before: str | None = None,
    after: str | None = None,
    path: Sequence[object] = (),
) -> dict[str, object]:
    """A reason in the form in which call records keep it."""
    return {
        "kind": canonical(kind),
        "subject": subject,
        "where": where,
        "before": before,
        "after": after,
        "path": list(path),
    }
