"""Lines of styled text, written to a terminal or to a pipe.

A layout is a list of lines, a line a list of (text, style). The same layout goes everywhere: what a
pipe gets differs from what a terminal gets in colour and in nothing else, save that only a terminal has a width to keep
to. rich is imported when there is colour to write, and not before.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

from hitsave.render.summary import is_terminal, speaks_unicode, wants_colour

Span = tuple[str, str]
Line = list[Span]
Layout = list[Line]

# Plain spellings for streams that can't write the others.
_ASCII = str.maketrans({"·": "|", "→": "->", "×": "x", "…": "...", "µ": "u", "─": "-", "├": "|", "└": "`", "│": "|"})

_STYLES = {"strong": "bold", "soft": "dim", "good": "green", "bad": "red", "warn": "yellow", "name": "cyan"}


def plain(line: Line) -> str:
    """The text of a line, without the padding at its end; a line of one piece is written as it is (it may be a patch's)."""
    return line[0][0] if len(line) == 1 else "".join(text for text, _ in line).rstrip()


def width_of(stream: TextIO | None = None) -> int | None:
    """The columns of the terminal, or None for a pipe or a file: there nothing is cut off."""
    stream = sys.stdout if stream is None else stream
    if not is_terminal(stream):
        return None
    import shutil

    return max(shutil.get_terminal_size().columns, 40)


def write(layout: Layout, stream: TextIO | None = None, *, colour: bool | None = None) -> None:
    """Write the lines. A reader who closes the pipe early has seen enough: that is no error."""
    stream = sys.stdout if stream is None else stream
    colour = wants_colour(stream) if colour is None else colour
    simple = not speaks_unicode(stream)
    try:
        if colour:
            _coloured(layout, stream, simple=simple)
        else:
            for line in layout:
                text = plain(line)
                stream.write((_simple(text, stream) if simple else _writable(text, stream)) + "\n")
        stream.flush()
    except BrokenPipeError:
        # The interpreter would try to flush again at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def page(layout: Layout) -> None:
    """Write lines to a terminal by way of the user's pager, as git does; to a pipe directly.

    `less` is told to leave at once what fits on the screen, and to keep colours and the screen's content.
    """
    import shutil

    if not is_terminal(sys.stdout) or len(layout) < shutil.get_terminal_size().lines:
        write(layout)
        return
    import shlex
    import subprocess

    command = os.environ.get("HITSAVE_PAGER", os.environ.get("PAGER", "less"))
    words = shlex.split(command)
    if not words or words == ["cat"] or shutil.which(words[0]) is None or os.environ.get("TERM") == "dumb":
        write(layout)
        return
    colour = wants_colour(sys.stdout)
    with subprocess.Popen(  # noqa: S603 - the user's own pager
        words, stdin=subprocess.PIPE, env={"LESS": "FRX", "LV": "-c", **os.environ}, encoding="utf-8", errors="replace"
    ) as pager:
        assert pager.stdin is not None
        try:
            _to_pager(layout, pager.stdin, colour=colour)  # type: ignore[arg-type]
        except (BrokenPipeError, KeyboardInterrupt):
            pass


def _to_pager(layout: Layout, stream: TextIO, *, colour: bool) -> None:
    if colour:
        _coloured(layout, stream, simple=False)
    else:
        stream.writelines(plain(line) + "\n" for line in layout)
    stream.close()


def note(layout: Layout) -> None:
    """Write lines to stderr."""
    write(layout, sys.stderr)


def message(what: str, facts: list[tuple[str, str]] | None = None, hint: str = "", slug: str = "") -> Layout:
    """A message in the one shape they all have: what, the facts below each other, what to do, the slug."""
    layout: Layout = [[("hitsave: ", "soft"), (what, "strong")]]
    pad = max((len(key) for key, _ in facts or ()), default=0)
    layout += [[(f"  {key:<{pad}}  ", "soft"), (value, "")] for key, value in facts or ()]
    if hint or slug:
        layout.append([(hint, ""), (f"{'  ' if hint else ''}[{slug}]" if slug else "", "soft")])
    return layout


def diff_lines(lines: list[str], indent: str) -> Layout:
    """A unified diff, coloured as git colours it."""
    layout: Layout = []
    for line in lines:
        if line.startswith(("+++ ", "--- ")):
            style = "strong"
        else:
            style = {"+": "good", "-": "bad", "@": "name"}.get(line[:1], "")
        layout.append([(indent, ""), (line, style)] if indent else [(line, style)])
    return layout


def _coloured(layout: Layout, stream: TextIO, *, simple: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    # Whether to colour is decided already, so nothing is left to the environment. soft_wrap: the terminal breaks long
    # lines, so that they can be copied whole.
    console = Console(
        file=stream, force_terminal=True, color_system="standard", no_color=False,
        highlight=False, markup=False, emoji=False, soft_wrap=True,
    )  # fmt: skip
    for line in layout:
        text = Text()
        for part, style in line:
            text.append(_simple(part, stream) if simple else _writable(part, stream), _STYLES.get(style, ""))
        if len(line) > 1:
            text.rstrip()
        console.print(text)


def _simple(text: str, stream: TextIO) -> str:
    return _writable(text.translate(_ASCII), stream)


def _writable(text: str, stream: TextIO) -> str:
    """`text` without what the stream can't write, such as the surrogates of an undecodable file name."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
