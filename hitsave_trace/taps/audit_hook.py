"""How a function gets to hear of audit events.

Some events come with each call of `id`, and a hook in Python makes that seven times as dear. So there is one in C
(`_in_c.c`), which calls Python only for what is wanted. Where it was not built, because there was no compiler, the
function itself is the hook: it must do without the choice that is made here, and ask again what it wants.
"""

from __future__ import annotations

import sys

from hitsave_trace.in_c import half

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsave_trace.fingerprint.registry import Anything


def listen(
    hook: Callable[[str, tuple[object, ...]], None],
    stacks: dict[int, Anything],
    always: dict[str, Anything],
    inner: dict[str, Anything],
    outer: dict[str, Anything],
) -> None:
    """Let `hook` be called with events and their arguments: those of `always` and of `outer`, which may grow, and while
    `stacks` is not empty those of `inner`. It may be called with others as well.
    """
    native = half()
    if native is None:
        sys.addaudithook(hook)
    else:
        native.listen(hook, stacks, always, inner, outer)
