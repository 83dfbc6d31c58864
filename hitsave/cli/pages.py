"""Help pages: one look for all commands.

A page begins with examples, since that is what people read, and fits on a screen. It is laid out here and not by the
parser, so that it is the same with each version of the parser, on a terminal, in a pipe and in docs/commands.md.
"""

from __future__ import annotations

import textwrap

import typer
from typer.core import TyperCommand, TyperGroup

from hitsave.render.console import width_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Context(Protocol):
        """What a page needs of the parser's context."""

        command_path: str

    class Formatter(Protocol):
        """What a page needs of the parser's formatter."""

        def write(self, string: str) -> None:
            """Add text as it is."""


# The parser is a part of typer in new versions and the click package in old ones. Its public exceptions
# lead to the base class of all usage errors in both.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

# The exit statuses of all commands but `run`, which exits as the program does.
OK, USAGE, INTERNAL, NOT_FOUND = 0, 2, 3, 4

EXAMPLES: dict[str, str] = {}
"""What a page begins with, by the words after `hitsave`."""

GROUPS: dict[str, dict[str, dict[str, str]]] = {}
"""The commands of a page in groups, where there are many."""

WORDS: dict[str, str] = {}
"""What follows the command in its usage line, where that can't be told from its options and arguments."""

_WIDTH = 80


class Page(TyperCommand):
    """A command whose help begins with its examples."""

    def format_help(self, ctx: Context, formatter: Formatter) -> None:  # type: ignore[override]
        """Write examples, usage, what it does, options."""
        formatter.write(_page(self, ctx))


class GroupPage(TyperGroup):
    """A group of commands whose help begins with examples."""

    def format_help(self, ctx: Context, formatter: Formatter) -> None:  # type: ignore[override]
        """Write examples, usage, what it does, commands, options."""
        formatter.write(_page(self, ctx))


def _page(command: object, ctx: Context) -> str:
    path = ctx.command_path
    words = path.partition(" ")[2]
    parts = [EXAMPLES[words].rstrip()] if words in EXAMPLES else []
    parameters = [parameter for parameter in getattr(command, "params", []) if not getattr(parameter, "hidden", False)]
    arguments = [parameter for parameter in parameters if not parameter.opts[0].startswith("-")]
    options = [parameter for parameter in parameters if parameter.opts[0].startswith("-")]
    commands = getattr(command, "commands", {})
    usage = WORDS.get(words)
    if usage is None:
        named = [_metavar(argument) if argument.required else f"[{_metavar(argument)}]" for argument in arguments]
        usage = " ".join(["COMMAND" if commands else "[OPTIONS]", *named])
    parts.append(f"Usage: {path} {usage}")
    parts.append(_wrapped(" ".join((getattr(command, "help", None) or "").split())))
    groups = GROUPS.get(words)
    if groups:
        help_line = parts.pop()
        parts[-1] += "\n" + help_line
        parts.append("\n".join(_group(title, lines) for title, lines in groups.items()))
        parts.append("Options: --version, --help; hitsave COMMAND --help shows those of a command.")
        parts.append(_wrapped(str(getattr(command, "epilog", "") or "")))
        return "\n\n".join(parts) + "\n"
    if commands:
        parts.append(
            _rows("Commands", [(name, getattr(sub, "short_help", "") or "") for name, sub in commands.items()])
        )
    rows = [(_metavar(argument), argument.help or "") for argument in arguments]
    rows += [(_spelled(option), option.help or "") for option in options]
    parts.append(_rows("Options", [*rows, ("--help", "Show this page.")]))
    epilog = getattr(command, "epilog", None)
    if epilog:
        parts.append(_wrapped(epilog))
    return "\n\n".join(parts) + "\n"


def _metavar(parameter: object) -> str:
    return str(getattr(parameter, "metavar", None) or "")


def _spelled(option: object) -> str:
    spellings = sorted(getattr(option, "opts", ()), key=len)
    return ", ".join(spellings) + (f" {_metavar(option)}" if _metavar(option) else "")


def _width() -> int:
    """Help is for 80 columns, so that it is the same everywhere, or for a terminal that has less."""
    return min(_WIDTH, width_of() or _WIDTH)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _width(), break_on_hyphens=False)


def _group(title: str, lines: dict[str, str]) -> str:
    told = [f"{name:<12}{text}" for name, text in lines.items()]
    return f"{title + ':':<14}" + ("\n" + " " * 14).join(told)


def _rows(title: str, rows: list[tuple[str, str]]) -> str:
    pad = max(len(name) for name, _ in rows) + 2
    told = [
        textwrap.fill(
            text, _width(), initial_indent=f"  {name:<{pad}}", subsequent_indent=" " * (pad + 2), break_on_hyphens=False
        )
        for name, text in rows
    ]
    return "\n".join([f"{title}:", *told])
