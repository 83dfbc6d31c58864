"""How runs and calls are named on the command line, and what completion offers for them."""

from __future__ import annotations

from typing import Annotated

import typer


def runs(incomplete: str) -> list[tuple[str, str]]:
    """References of runs that begin as typed, each with its command line."""
    from hitsave.cli.opening import archive
    from hitsave.report.archive import command_of

    found: list[tuple[str, str]] = []
    try:
        with archive(None, quiet=True) as kept:
            tags = kept.said().get("tags")
            found += [(name, f"run {number}") for name, number in (tags if isinstance(tags, dict) else {}).items()]
            for position, number in enumerate(kept.numbers(limit=50)):
                run = kept.run(number)
                if run is not None:
                    told = command_of(run)
                    found.append((str(number), told))
                    if position < 3:
                        found.append(("@" + "-" * position, told))
    except Exception:  # whatever is wrong with the store, it is not said in the middle of a command line
        return []
    return [(word, told) for word, told in found if word.startswith(incomplete)]


def functions(incomplete: str) -> list[str]:
    """Functions that the last runs called, as people write them."""
    from hitsave.cli.opening import archive
    from hitsave.report.words import short_name

    found: dict[str, None] = {}
    try:
        with archive(None, quiet=True) as kept:
            found = {short_name(name): None for name in kept.functions()}
    except Exception:
        return []
    return [name for name in found if name.startswith(incomplete)]


RUN = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN", show_default=False, autocompletion=runs, help="A number, @ (the last), @-, @:train.py or a tag."
    ),
]
"""A run that may be left out: the last one."""

ONE_RUN = Annotated[
    str, typer.Argument(metavar="RUN", autocompletion=runs, help="A number, @ (the last), @-, @:train.py or a tag.")
]
CALL = Annotated[
    str | None,
    typer.Argument(
        metavar="CALL", show_default=False, autocompletion=functions, help="train, model.fit, helper:train, …"
    ),
]
ONE_CALL = Annotated[
    str, typer.Argument(metavar="CALL", autocompletion=functions, help="train, model.fit, helper:train, …")
]
OF_RUN = Annotated[
    str | None, typer.Option("--run", metavar="RUN", autocompletion=runs, help="A run number, @ (the last), @-, …")
]
