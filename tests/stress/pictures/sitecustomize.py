"""Leaves behind what a script of a gallery only shows: each open figure, as a picture.

Runs as the first exit function to be registered, and so as the last: what the program and HitSave had to do is done. The
moment at which it begins is noted, so that the drawing counts as nobody's time.
"""

import atexit
import os


def leave_pictures() -> None:
    import sys
    import time

    used = os.times()
    with open(os.environ["PICTURES_ENDED"], "w") as file:
        file.write(f"{time.time()} {sum(used[:4])}")
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    import warnings

    warnings.simplefilter("ignore")
    for number in pyplot.get_fignums()[:12]:
        try:
            pyplot.figure(number).savefig(f"_open_figure_{number}.png", dpi=50)
        except Exception as error:
            print(f"figure {number}: {type(error).__name__}: {error}")


if "PICTURES_ENDED" in os.environ:
    atexit.register(leave_pictures)
