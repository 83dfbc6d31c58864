"""An answered call as the recordings around it see it: as one that has run inside of them."""

from __future__ import annotations

from hitsave_trace import warned
from hitsave_trace.model import ENV, Dependency
from hitsave_trace.recording import Recording, reader_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.memo.call import Call
    from hitsave.memo.check import Node
    from hitsave.memo.trace import Trace


def as_recording(call: Call, trace: Trace, nodes: list[Node], wider: Recording) -> Recording:
    """Give the trace the form of a recording inside of `wider` that has just closed. `wider` is read from here: its caller's frame counts."""
    found = Recording(call.info, call, 0, 0.0)
    found.outer = wider
    found.rebound = call.rebound
    found.entry = reader_of(wider, 6)
    for i, (name, above, line) in enumerate(trace.functions):
        found.functions[name] = i
        found.rows.append((name, above, line))
    for (kind, name, fingerprint, text), (_, reader) in zip(nodes, trace.reads, strict=True):
        found.reads[kind, name] = Dependency(kind, name, fingerprint, text, reader)
    for record in trace.effects:
        if record[0] in ("text", "logged"):
            found.effects.append((*record, []))
        elif record[0] == "warning":
            found.effects.append((*record[:5], record[5] or warned.filters_in_force(wider)))
        elif record[0] in ("flush", "filters", "environ"):
            found.effects.append(record)
            if record[0] == "environ":
                found.variables.add((ENV, str(record[1])))
        elif record[0] in ("file", "metadata"):
            found.effects.append((record[0], record[1]))
            if record[0] == "file":
                found.written[str(record[1])] = "r+"
        elif record[0] == "random" and record[3]:
            found.seeded.add(str(record[1]))
    found.loaded.update(trace.loaded)
    return found
