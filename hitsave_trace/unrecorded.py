"""What the program reads while no call is being recorded: by its top level, or in functions that nobody asks about.

No result depends on it here, so nothing is answered or refused by what stands here. It is for the log: a run is told apart from the
one before it by the data that it read, whoever read it.

A small file is fingerprinted when it is opened, since the program may write it later; a larger one when the run has ended, if
it then looks as it did.
"""

from __future__ import annotations

import os
import sys
from stat import S_ISREG

from hitsave_trace.around import around, file_text
from hitsave_trace.fingerprint.files import AT_ONCE_BYTES, LATER_BYTES, stamp_of
from hitsave_trace.fingerprint.variables import env
from hitsave_trace.model import ENV, FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.fingerprint.files import Stamp
    from hitsave_trace.model import Fingerprint

    Use = tuple[str, str, Fingerprint, str | None]

MOST = 2_000
"""Files and variables that are noted; a run that reads more is told apart by the first ones."""
_CODE = (".py", ".pyc", ".so", ".pth")


class Unrecorded:
    """The reads of one run."""

    __slots__ = ("_later", "_seen", "_uses", "made", "on")

    def __init__(self) -> None:
        self.on = False
        self._seen: set[str] = set()
        self._uses: dict[tuple[str, str], Use] = {}
        self._later: dict[str, Stamp] = {}
        self.made: set[str] = set()  # names of files whose content is the run's own

    def file(self, path: str) -> None:
        """A file is about to be opened for reading. Modules are known otherwise: the run keeps their sources."""
        if path in self._seen or len(self._seen) >= MOST or path.endswith(_CODE):
            return
        self._seen.add(path)
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            return
        if not S_ISREG(found.st_mode):
            return
        if found.st_size > AT_ONCE_BYTES:
            self._later[path] = stamp_of(found)
        else:
            self._note(path)

    def written(self, path: str, mode: str) -> None:
        """A file is about to be written: what the program reads of it from here on is its own."""
        if len(self._seen) < MOST and path not in self._seen:
            self._seen.add(path)
            if mode in ("w", "x"):
                self.made.add(around.place(path))

    def variable(self, name: str) -> None:
        """A variable of the environment is read."""
        if (ENV, name) not in self._uses and len(self._uses) < MOST:
            self._uses[ENV, name] = (ENV, name, *env(name))

    def uses(self) -> list[Use]:
        """All that was read, now that the run has ended."""
        for path, stamp in self._later.items():
            try:
                found = os.stat(path)
            except OSError:
                continue
            if stamp_of(found) == stamp and found.st_size <= LATER_BYTES:
                self._note(path)
        self._later = {}
        loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        return [use for use in self._uses.values() if use[0] != FILE or around.locate(use[1]) not in loaded]

    def has_read(self, name: str) -> bool:
        """Whether a file was read so far."""
        return (FILE, name) in self._uses or around.locate(name) in self._later

    def _note(self, path: str) -> None:
        fingerprint = around.digests.content(path)
        name = around.place(path)
        self._uses[FILE, name] = (FILE, name, fingerprint, file_text(fingerprint, path))


unrecorded = Unrecorded()
