"""A witness in each process of a case: writes down which function slept.

Functions of a case are slow because they sleep. From 3.13 on `time.sleep` tells audit hooks, so that a test need not take
HitSave's word for it that a function's body did not run.
"""

import os
import sys


def watch() -> None:
    path = os.environ.get("WITNESS")
    if path is None:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    write, frame_at = os.write, sys._getframe

    def hook(event: str, _: object) -> None:
        if event == "time.sleep":
            code = frame_at(1).f_code
            write(descriptor, f"{code.co_qualname}\n".encode())

    sys.addaudithook(hook)


watch()
