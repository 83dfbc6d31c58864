"""The list of runs, each with what changed and was used since the run before it of the same script.

What a run used is what its calls read: it is kept with the run, together with the functions that ran. Two runs are
compared by what *both* used, so an edit of what no call touched is not in the list; it is counted apart. A run that was
killed kept nothing at its end: what it used is then what the traces of its finished calls say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsave.reasons import MISSED, canonical, changed_lines, verdict_of
from hitsave.report import definitions, diff, echoes, lines, toplevel, unused
from hitsave.report.archive import (
    Archive,
    Run,
    Used,
    Version,
    command_of,
    mapping_of,
    number_of,
    reasons_of,
    script_of,
    seconds_of,
    text_of,
)
from hitsave.report.find import spellings
from hitsave.report.places import modules_of, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, object]

# So many of the outermost calls of a killed run are asked for what they read, and so many runs for an old version.
_TRACES = 2000
_RUNS = 30
_BATCH = 100
SHOWN = 19
"""Characters of a value in the diff column."""

# What a change is told of. Code comes from the run itself; the rest follows from something that is told.
_TOLD = ("global", "closure", "file", "listing", "env", "argv", "cwd", "distribution", "interpreter", "hash-seed")


def rows(
    archive: Archive,
    limit: int | None = None,
    *,
    script: str | None = None,
    since: float | None = None,
    grep: str | None = None,
    changed: str | None = None,
) -> list[Row]:
    """The runs, newest first, at most `limit` of them: of one script, since a moment, whose command has some words, in
    which something of the name `changed` ("" is anything) changed that was used.
    """
    told: list[Row] = []
    for number in _newest(archive, script):
        if limit is not None and len(told) >= limit:
            break
        run = archive.run(number)
        if run is None:
            continue
        if since is not None and seconds_of(run, "started") < since:
            break
        if grep is not None and grep.lower() not in _words(archive, run).lower():
            continue
        if changed is not None and not _may_have_changed(archive, run, changed):
            continue
        row = _row(archive, run)
        if changed is None or _has_changed(row, changed):
            told.append(row)
    return told


def _newest(archive: Archive, script: str | None) -> Iterator[int]:
    """Numbers of runs, newest first, a few at a time: most questions end soon."""
    below = 0
    while found := archive.numbers(script, below, _BATCH):
        yield from found
        below = found[-1]


def changes(archive: Archive, old: Run, new: Run) -> list[Row]:
    """What differs between two runs and was used by the newer one, functions first."""
    code = _functions(archive, old, new)
    # Of a file, its own top level is told only where no function of it is.
    told = {item["file"] for item in code if not str(item["function"]).endswith(":<module>")}
    code = [item for item in code if not str(item["function"]).endswith(":<module>") or item["file"] not in told]
    named = {item["function"] for item in code}
    values = _values(archive, old, new)
    values = [item for item in values if item["function"] not in named and not echoes.is_of_methods(item, named)]
    # A value whose text does not show in what it differs says less than the line that was edited.
    edits = toplevel.used(archive, old, new, list(filter(_shows, values)))
    bound = {f"__main__:{name}" for _, edit in edits for name in edit.names}
    values = [item for item in values if _shows(item) or item["function"] not in bound]
    told_so_far = code + [toplevel.row(path, edit) for path, edit in edits] + values
    computed = [item for item in values if echoes.is_computed(archive, old, new, item)]
    return [item for item in told_so_far if item not in computed] if len(computed) < len(told_so_far) else told_so_far


def _shows(item: Row) -> bool:
    """Whether the first words of a value tell it from what it was."""
    return item["kind"] != "global" or str(item["before"])[:SHOWN] != str(item["after"])[:SHOWN]


def _words(archive: Archive, run: Run) -> str:
    said = archive.said(number_of(run))
    return " ".join((command_of(run), *map(str, said.get("notes") or ()), *map(str, said.get("tags") or ())))  # type: ignore[call-overload]


def _has_changed(row: Row, name: str) -> bool:
    items = row["diff"]
    assert isinstance(items, list)
    return any(not name or name == item["file"] or name in spellings(str(item["function"])) for item in items)


def _may_have_changed(archive: Archive, run: Run, name: str) -> bool:
    """A quick look, for a question about thousands of runs: whether anything that could be called so is another thing."""
    old = archive.before(run)
    if old is None:
        return False
    old_sources, new_sources = mapping_of(old, "sources"), mapping_of(run, "sources")
    edited = [path for path, digest in new_sources.items() if old_sources.get(path) != digest]
    if not name or name in edited or name.startswith("line "):
        return bool(edited) or run.get("used") != old.get("used")
    then, now = code_of(archive, old), code_of(archive, run)
    subjects = [function for function, fingerprint in now.items() if then.get(function) != fingerprint]
    before, after = used_by(archive, old), used_by(archive, run)
    subjects += [key[1] for key, (fingerprint, _) in after.items() if key in before and before[key][0] != fingerprint]
    return any(name in spellings(subject) for subject in subjects)


def _row(archive: Archive, run: Run) -> Row:
    old = archive.before(run)
    told = changes(archive, old, run) if old is not None else []
    said = archive.said(number_of(run))
    return {
        "run": run.get("run"),
        "started": run.get("started"),
        "command": run.get("command"),
        "command_line": command_of(run),
        "command_before": old.get("command") if old is not None else None,
        "script": script_of(run),
        "state": run.get("state"),
        "exit": run.get("exit"),
        "seconds": seconds_of(run),
        "saved_seconds": seconds_of(run, "saved_seconds"),
        "hits": run.get("hits") or 0,
        "misses": run.get("misses") or 0,
        "unsaved": run.get("unsaved") or 0,
        "verified": run.get("verified") or 0,
        "different": run.get("different") or 0,
        "replayed": bool(run.get("replayed")),
        "tracer": run.get("tracer"),
        "git": run.get("git"),
        "compared_with": old.get("run") if old is not None else None,
        "diff": told,
        "edits_unused": unused.count(archive, old, run, told) if old is not None else 0,
        "at": run.get("at"),
        "accepted": run.get("accepted") or [],
        "notes": said.get("notes") or [],
        "tags": said.get("tags") or [],
        "pinned": bool(said.get("pinned")),
    }


def _functions(archive: Archive, old: Run, new: Run) -> list[Row]:
    then, now = (code_of(archive, run) for run in (old, new))
    told: list[Row] = []
    for name, fingerprint in now.items():
        known = then.get(name)
        if known == fingerprint or lines.is_statement(name) or name == "__main__:<module>":
            continue
        after = archive.version(name, fingerprint)
        earlier = archive.version(name, known) if known is not None else None
        path = after.path if after is not None else None
        if known is None:
            if after is None or _stood_there(archive, old, path, after.text, new):
                # It ran now and not then, but it had been there as it is: a branch, not an edit.
                continue
            earlier = _seen_before(archive, old, name, path)
        if not _piece_changed(archive, old, new, path, name):
            continue
        told.append(_code_item(name, path, earlier, after))

    def text_of(newer: bool, path: str | None) -> str:
        digest = mapping_of(new if newer else old, "sources").get(path or "")
        return "".join(archive.source_lines(digest) or ()) if digest is not None else ""

    # Of a file that the older run had not loaded nothing can be told, unless it is newer.
    there = {path for path in mapping_of(new, "sources") if _was_there(old, new, path)}
    statements = lines.changed(then, now, archive.version, text_of)
    return told + [row for row in statements if not _in_script(row) and row["file"] not in there]


def _in_script(row: Row) -> bool:
    """Whether a statement is one of the script's, whose top level is compared as a whole."""
    return str(row["function"]).startswith("__main__:")


