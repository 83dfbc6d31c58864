"""Measure HitSave against plain Python, with the interpreter that runs this.

    python -m benchmarks                     everything: some 15 minutes
    python -m benchmarks start answers       some groups
    python -m benchmarks overhead --only fib
    python -m benchmarks --quick             few pairs: to see that it works
    python -m benchmarks --page              write the tables of docs/benchmarks.md from benchmarks/results/

Each line is shown when it has been measured: a median, and in brackets the quartiles. All measurements are kept in
benchmarks/results/, one file per interpreter. Let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import answers, digits, figures, growth, overhead, page, pyperformance, replay, start
from benchmarks.peers import measure as peers

GROUPS = {
    "overhead": overhead.measure,
    "answers": answers.measure,
    "start": start.measure,
    "digits": digits.measure,
    "replay": replay.measure,
}
# Groups that need something more, and are measured when they are named.
MORE = {"pyperformance": pyperformance.measure, "peers": peers.measure, "growth": growth.measure}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "groups", nargs="*", choices=[*GROUPS, *MORE, []], metavar="GROUP", help=", ".join([*GROUPS, *MORE])
    )
    parser.add_argument("--pairs", type=int, default=11, help="pairs of processes per line (default 11)")
    parser.add_argument("--quick", action="store_true", help="three pairs, and nothing is kept")
    parser.add_argument("--only", help="one program of `overhead`, one curve of `growth`; nothing is kept")
    parser.add_argument("--page", action="store_true", help="only write docs/benchmarks.md")
    options = parser.parse_args()
    if options.page:
        page.write()
        return
    pairs = 3 if options.quick else options.pairs
    groups = options.groups or list(GROUPS)
    found: list[figures.Figure] = []

    def say(figure: figures.Figure) -> None:
        if not found or found[-1].group != figure.group:
            print(figure.group)
        found.append(figure)
        print(figure.line(), flush=True)

    print(f"Python {sys.version.split()[0]}, {pairs} pairs")
    for group in groups:
        with tempfile.TemporaryDirectory(prefix="hitsave-benchmarks-") as folder:
            (GROUPS | MORE)[group](Path(folder), pairs, say, options.only)
    if not options.quick and (options.only is None or groups == ["peers"]):  # of the peers, a whole group is named
        path = figures.save(found, sorted({figure.group for figure in found}))
        print(f"kept in {path}")


main()
