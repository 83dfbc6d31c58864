"""Whether code acts upon the figures that pyplot keeps.

`plt.plot(…)` draws on the current figure, and so do libraries in the name of the program: `df.plot()`, `nx.draw(G)`. No name
leads to that figure, so no read is seen, and drawing on it changes nothing that is compared. All of pyplot asks one class
for its figures: its methods say so. What is recorded of it is a setting (`settings`): that no figure was open.
"""

from __future__ import annotations

import sys

from hitsave_trace.model import FIGURES
from hitsave_trace.taps.noting import noting
from hitsave_trace.taps.unseen import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from hitsave_trace.taps.patches import Patches
    from hitsave_trace.taps.recorder import Recorder

    Arguments = tuple[object, ...]
    Keywords = dict[str, object]

MODULE = "matplotlib._pylab_helpers"
_ASKED = (
    "get_fig_manager", "has_fignum", "get_all_fig_managers", "get_num_fig_managers", "get_active", "destroy",
    "destroy_all", "draw_all",
)  # fmt: skip


def imported(recording: Recorder, patches: Patches) -> None:
    """Wrap what gives figures out, if it is loaded and has not been seen yet."""
    keeper = getattr(sys.modules.get(MODULE), "Gcf", None)
    if not isinstance(keeper, type):
        return

    def asked(_: Arguments, __: Keywords, ___: FrameType) -> None:
        recording.touched(FIGURES)

    note = noting(asked, recording, MODULE)
    for name in _ASKED:
        method = vars(keeper).get(name)
        if type(method) is classmethod and not hasattr(method.__func__, "__wrapped__"):
            patches.set(keeper, name, classmethod(wrap(method.__func__, note, recording)))
