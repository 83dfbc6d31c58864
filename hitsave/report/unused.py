"""Edits of the project's files between two runs that touched nothing which the newer run used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsave.report import definitions, toplevel
from hitsave.report.archive import Archive, Run, mapping_of, script_of
from hitsave.report.places import modules_of

if TYPE_CHECKING:
    Row = dict[str, object]


def count(archive: Archive, old: Run, new: Run, told: list[Row]) -> int:
    """How many edits of the project's files between two runs touched nothing that the newer run used."""
    mentioned = {str(item["function"]) for item in told}
    shapes = {
        str(item["function"]): f"{item['before']}, {item['after']}" for item in told if item["kind"] == "class shape"
    }
    old_sources, new_sources = mapping_of(old, "sources"), mapping_of(new, "sources")
    script = toplevel.script_file(new)
    counted = 0
    for path in {**old_sources, **new_sources}:
        # A file that only one of the runs loaded is no edit that can be told from the import of it.
        if path not in old_sources or path not in new_sources or old_sources[path] == new_sources[path]:
            continue
        texts = [archive.source_lines(sources[path]) for sources in (old_sources, new_sources)]
        if texts[0] is None or texts[1] is None:
            continue
        before, after = "".join(texts[0]), "".join(texts[1])
        names = definitions.edited(before, after)
        if names is None:
            continue
        if path == script and names != [""]:
            names = [name for name in names if name in definitions.spans(before) or name in definitions.spans(after)]
            for _, edit in toplevel.between(archive, old, new):
                subjects = [f"__main__:{name}" for name in (edit.lines, *edit.names)]
                counted += not any(subject in mentioned for subject in subjects)
        modules = modules_of(path, script_of(new))
        for name in names:
            # A method that came or went is an edit of its class, if that counts; so is one with other defaults.
            owner, _, method = name.rpartition(".")
            came = (name in definitions.spans(before)) != (name in definitions.spans(after))
            subjects = [
                f"{module}:{part}" for module in modules for part in (*name.split(","), *([owner] if came else ()))
            ]
            of_class = any(f"{method}(" in shapes.get(f"{module}:{owner}", "") for module in modules)
            counted += not of_class and not any(subject in mentioned for subject in subjects)
    return counted
