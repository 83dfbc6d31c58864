"""Whether the program may ask an array if its memory is its own: then that is a part of what an array is.

Nobody else can tell, and what comes from the store shows memory of the store's, which costs less than a copy. So
the question is looked for in the text of the program: `owndata`, an attribute `base`, or `flags` as a whole.
"""

from __future__ import annotations

asked = False


def tell(source: bytes) -> None:
    """Look at the text of a module of the program."""
    global asked
    if not asked and (b"owndata" in source.lower() or _has(source, b".base", b"") or _has(source, b".flags", b".[")):
        asked = True


def _has(source: bytes, attribute: bytes, otherwise: bytes) -> bool:
    """Whether an attribute is named, and none of the characters in `otherwise` follows it."""
    at = source.find(attribute)
    while at >= 0:
        rest = source[at + len(attribute) : at + len(attribute) + 1]
        if not (rest.isalnum() or rest == b"_" or (rest and rest in otherwise)):
            return True
        at = source.find(attribute, at + 1)
    return False
