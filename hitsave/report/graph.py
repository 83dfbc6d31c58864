"""What a call, or a whole run, depends on: functions, values, files, packages, and the calls inside it.

Each thing hangs on the function that read it. What has changed since, in the files as they are now, is marked; of values
that only a run can compute it can't be told.
"""

from __future__ import annotations

from hitsave.reasons import canonical
from hitsave.report import accepted, compare, lines
from hitsave.report.archive import Archive, Call, Run, number_of, seconds_of
from hitsave.report.history import code_of, used_by
from hitsave.report.words import clip, last_part, short_name

Told = dict[str, object]

_SHOWN = ("code", "global", "closure", "file", "listing", "env", "argv", "random", "distribution", "class shape")
_QUIET = ("distribution",)


def of_call(archive: Archive, run: Run, call: Call) -> Told:
    """The graph of one call: its functions as they called each other, with what each read."""
    changed = _changed(archive, run)
    trace = archive.trace(call.get("trace"))
    graph = _Graph(changed)
    if trace is None:
        root = graph.node("code", str(call.get("function")), None)
        state = "no longer stored" if call.get("trace") else "not saved"
        graph.data[root]["note"] = f"{state}: what it read is that of the whole run"
        _flat(archive, run, graph, root)
        return graph.told(root)
    rows = trace["functions"]
    assert isinstance(rows, list)
    function = str(call.get("function"))
    nodes = [graph.node("code", function if lines.is_statement(name) else name, None) for name, _, _ in rows]
    for position, (_, above, line) in enumerate(rows):
        if above >= 0 and nodes[above] != nodes[position]:
            graph.edge(nodes[above], nodes[position], str(line))
    root = nodes[0]
    recorded = {str(one.get("function")): one for one in _inside(archive, run, call)}
    for position, (name, _, _) in enumerate(rows):
        if position and name in recorded:
            one = recorded[name]
            graph.data[nodes[position]]["note"] = f"a call of its own, {one.get('verdict')}, {seconds_of(one):.2g} s"
    dependencies = trace["dependencies"]
    for kind, name, _, text, reader in dependencies if isinstance(dependencies, list) else ():
        if canonical(kind) in _SHOWN and kind != "code":
            graph.edge(nodes[reader] if 0 <= reader < len(nodes) else root, graph.node(canonical(kind), name, text))
    return graph.told(root)


def of_run(archive: Archive, run: Run) -> Told:
    """The graph of a run: its outermost calls, and what they used."""
    graph = _Graph(_changed(archive, run))
    root = graph.node("run", f"run {run.get('run')}", None)
    for call in archive.calls(number_of(run)):
        above = call.get("parent")
        calls = archive.calls(number_of(run))
        owner = graph.node("code", str(calls[above].get("function")), None) if isinstance(above, int) else root
        node = graph.node("code", str(call.get("function")), None)
        if node != owner:
            graph.edge(owner, node)
    _flat(archive, run, graph, root)
    return graph.told(root)


def _flat(archive: Archive, run: Run, graph: _Graph, root: str) -> None:
    for name in code_of(archive, run):
        if lines.is_statement(name):
            continue
        node = graph.node("code", name, None)
        if node != root and not any(target == node for _, target, _ in graph.edges):
            graph.edge(root, node)
    for (kind, name), (_, text) in used_by(archive, run).items():
        if canonical(kind) in _SHOWN and kind != "code":
            graph.edge(root, graph.node(canonical(kind), name, text))


def _inside(archive: Archive, run: Run, call: Call) -> list[Call]:
    calls = archive.calls(number_of(run))
    at = next((index for index, one in enumerate(calls) if one is call), None)
    return [one for one in calls if at is not None and one.get("parent") == at]


def _changed(archive: Archive, run: Run) -> dict[tuple[str, str], bool]:
    """What is another thing now than when the run used it; what can't be told is not in it."""
    found: dict[tuple[str, str], bool] = {}
    now = accepted.present(run)
    for name, fingerprint in code_of(archive, run).items():
        if not name.endswith(":<module>") and not lines.is_statement(name):
            version = now.get(name)
            found["code", name] = version is None or version[0] != fingerprint
    moved = {(str(item["kind"]), str(item["function"])) for item in compare.present_changes(archive, run)}
    for kind, name in used_by(archive, run):
        if kind in ("file", "env", "distribution"):
            found[kind, name] = (kind, name) in moved
    return found


class _Graph:
    """Nodes by id, and edges between them."""

    def __init__(self, changed: dict[tuple[str, str], bool]) -> None:
        self.changed = changed
        self.data: dict[str, Told] = {}
        self.edges: list[tuple[str, str, str]] = []
        self._ids: dict[tuple[str, str], str] = {}
        self._seen: set[tuple[str, str]] = set()

    def node(self, kind: str, name: str, text: str | None) -> str:
        known = self._ids.get((kind, name))
        if known is None:
            known = self._ids[kind, name] = f"n{len(self._ids)}"
            label = short_name(name) if name else kind
            changed = self.changed.get((kind, name))
            self.data[known] = {
                "id": known,
                "kind": kind,
                "name": name,
                "label": label,
                "value": text,
                "changed": changed,
            }
        return known

    def edge(self, source: str, target: str, line: str = "") -> None:
        if (source, target) not in self._seen:
            self._seen.add((source, target))
            self.edges.append((source, target, line))

    def told(self, root: str) -> Told:
        edges = [{"from": source, "to": target, "line": line or None} for source, target, line in self.edges]
        return {"root": root, "nodes": list(self.data.values()), "edges": edges}


def label_of(node: Told) -> str:
    """A node in a few words."""
    kind, text = str(node["kind"]), str(node["label"])
    value = node.get("value")
    if kind in ("global", "closure", "env") and value is not None:
        return f"{'$' if kind == 'env' else ''}{text} = {clip(str(value), 30)}"
    if kind == "distribution":
        return f"{text} {value or ''}".strip()
    return last_part(text) if kind == "run" else text


__all__ = ["label_of", "of_call", "of_run"]