def _code_item(name: str, path: str | None, earlier: Version | None, after: Version | None) -> Row:
    added, removed = diff.count(diff.of_versions(earlier, after)) if after is not None else (0, 0)
    return {
        "function": name,
        "file": path,
        "kind": "code",
        "added": added,
        "removed": removed,
        "before": earlier.text if earlier is not None else None,
        "after": after.text if after is not None else None,
    }


def code_of(archive: Archive, run: Run) -> dict[str, str]:
    """The functions that a run used: those that it entered, and those that the results that it reused stand for."""
    answered = {name: fingerprint for (kind, name), (fingerprint, _) in used_by(archive, run).items() if kind == "code"}
    return {**answered, **mapping_of(run, "functions")}


def _seen_before(archive: Archive, old: Run, name: str, path: str | None) -> Version | None:
    """The version of a function that stood in the older run's file, if any run before entered that version."""
    for number in archive.numbers(script_of(old), number_of(old), _RUNS):
        version = archive.version(name, mapping_of(archive.run(number) or {}, "functions").get(name))
        if version is not None:
            return version if _stood_there(archive, old, path, version.text) else None
    return None


def _values(archive: Archive, old: Run, new: Run) -> list[Row]:
    then, now = (used_by(archive, run) for run in (old, new))
    found: dict[tuple[str, str], Row] = {}
    loaded = mapping_of(old, "sources").keys() & mapping_of(new, "sources").keys()
    for (kind, name), (fingerprint, after) in now.items():
        earlier = then.get((kind, name))
        if earlier is None or earlier[0] == fingerprint:
            continue
        if kind in ("global", "closure") and not archive.values(old, kind, name).isdisjoint(
            archive.values(new, kind, name)
        ):
            continue  # it is changed on the way, and another call was the first to be asked about
        if kind == "file" and name in loaded:
            continue  # what of a module's text was looked up, by a warning say, is told as code
        told = canonical(kind)
        if kind in ("binding", "class shape"):
            item = _definition(archive, old, new, kind, name, earlier[1], after)
            if item is not None:
                found.setdefault((str(item["kind"]), str(item["function"])), item)
        elif told in _TOLD:
            # A file may be compared for its presence and for its content: the content says more.
            item = _item(told, name, earlier[1], after, None)
            item["file"] = item["file"] or _file(place_of(archive, new, {"kind": told, "subject": name}))
            found[told, name] = item if kind == told else found.get((told, name), item)
    if archive.used(old) is None or archive.used(new) is None:
        _from_reasons(archive, new, then, now, found)
    return list(found.values())


