"""`hitsave diff` as a patch with remarks, which `git apply` and delta read: what is no patch stands in lines with a `#`."""

from __future__ import annotations

from hitsave.render.console import Layout, Line, diff_lines
from hitsave.report.words import clip, count, duration, short_name

Told = dict[str, object]


def patch(told: Told) -> Layout:
    """All that differs."""
    layout: Layout = []
    for file in _rows(told, "files"):
        lines = file["patch"]
        assert isinstance(lines, list)
        for line in diff_lines(lines, ""):
            layout.append([(line[0][0], "strong")] if line[0][0].startswith("diff --git") else line)
    for title, key in (("data", "data"), ("packages", "packages")):
        items = _rows(told, key)
        if items:
            layout.append([(f"# {title}", "strong")])
            pad = max(len(_name(item)) for item in items)
            for item in items:
                layout.append(
                    [(f"#   {_name(item):<{pad}}  ", "name"), *_values(item.get("before"), item.get("after"))]
                )
    rows = _rows(told, "results")
    if rows:
        layout.append([("# calls", "strong")])
        for row in rows:
            layout += _result(row)
    left = sum(int(str(file["left_out"])) for file in _rows(told, "files"))
    if left:
        layout.append([(f"# {count(left, 'other edit')} in these files, of what neither used: --all", "soft")])
    return layout


def stat(told: Told) -> Layout:
    """The number of lines by file, as git shows it."""
    files = _rows(told, "files")
    layout: Layout = []
    pad = max((len(str(file["file"])) for file in files), default=0)
    for file in files:
        added, removed = int(str(file["added"])), int(str(file["removed"]))
        scale = max((added + removed) / 40, 1)
        layout.append(
            [
                (f" {file['file']!s:<{pad}} | {added + removed:>4} ", ""),
                ("+" * round(added / scale), "good"),
                ("-" * round(removed / scale), "bad"),
            ]
        )
    for key in ("data", "packages"):
        layout += [
            [(f" {_name(item)} ", "name"), *_values(item.get("before"), item.get("after"))] for item in _rows(told, key)
        ]
    return layout


def _result(row: Told) -> Layout:
    seconds = row["seconds"]
    assert isinstance(seconds, list)
    head: Line = [(f"#   {short_name(str(row['function']))}", "name")]
    head.append((f"  {duration(seconds[0])} → {duration(seconds[1])}", "soft"))
    layout: Layout = [head]
    cells = _rows(row, "cells")
    pad = max(len(str(cell["name"])) for cell in cells)
    for cell in cells:
        layout.append([(f"#     {cell['name']!s:<{pad}}  ", ""), *_values(cell["before"], cell["after"])])
    values = row.get("values")
    for line in values if isinstance(values, list) else ():
        layout.append([(f"#     {line}", "")])
    return layout


def _name(item: Told) -> str:
    name = str(item["function"])
    return "$" + name if item["kind"] == "env" else short_name(name)


def _values(before: object, after: object) -> Line:
    old, new = ("not there" if value is None else _plain(value) for value in (before, after))
    return [(old, "bad"), (" → ", "soft"), (new, "good")]


def _plain(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else clip(str(value), 60)


def _rows(told: Told, key: str) -> list[Told]:
    value = told.get(key)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
