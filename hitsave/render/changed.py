"""What changed between two runs, on one line: `helper.scale +1 -1, config.LR 0.1→0.2, data.csv`."""

from __future__ import annotations

from hitsave.reasons import NOTHING, attribute_of
from hitsave.render.console import Line
from hitsave.report.words import clip, count, short_name

Row = dict[str, object]


def changed(row: Row) -> Line:
    """What changed since the run before, as spans."""
    if row.get("compared_with") is None:
        return [("first run", "soft")]
    line: Line = []
    items = row.get("diff")
    for item in items if isinstance(items, list) else ():
        if line:
            line.append((", ", ""))
        line += _item(item)
    edits = row.get("edits_unused")
    edits = edits if isinstance(edits, int) else 0
    if not line:
        return [(f"{count(edits, 'edit')}, none used" if edits else "=", "soft")]
    if edits:
        line.append((f" ({count(edits, 'other edit')}, not used)", "soft"))
    return line


def _item(item: Row) -> Line:
    kind, name = item.get("kind"), str(item.get("function"))
    if kind == "code":
        spans: Line = [(short_name(name), "name")]
        spans += [(f" +{item['added']}", "good")] if item.get("added") else []
        spans += [(f" -{item['removed']}", "bad")] if item.get("removed") else []
        return spans
    shown = "$" + name if kind == "env" else short_name(name)
    before, after = item.get("before"), item.get("after")
    if kind == "class shape":
        return _of_class(shown, before, after)
    if kind in ("file", "listing") or (before is None and after is None):
        if kind == "file" and "absent" in (before, after):
            return [(shown, "name"), (" new" if before == "absent" else " gone", "warn")]
        return [(shown, "name")]
    old, new = (clip("not set" if value is None else str(value), 20) for value in (before, after))
    return [(f"{shown} ", "name"), (old, "bad"), ("→", "soft"), (new, "good")]


def _of_class(name: str, before: object, after: object) -> Line:
    one = attribute_of(before, after)
    if one is not None:
        attribute, old, new = one
        return [(f"{name}.{attribute} ", "name"), (clip(old, 20), "bad"), ("→", "soft"), (clip(new, 20), "good")]
    spans: Line = [(name, "name")]
    spans += [(f" +{clip(str(after), 30)}", "good")] if after not in (None, NOTHING) else []
    spans += [(f" -{clip(str(before), 30)}", "bad")] if before not in (None, NOTHING) else []
    return spans
