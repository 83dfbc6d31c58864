"""Everything about one run: how it ended, where it ran, with which packages and code, and the tree of its calls.

A tree of many calls is folded: calls of one function beside each other, with the same verdict and the same first reason, are
one line with their number and their time; what stands under them is put together and folded in the same way. So it is
as long as the program has different things to say.
"""

from __future__ import annotations

from hitsave.reasons import canonical, sentence
from hitsave.report import lines, unused
from hitsave.report.archive import (
    Archive,
    Call,
    Run,
    command_of,
    mapping_of,
    number_of,
    reasons_of,
    seconds_of,
)
from hitsave.report.history import changes, code_of, used_by
from hitsave.report.words import parameter, short_name

Told = dict[str, object]

_ALIKE = 3
"""So many calls that are alike are shown one by one."""


def of_run(archive: Archive, run: Run, *, folded: bool = True) -> Told:
    """The whole answer of `hitsave show`."""
    number = number_of(run)
    old = archive.before(run)
    told = changes(archive, old, run) if old is not None else []
    said = archive.said(number)
    return {
        "run": run.get("run"),
        "command": run.get("command"),
        "command_line": command_of(run),
        "script": run.get("script"),
        "cwd": run.get("cwd"),
        "project": run.get("project"),
        "started": run.get("started"),
        "state": run.get("state"),
        "exit": run.get("exit"),
        "seconds": seconds_of(run),
        "saved_seconds": seconds_of(run, "saved_seconds"),
        **{key: run.get(key) or 0 for key in ("hits", "misses", "unsaved", "verified", "different")},
        "replayed": bool(run.get("replayed")),
        "at": run.get("at"),
        "tracer": run.get("tracer"),
        "python": run.get("python"),
        "environment": run.get("environment") or {},
        "distributions": mapping_of(run, "distributions"),
        "git": run.get("git"),
        "traceback": run.get("traceback"),
        "faults": run.get("faults") or [],
        "notes": said.get("notes") or [],
        "tags": said.get("tags") or [],
        "pinned": bool(said.get("pinned")),
        "compared_with": old.get("run") if old is not None else None,
        "diff": told,
        "edits_unused": unused.count(archive, old, run, told) if old is not None else 0,
        "read": _read(archive, run),
        "functions": code_of(archive, run),
        "sources": mapping_of(run, "sources"),
        "calls": tree(archive.calls(number), folded=folded),
    }


def _read(archive: Archive, run: Run) -> list[Told]:
    """The data that the run read: values, files, variables."""
    wanted = ("global", "file", "listing", "env", "argv", "random")
    return [
        {"kind": kind, "subject": name, "value": text, "fingerprint": fingerprint}
        for (kind, name), (fingerprint, text) in used_by(archive, run).items()
        if canonical(kind) in wanted
    ]


def tree(calls: list[Call], *, folded: bool = True) -> list[Told]:
    """The calls as a tree, in the order in which they began."""
    under: dict[int | None, list[int]] = {}
    for index, call in enumerate(calls):
        parent = call.get("parent")
        under.setdefault(parent if isinstance(parent, int) else None, []).append(index)
    for indices in under.values():
        indices.sort(key=lambda index: seconds_of(calls[index], "at"))
    return _branch(calls, under, under.get(None, []), folded, 0)


def _branch(
    calls: list[Call], under: dict[int | None, list[int]], at: list[int], folded: bool, depth: int
) -> list[Told]:
    groups: dict[object, list[int]] = {}
    for index in at:
        groups.setdefault(_likeness(calls[index]) if folded else index, []).append(index)
    told: list[Told] = []
    for alike in groups.values():
        for together in [alike] if len(alike) > _ALIKE else [[index] for index in alike]:
            below = [inner for index in together for inner in under.get(index, [])]
            row = _node(calls, together)
            row["calls"] = _branch(calls, under, below, folded, depth + 1) if depth < 200 else []
            told.append(row)
    told.sort(key=lambda row: seconds_of(row, "at"))
    return told


def _node(calls: list[Call], together: list[int]) -> Told:
    first = calls[together[0]]
    reasons = reasons_of(first)
    return {
        "function": first.get("function"),
        "verdict": first.get("verdict"),
        "count": len(together),
        "arguments": first.get("arguments") if len(together) == 1 else {},
        "where": first.get("where"),
        "source": first.get("source"),
        "at": first.get("at"),
        "seconds": sum(seconds_of(calls[index]) for index in together),
        "saved_seconds": sum(seconds_of(calls[index], "saved_seconds") for index in together),
        "source_run": first.get("source_run"),
        "reason": _short(reasons[0]) if reasons else None,
        "reasons": reasons if len(together) == 1 else reasons[:1],
    }


def _short(reason: Told) -> str:
    kind = canonical(str(reason.get("kind")))
    plain = kind in ("code", "class shape")  # the versions are digests here
    return sentence(
        {**reason, "before": None if plain else reason.get("before"), "after": None if plain else reason.get("after")},
        parameter(short_name(str(reason.get("subject") or ""))),
    )


def _likeness(call: Call) -> object:
    reasons = reasons_of(call)
    first = (canonical(str(reasons[0].get("kind"))), reasons[0].get("subject")) if reasons else None
    return (call.get("function"), call.get("verdict"), first)


def code(archive: Archive, run: Run) -> list[Told]:
    """The functions that the run used, by file and line, with their lines."""
    found: list[Told] = []
    for name, fingerprint in code_of(archive, run).items():
        version = archive.version(name, fingerprint)
        if version is not None:
            line = version.first_line
            if lines.is_statement(name):
                text = "".join(archive.source_lines(mapping_of(run, "sources").get(version.path or "")) or ())
                line = lines.line_in(text, version) or line
                name = lines.shown(name, f"{version.path}:{line}", line + len(version.lines) - 1)
            found.append({"function": name, "file": version.path, "line": line, "text": version.text})
    found.sort(key=lambda row: (str(row["file"]), row["line"]))
    return found
