"""The stored result of a call."""

from __future__ import annotations

from hitsave.memo.trace import Trace
from hitsave.report.archive import as_digest
from hitsave.store.codec import Damaged, Gone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.store.store import Store


class NotKept(Exception):
    """The result is not stored: never was, or was evicted."""


def result_of(store: Store, trace: object) -> object:
    """The result of the call with this trace. Raises NotKept, and whatever unpickling raises."""
    digest = as_digest(trace)
    record = store.trace(digest) if digest is not None else None
    kept = Trace.from_record(record) if record is not None else None
    if kept is None:
        raise NotKept("the call was not saved" if trace is None else "the result is no longer stored")
    if kept.shares:
        raise NotKept("the result holds objects that existed before the call, and can't stand alone")
    try:
        if any(kept.changes):  # what was changed is kept with it, and refers to what was there before
            return store.load_value(kept.value, _nothing)[0]  # type: ignore[index]
        return store.load_value(kept.value)
    except (Gone, Damaged) as error:
        raise NotKept(f"the result is no longer stored ({error})") from None


def _nothing(_: object) -> None:
    """Stand for an object that existed before the call."""
