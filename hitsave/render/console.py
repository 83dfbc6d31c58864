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
_ASCII |= {ord("█"): "#", **dict.fromkeys(map(ord, "▏▎▍▌▋▊▉"), "")}  # of a bar the whole parts

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


def folded(layout: Layout, width: int | None) -> Layout:
    """Lines that are longer than the terminal is wide, broken between words, the rest further in. Lines of a diff stay whole."""
    return layout if width is None else [part for line in layout for part in _folded(line, width)]


def _folded(line: Line, width: int) -> Layout:
    text = "".join(part for part, _ in line)
    of_a_diff = len(line) == 2 and not line[0][0].strip() and line[1][0][:1] in ("+", "-", "@", " ", "\\")
    if len(text) <= width or of_a_diff:
        return [line]
    inner = " " * min(len(text) - len(text.lstrip()) + 2, width // 2)
    told: Layout = [[]]
    used, began = 0, True  # columns of the last line, and whether it has no word yet
    for part, style in line:
        # Words with the blanks before them.
        at = 0
        while at < len(part):
            end = at
            while end < len(part) and part[end] == " ":
                end += 1
            while end < len(part) and part[end] != " ":
                end += 1
            word = part[at:end]
            at = end
            if used + len(word) > width and not began and word.strip():
                told.append([(inner, "")])
                used, began, word = len(inner), True, word.lstrip()
            told[-1].append((word, style))
            used += len(word)
            began = began and not word.strip()
    return told


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
