"""`hitsave show` as lines of text."""

from __future__ import annotations

from hitsave.render.changed import changed
from hitsave.render.console import Layout, Line, folded
from hitsave.render.why import compared, outcome
from hitsave.report.archive import seconds_of
from hitsave.report.words import ago, clip, count, duration, given, moment, short_name

Told = dict[str, object]

_SEVERAL = 12
_WORDS = {
    "hit": ("reused", "good"),
    "miss": ("computed", ""),
    "unsaved": ("not saved", "warn"),
    "verified": ("as stored", "good"),
}


def run(told: Told, width: int | None, now: float | None = None) -> Layout:
    """All about a run."""
    started = told.get("started")
    head: Line = [(f"run {told['run']}", "strong"), (f"  {told['command_line']}", "")]
    if isinstance(started, int | float):
        head.append((f"  {moment(started, now)} ({ago(started, now)})", "soft"))
    layout: Layout = [head]
    facts = _facts(told)
    pad = max(len(key) for key, _ in facts) + 2
    room = None if width is None else max(width - pad - 2, 20)
    for key, spans in facts:
        layout.append([(f"  {key:<{pad}}", "soft"), *(_clipped(spans, room))])
    lines = str(told.get("traceback") or "").rstrip().splitlines()
    if lines:
        layout += [[], *folded([[("  " + line, "bad")] for line in lines], width)]
    nodes = told.get("calls")
    if isinstance(nodes, list) and nodes:
        layout += [[], [("calls", "strong")], *calls(nodes, width)]
    else:
        layout += [[], [("No call of this run was worth saving.", "")]]
    return layout


def _facts(told: Told) -> list[tuple[str, Line]]:
    counts = [
        outcome(told) if not told.get("replayed") else "replayed whole",
        duration(seconds_of(told)),
        f"saved {duration(seconds_of(told, 'saved_seconds'))}" if seconds_of(told, "saved_seconds") >= 0.0005 else "",
        f"{told['hits']} reused" if told["hits"] else "",
        f"{told['misses']} computed" if told["misses"] else "",
        f"{told['unsaved']} not saved" if told["unsaved"] else "",
        *compared(told),
    ]
    found: list[tuple[str, Line]] = [("ended", [(" · ".join(part for part in counts if part), "")])]
    if told.get("compared_with") is not None:
        found.append((f"changed since {told['compared_with']}", changed(told)))
    if told.get("at"):
        found.append(("code of", [(f"run {told['at']}", "warn")]))
    environment = _mapping(told, "environment")
    interpreter = environment.get("interpreter") or told.get("python")
    where = ", ".join(str(environment[key]) for key in ("system", "machine", "host") if environment.get(key))
    found.append(("python", [(f"{interpreter}, {told.get('tracer')} tracer", ""), (f"  {where}", "soft")]))
    found.append(("in", [(str(told.get("cwd")), "")]))
    git = told.get("git")
    if isinstance(git, dict):
        found.append(("git", _git(git)))
    packages = _mapping(told, "distributions")
    if packages:
        found.append(("packages", [(", ".join(f"{name} {version}" for name, version in packages.items()), "")]))
    read = told.get("read")
    if isinstance(read, list):
        for title, kinds in (("files", ("file", "listing", "presence", "stat")), ("values", ("global", "env", "argv"))):
            names = dict.fromkeys(_read(item) for item in read if item["kind"] in kinds and not _is_unset(item))
            if names:
                found.append((title, [(_some(list(names)), "")]))
    functions, sources = _mapping(told, "functions"), _mapping(told, "sources")
    found.append(("code", [(f"{count(len(functions), 'function')} in {count(len(sources), 'file')}", "")]))
    for key in ("tags", "notes"):
        said = told.get(key)
        if isinstance(said, list) and said:
            found.append((key, [("; ".join(map(str, said)), "")]))
    if told.get("pinned"):
        found.append(("pinned", [("yes", "good")]))
    return found


