"""Plain data as JSON for other programs."""

from __future__ import annotations

import json

from hitsave.render.console import Layout


def encoded(data: object) -> Layout:
    """`data` as lines of JSON. ASCII only, so that it can be written to any stream."""
    return [[(line, "")] for line in json.dumps(data, indent=1, default=_odd).splitlines()]


def _odd(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else str(value)
