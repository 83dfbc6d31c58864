"""`hitsave graph`: a tree for people, Mermaid and dot for drawing."""

from __future__ import annotations

from hitsave.render.console import Layout, Line
from hitsave.report.graph import label_of

Told = dict[str, object]

_MOST = 300


def tree(graph: Told) -> Layout:
    """The graph as a tree: what is reached twice is shown once, and named again with an arrow."""
    nodes, under = _parts(graph)
    layout: Layout = []
    shown: set[str] = set()
    waiting = [(str(graph["root"]), "", "")]
    while waiting and len(layout) < _MOST:
        name, margin, branch = waiting.pop()
        node = nodes[name]
        again = name in shown and bool(under.get(name))
        layout.append([(margin + branch, "soft"), *_node(node), (" ↑" if again else "", "soft")])
        if again:
            continue
        shown.add(name)
        below = under.get(name, [])
        inner = margin + ("" if not branch else "   " if branch.startswith("└") else "│  ")
        for position, target in reversed(list(enumerate(below))):
            waiting.append((target, inner, "└─ " if position == len(below) - 1 else "├─ "))
    if waiting:
        layout.append([(f"and {len(waiting)} more: --format json", "soft")])
    return layout


def _node(node: Told) -> Line:
    changed = node.get("changed")
    style = "bad" if changed else "name" if node["kind"] == "code" else ""
    line: Line = [(label_of(node), style)]
    if node["kind"] not in ("code", "run", "global", "env"):
        line.append((f"  {node['kind']}", "soft"))
    if changed:
        line.append(("  changed since", "bad"))
    if node.get("note"):
        line.append((f"  {node['note']}", "soft"))
    return line


def mermaid(graph: Told) -> Layout:
    """For a Markdown page that draws Mermaid."""
    nodes, _ = _parts(graph)
    layout: Layout = [[("flowchart LR", "")]]
    for name, node in nodes.items():
        text = label_of(node).replace("&", "&amp;").replace('"', "#quot;").replace("<", "&lt;").replace(">", "&gt;")
        left, right = ("[", "]") if node["kind"] == "code" else ("([", "])")
        layout.append([(f'  {name}{left}"{text}"{right}' + (":::changed" if node.get("changed") else ""), "")])
    layout += [[(f"  {edge['from']} --> {edge['to']}", "")] for edge in _edges(graph)]
    layout.append([("  classDef changed fill:#fdd,stroke:#c00", "")])
    return layout


def dot(graph: Told) -> Layout:
    """For Graphviz."""
    nodes, _ = _parts(graph)
    layout: Layout = [[("digraph hitsave {", "")], [("  rankdir=LR; node [fontname=Helvetica];", "")]]
    for name, node in nodes.items():
        text = label_of(node).replace("\\", "\\\\").replace('"', '\\"')
        shape = "box" if node["kind"] == "code" else "ellipse"
        layout.append(
            [(f'  {name} [label="{text}", shape={shape}' + (", color=red]" if node.get("changed") else "]") + ";", "")]
        )
    layout += [[(f"  {edge['from']} -> {edge['to']};", "")] for edge in _edges(graph)]
    layout.append([("}", "")])
    return layout


def _parts(graph: Told) -> tuple[dict[str, Told], dict[str, list[str]]]:
    listed = graph["nodes"]
    assert isinstance(listed, list)
    under: dict[str, list[str]] = {}
    for edge in _edges(graph):
        under.setdefault(str(edge["from"]), []).append(str(edge["to"]))
    return {str(node["id"]): node for node in listed}, under


def _edges(graph: Told) -> list[Told]:
    edges = graph["edges"]
    return [edge for edge in edges if isinstance(edge, dict)] if isinstance(edges, list) else []
