"""The root logger as `logging.basicConfig` leaves it: whether that is all that was done to it, and doing it again.

`logging.info(…)` calls it, too, if nobody has.
"""

from __future__ import annotations

import sys
from sys import getrefcount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.registry import Anything

    Told = tuple[int, str, str, str | None, str | None]

_HOLDERS = 4
"""Who holds a handler that nobody else holds: the root logger, what was read of it, and two names here."""


def basic(before: Anything, after: Anything) -> Told | None:
    """Say what `logging.basicConfig` was told, if it brought the root logger from one state (see `switches`) to the other: level,
    stream, style, format, format of dates. None if something else was done, or somebody else has the handler.
    """
    level, disabled, handlers, filters, disable, raises = after
    if (
        before is None
        or before[2]
        or len(handlers) != 1
        or (disabled, filters, disable, raises) != (before[1], *before[3:])
    ):
        return None
    logging: Anything = sys.modules["logging"]
    handler = handlers[0]
    if type(handler) is not logging.StreamHandler or getrefcount(handler) > _HOLDERS:
        return None
    held = vars(handler)
    stream = next((name for name in ("stderr", "stdout") if held.get("stream") is getattr(sys, name)), None)
    formatter = held.get("formatter")
    if (
        stream is None
        or held.get("level")
        or held.get("filters")
        or held.get("_name")
        or type(formatter) is not logging.Formatter
    ):
        return None
    written = vars(formatter)
    style = written.get("_style")
    sign = next((sign for sign, (kind, _) in logging._STYLES.items() if kind is type(style)), None)
    if sign is None or getattr(style, "_defaults", None) or not written.keys() <= {"_style", "_fmt", "datefmt"}:
        return None
    texts = written.get("_fmt"), written.get("datefmt")
    if type(level) is not int or any(type(text) is not str and text is not None for text in texts):
        return None
    return level, stream, sign, *texts


def configure(told: Told) -> None:
    """Do it again."""
    level, stream, sign, written, dates = told
    logging: Anything = sys.modules["logging"]
    logging.basicConfig(level=level, stream=getattr(sys, stream), style=sign, format=written, datefmt=dates)
