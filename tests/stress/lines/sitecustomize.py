"""Writes down which lines of the project a program executes, as JSON: file → lines."""

import os
import sys


def watch() -> None:
    path, folder = os.environ["LINES_OUT"], os.environ["LINES_FOLDER"] + os.sep
    seen: dict[str, set[int]] = {}

    def trace(frame, event, _):
        name = frame.f_code.co_filename
        if not name.startswith(folder):
            return None
        lines = seen.setdefault(name[len(folder) :], set())

        def local(frame, event, _):
            lines.add(frame.f_lineno)
            return local

        lines.add(frame.f_lineno)
        return local

    def write() -> None:
        sys.settrace(None)
        import json

        with open(path, "w", encoding="utf-8") as file:
            json.dump({name: sorted(lines) for name, lines in seen.items()}, file)

    import atexit

    atexit.register(write)
    sys.settrace(trace)


if "LINES_OUT" in os.environ:
    watch()