def _definition(
    archive: Archive, old: Run, new: Run, kind: str, name: str, before: str | None, after: str | None
) -> Row | None:
    """A class whose own lines changed, a function with other defaults, a name that stands for something else."""
    subject = name
    if kind == "binding":
        if before == after:
            return None
        function = str(before).partition("(")[0]
        if not function.startswith("function ") or function != str(after).partition("(")[0]:
            return _item(kind, name, before, after, place_of(archive, new, {"kind": kind, "subject": name}))
        subject = function.removeprefix("function ")
    module, _, part = subject.partition(":")
    versions: list[Version | None] = []
    for run in (old, new):
        version = None
        for path, digest in mapping_of(run, "sources").items():
            if module in modules_of(path, script_of(run)):
                lines = archive.source_lines(digest) or []
                span = definitions.span_of("".join(lines), part)
                version = Version(subject, path, span[0], lines[span[0] - 1 : span[1]]) if span is not None else None
        versions.append(version)
    earlier, later = versions
    if later is None or (earlier is not None and earlier.text == later.text):
        held = [str(text).partition(") with ")[2] for text in (before, after)]
        if kind == "binding" and held[0] != held[1]:  # the same function, made anew with other variables
            return _item(kind, name, held[0], held[1], place_of(archive, new, {"kind": kind, "subject": name}))
        return None  # what differs comes from something else, which is told by itself
    item = _code_item(subject, later.path, earlier, later)
    if kind == "binding":
        return item
    gone, come = changed_lines(before, after)
    return {**item, "kind": "class shape", "before": gone, "after": come}


