"""What is kept of a whole run. The store keeps it as a trace of its own kind: a plain tuple, whose positions are known here.

    ("run", VERSION, name, "<run>", conditions, reads, folders, stems, libraries, files, output, pieces, status,
     seconds, run, when, late)

- `reads`: (kind, path or variable, fingerprint or None, how the file looked or None, names that don't count), in order;
- `folders`: (folder, what stands in it that could be imported): user code is looked for there;
- `stems`: last parts of the names of all modules that were looked for;
- `libraries`: (folder, how it looked or None, fingerprint of its names): packages are installed there;
- `files`: (path, "content", digest, mode, how it looked or None) | (path, "directory", mode) | (path, "absent");
- `output`: digest of all that was written to the descriptors; `pieces`: (descriptor, length)…;
- `late`: files that were still open when the run was kept: what they hold in the end stands in the seal.

A *seal* is a file beside the store's values. It appears when the interpreter of the run has taken everything down, and holds
what was written until then. Without its seal a kept run says nothing: the process may have crashed.
"""

from __future__ import annotations

from hitsave.replay.conditions import Conditions

TYPE_CHECKING = False
if TYPE_CHECKING:
    Stamp = tuple[int, int, int, int, int]
    Reading = tuple[str, str, bytes | None, Stamp | None, tuple[str, ...]]
    File = tuple[object, ...]

VERSION = 1
FUNCTION = "<run>"
"""Stands where a trace has the name of its function."""
_FIELDS = 17


class Run:
    """One run that was kept."""

    __slots__ = (
        "conditions", "files", "folders", "late", "libraries", "name", "output", "pieces", "reads", "run", "seconds", "status",
        "stems", "when",
    )  # fmt: skip

    def __init__(
        self,
        name: bytes,
        conditions: Conditions,
        reads: tuple[Reading, ...],
        folders: tuple[tuple[str, tuple[str, ...]], ...],
        stems: tuple[str, ...],
        libraries: tuple[tuple[str, Stamp | None, bytes], ...],
        files: tuple[File, ...],
        output: bytes,
        pieces: tuple[tuple[int, int], ...],
        status: int,
        seconds: float,
        run: int,
        when: float,
        late: tuple[str, ...],
    ) -> None:
        self.name = name
        self.conditions = conditions
        self.reads = reads
        self.folders = folders
        self.stems = stems
        self.libraries = libraries
        self.files = files
        self.output = output
        self.pieces = pieces
        self.status = status
        self.seconds = seconds
        self.run = run
        self.when = when
        self.late = late

    def to_record(self) -> tuple[object, ...]:
        """Write it as the store keeps it."""
        return (
            "run", VERSION, self.name, FUNCTION, self.conditions, self.reads, self.folders, self.stems, self.libraries,
            self.files, self.output, self.pieces, self.status, self.seconds, self.run, self.when, self.late,
        )  # fmt: skip

    @staticmethod
    def from_record(record: object) -> Run | None:
        """Read a record; None if it is of another kind or version."""
        if not isinstance(record, tuple) or len(record) != _FIELDS or record[:2] != ("run", VERSION):
            return None
        name, _, *rest = record[2:]
        return Run(name, *rest)
