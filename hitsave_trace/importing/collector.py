"""Keeps the objects of HitSave out of the program's garbage collections.

There are some ten thousand of them when the program's first line runs, and they stay until the end. Each full collection
would walk them, which a program that makes many objects pays for. They are set aside, with those that the interpreter
made before. A program that names the collector may ask it what there is; then they are where they would be otherwise.
"""

from __future__ import annotations

import gc

_FULL = 2
"""The oldest generation."""
_state = {"asked": False, "aside": False}


def set_aside() -> None:
    """The program's turn: the collector goes to work, and leaves alone what there is by now."""
    if not _state["asked"]:
        gc.freeze()
        _state["aside"] = True
    gc.enable()


def take_back() -> None:
    """Put what was set aside where it would be otherwise."""
    if _state["aside"]:
        gc.unfreeze()
        _state["aside"] = False


def give_back(collects: bool) -> None:
    """The program has ended; `collects`: its collector is on. The interpreter now collects once while all modules are still there,
    and then what was in them. What the program has put into objects of others goes with these, and maybe only the collector sees
    how: so they are taken back, but after the first, which would find nothing among them.
    """
    if _state["aside"] and collects:
        gc.callbacks.append(_collected)
    else:
        take_back()


def _collected(phase: str, about: dict[str, int]) -> None:
    if phase == "stop" and about["generation"] == _FULL:
        gc.callbacks.remove(_collected)
        take_back()


def tell(source: bytes) -> None:
    """A user module with this text is about to run."""
    if _state["asked"] or b"gc" not in source:
        return
    _state["asked"] = True
    take_back()