def _from_reasons(archive: Archive, new: Run, then: Used, now: Used, found: dict[tuple[str, str], Row]) -> None:
    """Add what the reasons of a run say, where it kept no list of what it read."""
    for call in archive.calls(number_of(new)):
        for reason in reasons_of(call):
            kind, name = canonical(str(reason.get("kind"))), str(reason.get("subject"))
            subject = (kind, name)
            if kind not in _TOLD or verdict_of(kind) != MISSED:
                continue
            # The traces know better: a reason compares with the nearest stored call, which an older
            # run may have made.
            if subject in then and subject in now:
                if subject in found and found[subject]["file"] is None:
                    found[subject]["file"] = _file(reason.get("where"))
                continue
            found.setdefault(
                subject,
                _item(kind, name, text_of(reason.get("before")), text_of(reason.get("after")), reason.get("where")),
            )


def used_by(archive: Archive, run: Run) -> Used:
    """What the calls of `run` read, at the value that was read first."""
    kept = archive.used(run)
    if kept is not None:
        return kept
    known: Used = {}
    read: set[object] = set()
    # The outermost first: what a call inside read later than its caller may be what the caller had made of it. A
    # trace holds the reads of the calls inside it, so many thousand calls add nothing new.
    for call in sorted(archive.calls(number_of(run)), key=_depth)[:_TRACES]:
        name = call.get("trace")
        trace = archive.trace(name) if name is not None and name not in read else None
        read.add(name)
        dependencies = trace["dependencies"] if trace is not None else ()
        for kind, subject, fingerprint, text, _ in dependencies if isinstance(dependencies, list) else ():
            known.setdefault((kind, subject), (fingerprint, text))
    return known


def _depth(call: dict[str, object]) -> int:
    depth = call.get("depth")
    if isinstance(depth, int):
        return depth
    return 0 if call.get("parent") is None else 1


def _item(kind: str, name: str, old: str | None, new: str | None, where: object) -> Row:
    file = name if kind in ("file", "listing") else _file(where)
    return {"function": name or kind, "file": file, "kind": kind, "added": 0, "removed": 0, "before": old, "after": new}


def _file(where: object) -> str | None:
    return where.rpartition(":")[0] or where if isinstance(where, str) else None


def _stood_there(archive: Archive, old: Run, path: str | None, text: str, new: Run | None = None) -> bool:
    """Whether the older run had loaded a file that holds this very text, or could have."""
    digest = mapping_of(old, "sources").get(path or "")
    if digest is not None:
        lines = archive.source_lines(digest)
        return lines is not None and text.rstrip() in "".join(lines)
    return new is not None and _was_there(old, new, path)


def _was_there(old: Run, new: Run, path: str | None) -> bool:
    """Whether a file that the older run had not loaded was there already: its time says so."""
    touched = new.get("touched")
    when = touched.get(path) if isinstance(touched, dict) else None
    is_older = isinstance(when, int | float) and when < seconds_of(old, "started")
    return is_older and path not in mapping_of(old, "sources")


def _piece_changed(archive: Archive, old: Run, new: Run, path: str | None, name: str) -> bool:
    """Whether what changed is the function itself, and not only what stands inside or around it.

    The code of a module or class changes with the functions that it defines; that is told of them. What can't be
    found in the two versions of the file (a lambda, say) is told.
    """
    texts = []
    for run in (old, new):
        lines = archive.source_lines(mapping_of(run, "sources").get(path or ""))
        if lines is None:
            return True
        texts.append("".join(lines))
    names = definitions.edited(*texts)
    part = name.partition(":")[2]
    if names is None or part not in {*(definitions.pieces(texts[0]) or ()), *(definitions.pieces(texts[1]) or ())}:
        return True
    return part in names
