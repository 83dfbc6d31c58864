"""The ways in which a program is run, each as a person would start it, and what one such process took.

Seconds are those from the start of a process to its end, as seen by who waits for it. What it prints goes to a file: a
terminal's pace would be measured with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from time import perf_counter

from xxhash import xxh3_128_hexdigest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave.bench.folder import Place

    Row = dict[str, object]

PLAIN, COLD, WARM, CALLS, EDITED = WAYS = ("plain", "cold", "warm", "calls", "edited")

# What is said of HitSave in the environment holds for the runs as well, but for what would be another way.
_TAKEN_AWAY = ("HITSAVE", "HITSAVE_STORE", "HITSAVE_REPLAY", "HITSAVE_VERIFY", "HITSAVE_QUIET")


class Sample:
    """One process."""

    __slots__ = ("began", "ended", "output", "processor", "run", "seconds", "status", "store_bytes")

    def __init__(self, began: float, ended: float, processor: float, status: int, output: str) -> None:
        self.began = began
        self.ended = ended
        self.seconds = ended - began
        self.processor = processor
        self.status = status  # negative: by that signal
        self.output = output  # a digest of what went to stdout
        self.run: Row = {}  # HitSave's record of it
        self.store_bytes = 0


class Program:
    """A program that is measured: what is run, where, and with what standard input."""

    def __init__(self, head: list[str], words: list[str], where: Place, scratch: str, stdin: str) -> None:
        self._head = head  # the interpreter and its flags
        self.words = [where.moved(word) for word in words]  # the script, or -m and a module, and the arguments
        self.place = where
        self._scratch = scratch
        self._stdin = stdin

    @property
    def errors(self) -> str:
        """What the last process wrote to stderr."""
        with open(os.path.join(self._scratch, "stderr"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def store(self, name: str) -> str:
        """The folder of a store."""
        return os.path.join(self._scratch, f"store-{name}")

    def plain(self) -> Sample:
        """Run it by plain Python."""
        return self._run([*self._head, *self.words])

    def ours(self, store: str, *, replays: bool = True, looked_at: str | None = None) -> Sample:
        """Run it under HitSave, with this store."""
        interpreter, *rest = _own_words()
        flags = [] if looked_at is None else ["-X", f"hitsave_bench={looked_at}"]
        more = [] if replays else ["--no-replay"]
        sample = self._run(
            [interpreter, *flags, *rest, "run", "--verify=0", *more, "--store", self.store(store), *self.words]
        )
        sample.run = self.record(store)
        sample.store_bytes = _size(self.store(store))
        return sample

    def record(self, store: str) -> Row:
        """The record of the last run that is in a store; nothing if there is none."""
        found = self._rows(store)
        return found[0] if found else {}

    def calls(self, store: str) -> list[Row]:
        """The calls of the last run that is in a store."""
        return self._rows(store)[1:]

    def _rows(self, store: str) -> list[Row]:
        from hitsave.store.store import Store, open_store

        told: list[Exception] = []
        kept = open_store(self.store(store), self.place.project, say=told.append, readonly=True)
        if not isinstance(kept, Store):
            return []
        try:
            numbers = kept.run_numbers(limit=1)
            record = kept.run(numbers[0]) if numbers else None
            return [record, *kept.run_calls(numbers[0])] if record is not None else []
        finally:
            kept.close()

    def _run(self, command: list[str]) -> Sample:
        environment = {name: value for name, value in os.environ.items() if name not in _TAKEN_AWAY}
        if self.place.copy != self.place.folder:
            given = [self.place.moved(path) for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
            paths = dict.fromkeys((*self.place.paths, *given))
            if paths:
                environment["PYTHONPATH"] = os.pathsep.join(paths)
        names = [os.path.join(self._scratch, name) for name in ("stdout", "stderr")]
        with open(self._stdin, "rb") as stdin, open(names[0], "wb") as stdout, open(names[1], "wb") as stderr:
            began = perf_counter()
            process = subprocess.Popen(  # noqa: S603 - the user's own program
                command, stdin=stdin, stdout=stdout, stderr=stderr, cwd=self.place.cwd, env=environment
            )
            try:
                _, status, used = os.wait4(process.pid, 0)
                ended = perf_counter()
            except BaseException:
                process.kill()
                process.wait()
                raise
            process.returncode = os.waitstatus_to_exitcode(status)
        return Sample(began, ended, used.ru_utime + used.ru_stime, process.returncode, _digest(names[0]))


def _own_words() -> list[str]:
    """What this command was started with, before the word `bench`."""
    words = list(sys.orig_argv)
    arguments = sys.argv[1:]
    if arguments and words[-len(arguments) :] == arguments:
        del words[-len(arguments) :]
        if len(words) > 1 and os.path.basename(words[-1]).startswith("hitsave"):
            if os.path.exists(words[-1]) and words[-2] != "-m":  # a path: the runs begin in another folder
                words[-1] = os.path.abspath(words[-1])
            return [sys.executable, *words[1:]]
    return [sys.executable, "-m", "hitsave"]


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return xxh3_128_hexdigest(file.read())


def _size(folder: str) -> int:
    """The bytes that a folder takes on the disk."""
    size = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.lstat(os.path.join(path, name)).st_blocks * 512
            except OSError:
                continue
    return size
