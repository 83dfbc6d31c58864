"""`hitsave completion`: what makes a shell complete commands, runs and functions."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from hitsave.cli.pages import EXAMPLES

EXAMPLES["completion"] = """\
  hitsave completion bash >> ~/.bashrc
  hitsave completion zsh >> ~/.zshrc
  hitsave completion fish > ~/.config/fish/completions/hitsave.fish
"""


class Shell(StrEnum):
    """The shells that are known."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"


def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """Print what makes a shell complete the names of commands, options, runs and functions."""
    from typer._completion_shared import get_completion_script

    text = get_completion_script(prog_name="hitsave", complete_var="_HITSAVE_COMPLETE", shell=shell.value)
    sys.stdout.write(text.rstrip() + "\n")
