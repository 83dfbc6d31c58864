"""Make docs/pictures: what a terminal shows while the examples are run cold, again, and after an edit.

python docs/make_pictures.py    three-runs.svg (the steps of examples/three_runs.sh) and flat.svg (examples/spreadsheet), in
                                copies with a store of their own; about two minutes

Run it with the interpreter of an environment that has HitSave and what the example needs (`make example` makes one).
Times in the picture are those of the machine that made them. Long output of the program itself is cut, and the cut
says how many lines are missing; nothing else is changed.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import copytree, ignore_patterns

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

HERE = Path(__file__).resolve().parent
PICTURES = HERE / "pictures"
COLUMNS = 112
FIRST, LAST = 2, 3
"""Lines of a long output that are shown at its beginning and at its end."""

EDIT = ("config.py", "LEARNING_RATES = [0.05, 0.2]", "LEARNING_RATES = [0.05, 0.1]")
LATE_EDIT = ("analysis.py", 'ax.set_title("one week in autumn")', 'ax.set_title("a week in October")')

THEME = TerminalTheme(
    (250, 250, 248), (40, 42, 46),
    [(40, 42, 46), (185, 45, 40), (40, 120, 50), (150, 100, 0), (40, 85, 160), (135, 60, 140), (0, 115, 120), (120, 120, 118)],
    [(110, 110, 108), (205, 60, 55), (50, 140, 60), (170, 115, 0), (50, 100, 190), (155, 75, 160), (0, 130, 135), (60, 60, 60)],
)  # fmt: skip


def main() -> None:
    """Run the examples, and draw what was seen."""
    PICTURES.mkdir(exist_ok=True)
    for name, example, script, edit in (
        ("three-runs", "digits", "train.py", EDIT),
        ("flat", "spreadsheet", "analysis.py", LATE_EDIT),
    ):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / example
            copytree(HERE.parent / "examples" / example, place, ignore=ignore_patterns("results", "__pycache__"))
            terminal = Terminal(place, Path(folder) / "store")
            run = f"hitsave run {script}"
            shown = [
                terminal.run(run),
                terminal.run(run),
                terminal.edit(*edit) + "\n" + terminal.run(run),
                terminal.run("hitsave log"),
            ]
        (PICTURES / f"{name}.svg").write_text(draw(name, shown), "utf-8")


class Terminal:
    """A shell in the copy of the example: it runs commands and remembers what they showed."""

    def __init__(self, place: Path, store: Path) -> None:
        self.place = place
        own = {"HITSAVE_STORE": str(store), "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, **own, "PATH": path}

    def run(self, command: str) -> str:
        """Run a command; give its line and what came out, in the order in which it came."""
        ended = subprocess.run(
            command, shell=True, cwd=self.place, env=self.environment, check=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return "\n".join([f"\033[1m$ {command}\033[0m", *cut(ended.stdout.splitlines())])

    def edit(self, name: str, before: str, after: str) -> str:
        """Edit a file; give the line of a shell that does it."""
        path = self.place / name
        text = path.read_text("utf-8")
        assert text.count(before) == 1, f"{name} no longer holds {before}"
        path.write_text(text.replace(before, after), "utf-8")
        return f"\033[1m$ # an edit in {name}:\033[0m \033[31m{before}\033[0m → \033[32m{after}\033[0m"


def cut(lines: list[str]) -> list[str]:
    """Leave out the middle of a program's output; a report of ours is short and stays whole."""
    if not any(line.startswith("read ") for line in lines) or len(lines) <= FIRST + LAST + 1:
        return lines
    left_out = len(lines) - FIRST - LAST
    return [*lines[:FIRST], f"\033[2m  … {left_out} more lines of the program's own output\033[0m", *lines[-LAST:]]


def draw(name: str, shown: list[str]) -> str:
    """Draw what a terminal showed. Fonts are those of the reader: the picture refers to nothing outside of itself."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(Text.from_ansi("\n\n".join(shown)), soft_wrap=False)
    own = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    svg = console.export_svg(title="", theme=THEME, code_format=own, unique_id=name)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    main()