def _git(git: Told) -> Line:
    commit = git.get("commit")
    line: Line = [
        (str(commit)[:12] if commit else "no commit yet, on", ""),
        (f" {git['branch']}" if git.get("branch") else "", "soft"),
    ]
    untracked = git.get("untracked")
    if git.get("dirty"):
        line.append((" with uncommitted edits", "warn"))
    elif git.get("dirty") is False and not untracked:
        line.append((" clean", "good"))
    if isinstance(untracked, list) and untracked:
        line.append((f" and untracked {_some([str(name) for name in untracked])}", "warn"))
    return line


def _is_unset(item: Told) -> bool:
    """Whether it is a variable of the environment that was asked for in vain: libraries ask for many."""
    return item["kind"] == "env" and item.get("value") is None


def _read(item: Told) -> str:
    subject = str(item["subject"])
    if item["kind"] == "env":
        return f"${subject}={clip(str(item['value']), 30)}"
    if item["kind"] == "global" and item.get("value") is not None:
        return f"{short_name(subject)}={clip(str(item['value']), 30)}"
    return short_name(subject) if subject else f"{item['kind']} {clip(str(item.get('value') or ''), 60)}"


def _some(names: list[str]) -> str:
    more = f", and {len(names) - _SEVERAL} more" if len(names) > _SEVERAL else ""
    return ", ".join(names[:_SEVERAL]) + more


def calls(nodes: list[Told], width: int | None, indent: str = "  ") -> Layout:
    """The tree of calls, one line each. An own stack, since calls may nest deeper than we may recurse."""
    layout: Layout = []
    waiting = [(node, indent) for node in reversed(nodes)]
    while waiting:
        node, margin = waiting.pop()
        layout.append(_clipped(_node(node, margin), width))
        inner = node.get("calls")
        if isinstance(inner, list):
            waiting += [(below, margin + "  ") for below in reversed(inner)]
    return layout


def _node(node: Told, margin: str) -> Line:
    word, style = _WORDS.get(str(node.get("verdict")), (str(node.get("verdict")), ""))
    if node.get("verdict") == "verified" and node.get("reason"):
        word, style = "not as stored", "bad"
    number = node.get("count")
    times = f" ×{number}" if isinstance(number, int) and number > 1 else ""
    arguments = node.get("arguments")
    shown = ""
    if isinstance(arguments, dict) and arguments:
        shown = clip(given(arguments, 60), 60)
    line: Line = [
        (margin, ""),
        (short_name(str(node.get("function"))), "name"),
        (f"({shown})" if shown else "", "soft"),
    ]
    if node.get("source") and not times:
        line.append((f"  {clip(str(node['source']), 40)}", "soft"))
    line += [(times, ""), (f"  {word}", style)]
    if node.get("verdict") == "hit":
        line.append((f"  saved {duration(seconds_of(node, 'saved_seconds'))}", ""))
        if node.get("source_run") is not None and not times:
            line.append((f"  made by run {node['source_run']}", "soft"))
    else:
        line.append((f"  {duration(seconds_of(node))}", ""))
        line.append((f"  {node['reason']}" if node.get("reason") else "", "soft"))
    return line


def _clipped(line: Line, width: int | None) -> Line:
    if width is None:
        return line
    left, told = width, []
    for text, style in line:
        if len(text) > left:
            told.append((text[: max(left - 1, 0)] + "…", style))
            break
        told.append((text, style))
        left -= len(text)
    return told


def code(functions: list[Told]) -> Layout:
    """Functions with their lines."""
    layout: Layout = []
    for function in functions:
        if layout:
            layout.append([])
        layout.append([(f"# {function['file']}:{function['line']}", "soft"), (f"  {function['function']}", "name")])
        layout += [[(line, "")] for line in str(function["text"]).splitlines()]
    return layout


def _mapping(told: Told, key: str) -> dict[str, object]:
    value = told.get(key)
    return value if isinstance(value, dict) else {}
