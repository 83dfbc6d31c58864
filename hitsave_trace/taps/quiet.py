"""What HitSave itself does, told apart from what the program does.

The recorder reads files and looks at the environment too, and a tap must not report that. A thread that stands
inside `with quiet:` is not observed. Taps enter it by themselves before they call the recorder; whoever reads on
the program's behalf (fingerprints at an opening, checks, replays) enters it explicitly. It nests.
"""

from __future__ import annotations

from _thread import get_ident

depths: dict[int, int] = {}
"""Thread → how deep it stands in quiet. A thread that is not in it is observed."""


class Quiet:
    """The one context manager `quiet`; it holds no state, so it can be entered by all threads at once."""

    __slots__ = ()

    def __enter__(self) -> None:
        thread = get_ident()
        depths[thread] = depths.get(thread, 0) + 1

    def __exit__(self, *_: object) -> None:
        thread = get_ident()
        depth = depths.get(thread, 0)
        if depth > 1:
            depths[thread] = depth - 1
        else:
            depths.pop(thread, None)


quiet = Quiet()
