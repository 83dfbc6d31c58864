"""Whether the program may ask an array if its memory is its own: then that is a part of what an array is.

Nobody else can tell, and what comes from the store shows memory of the store's, which costs less than a copy. So
the question is looked for in the text of the program.
"""

from __future__ import annotations

from re import compile as pattern

_QUESTION = pattern(rb"(?i)owndata|\.base\b|\.flags\b(?!\s*[.\[])")

asked = False


def tell(source: bytes) -> None:
    """Look at the text of a module of the program."""
    global asked
    if not asked and _QUESTION.search(source):
        asked = True
