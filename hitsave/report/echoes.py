"""Which rows of a diff column only repeat what another row tells."""

from __future__ import annotations

from hitsave.reasons import NOTHING
from hitsave.report import definitions
from hitsave.report.archive import Archive, Run, mapping_of, script_of
from hitsave.report.places import modules_of

Row = dict[str, object]


def is_computed(archive: Archive, old: Run, new: Run, item: Row) -> bool:
    """Whether a variable has another value although nobody touched the lines that bind it: something else did it."""
    if item["kind"] != "global":
        return False
    module, _, name = str(item["function"]).partition(":")
    name = name.partition(".")[0]
    for path, digest in mapping_of(new, "sources").items():
        if module in modules_of(path, script_of(new)):
            before = mapping_of(old, "sources").get(path)
            if before == digest:
                return True
            texts = [archive.source_lines(one) for one in (before, digest)]
            if texts[0] is None or texts[1] is None:
                return False
            whole = ["".join(text) for text in texts if text is not None]
            known = [definitions.pieces(text) or {} for text in whole]
            bound = [{key: one[key] for key in one if name in key.split(",")} for one in known]
            if not bound[0] and not bound[1]:  # by a loop, a `with`, an import
                return definitions.binders(whole[0], name) == definitions.binders(whole[1], name)
            return bound[0] == bound[1]
    return False


def is_of_methods(item: Row, named: set[object]) -> bool:
    """Whether a class differs in nothing but methods that are told themselves: their defaults are part of both."""
    if item["kind"] != "class shape":
        return False
    lines = [
        line for key in ("before", "after") if item[key] not in (None, NOTHING) for line in str(item[key]).split(", ")
    ]
    names = [line.partition("(")[0].partition(" ")[0] for line in lines]
    return bool(names) and all(f"{item['function']}.{name}" in named for name in names)
