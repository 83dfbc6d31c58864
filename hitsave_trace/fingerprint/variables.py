"""The fingerprint of a variable of the environment, or of all of them."""

from __future__ import annotations

import os

from xxhash import xxh3_128_digest

from hitsave_trace.model import ABSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from hitsave_trace.model import Fingerprint


def every(variables: Iterable[tuple[str, str]]) -> tuple[Fingerprint, str]:
    """Fingerprint an environment, without what is HitSave's own in it."""
    pairs = sorted(pair for pair in variables if not pair[0].startswith("HITSAVE"))
    form = "\0".join(f"{key}={value}" for key, value in pairs)
    return xxh3_128_digest(form.encode("utf-8", "surrogateescape")), f"{len(pairs)} variables"


def env(name: str) -> tuple[Fingerprint, str | None]:
    """Fingerprint a variable of the environment; `*` is all of them."""
    if name == "*":
        return every(os.environ.items())
    value = os.environ.get(name)
    if value is None:
        return ABSENT, None
    return xxh3_128_digest(b"=" + value.encode("utf-8", "surrogateescape")), value
