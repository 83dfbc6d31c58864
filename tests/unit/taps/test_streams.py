"""Text is noted where it enters a stream, and a replay writes it again through the same layer."""

from __future__ import annotations

import contextlib
import io
import os
import sys

from hitsave_trace.taps import streams

SCRIPT = """
import contextlib, io, logging, os, sys, warnings
observe = Observed()
logging.basicConfig(format="%(message)s")

def speak():
    print("a", "b", sep="-")
    print("end", end="")
    sys.stdout.writelines(["l1\\n", "l2\\n"])
    sys.stdout.flush()
    sys.stdout.buffer.write(b"bytes\\n")
    sys.stdout.buffer.flush()
    print("again", flush=True)
    os.write(1, b"raw\\n")
    logging.getLogger("x").warning("logged")
    print("error", file=sys.stderr)
    with contextlib.redirect_stdout(io.StringIO()):
        print("inner")
    sys.__stdout__.write("same\\n")

told = observe(speak)
assert vars(sys.stdout) == {"mode": "w"}, vars(sys.stdout)
print([one[1:] for one in told if one[0] == "text"], [one for one in told if one[0] == "forbid"])
"""


def test_everything_that_is_written_is_noted_once(program):
    *_, last = program(SCRIPT).splitlines()
    assert last == str([
        (1, "a"), (1, "-"), (1, "b"), (1, "\n"), (1, "end"), (1, "l1\n"), (1, "l2\n"), (1, b"bytes\n"),
        (1, "again"), (1, "\n"), (-1, b"raw\n"), (2, "logged\n"), (2, "error"), (2, "\n"), (1, "same\n"),
    ]) + " []"  # fmt: skip


def test_the_output_is_what_it_was(program):
    plain = program(SCRIPT.replace("told = observe(speak)", "speak(); told = ()"))
    assert program(SCRIPT).splitlines()[:-1] == plain.splitlines()[:-1]


def test_a_stream_that_writes_to_another_is_noted_once(program):
    printed = program(
        "import sys, os\n"
        "class Tee:\n"
        "    def __init__(self, one): self.one = one\n"
        "    buffer = property(lambda self: self.one.buffer)\n"
        "    def write(self, text): return self.one.write(text)\n"
        "    def flush(self): self.one.flush()\n"
        "sys.stdout = Tee(sys.stdout)\n"
        "observe = Observed()\n"
        "told = observe(lambda: print('x'))\n"
        "past = observe(lambda: sys.__stdout__.write('past\\n'))\n"
        "print(told, past)\n"
    )
    assert printed == (
        "x\npast\n[('text', 1, 'x'), ('text', 1, '\\n')] "
        "[('forbid', 'stdout-replaced', 'text written past a replaced sys.stdout')]\n"
    )


def test_a_failed_write_is_not_noted_and_shows_no_frame_of_ours(program):
    printed = program(
        "import sys, traceback\n"
        "observe = Observed()\n"
        "def fail():\n"
        "    try: sys.stdout.write(3)\n"
        "    except TypeError: return traceback.format_exc()\n"
        "told = observe(fail)\n"
        "print([one for one in told if one[0] == 'text'], observe.value.count('File'), observe.value.strip().splitlines()[-1])\n"
        "told = observe(lambda: sys.stdout.buffer.write(b'after\\n'))\n"
        "print(told)\n"
    )
    assert "[] 1 TypeError: write() argument must be str, not int" in printed
    assert "[('text', 1, b'after\\n')]" in printed


def test_standing_in_a_captured_stream(observe):
    with contextlib.redirect_stdout(io.StringIO()) as caught:
        told = observe(lambda: print("x"))
    assert told == [("text", 1, "x"), ("text", 1, "\n")]
    assert caught.getvalue() == "x\n"
    assert "write" not in vars(caught)


def test_a_stream_that_takes_no_tap(observe):
    class Closed:
        __slots__ = ("texts",)

        def __init__(self):
            self.texts = []

        def write(self, text):
            self.texts.append(text)

        def getvalue(self):
            return "".join(self.texts)

    installed = observe.installed
    observe.nothing = installed.snapshot()
    with contextlib.redirect_stdout(Closed()):
        observe(lambda: setattr(observe, "found", installed.written_since(observe.nothing)))
        assert observe.found == []

        def speak():
            print("x")
            observe.found = installed.written_since(observe.nothing)

        observe(speak)
    assert observe.found == [("stdout-replaced", "Closed")]


def test_a_recording_inside_a_redirection(observe):
    installed = observe.installed

    def outer():
        with contextlib.redirect_stdout(io.StringIO()):
            installed.before_recording()
            print("inner")
            installed.after_recording()

    told = observe(outer)
    assert ("forbid_around", "stdout-replaced", "a call inside a redirected sys.stdout") in told
    assert ("text", 1, "inner") in told


def test_nested_recordings_put_the_taps_on_once(observe):
    installed = observe.installed
    installed.before_recording()
    installed.before_recording()
    tapped = sys.stdout.write
    installed.after_recording()
    assert sys.stdout.write == tapped
    assert "write" in vars(sys.stdout)
    installed.after_recording()
    assert "write" not in vars(sys.stdout)


def test_reading_standard_input(program):
    printed = program(
        "import io, os, sys\n"
        "observe = Observed()\n"
        "reads = [\n"
        "    lambda: sys.stdin.readline(), lambda: sys.stdin.read(), lambda: sys.stdin.buffer.read(1),\n"
        "    lambda: os.read(0, 1), lambda: open(0, closefd=False),\n"
        "]\n"
        "for read in reads:\n"
        "    print(observe.reasons(read))\n"
        "def ask():\n"
        "    try: input()\n"
        "    except EOFError: pass\n"
        "print(('stdin', 'input()') in observe.reasons(ask))\n"
    )
    lines = printed.splitlines()
    assert lines[-1] == "True"
    assert all(line.startswith("[('stdin', ") for line in lines[:-1])


def test_a_replay_goes_through_the_same_layer(tmp_path):
    path = tmp_path / "out"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    kept, kept_descriptor = sys.stdout, os.dup(1)
    try:
        os.dup2(descriptor, 1)
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False)))
        streams.replay(1, "text ")
        streams.replay(1, b"bytes ")  # overtakes the text, which waits in the text layer
        streams.replay(-1, b"raw ")  # overtakes both
        sys.stdout.flush()
    finally:
        sys.stdout = kept
        os.dup2(kept_descriptor, 1)
        os.close(kept_descriptor)
        os.close(descriptor)
    assert path.read_bytes() == b"raw bytes text "
