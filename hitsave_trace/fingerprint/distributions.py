"""Which distributions are installed, what each says of itself, and which provides a module.

`importlib.metadata` answers all this too, in a tenth of a second; here the few lines that matter are read from the metadata on
disk, once a process, when somebody asks. In an environment of a hundred distributions even that takes some hundredths of a second, most of
it to open their files. So what was found is kept (`recall`, `keep`) for as long as the folders on `sys.path` are as they were then: an
installer makes, renames or removes a folder in one of them.
"""

from __future__ import annotations

import os
import sys
from time import time_ns

from hitsave_trace.fingerprint.libraries import is_standard
from hitsave_trace.scope import LIBRARY_FOLDERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Metadata = tuple[str, str, tuple[str, ...]]
    Found = tuple[str, str, Metadata | None]  # the name as it is compared, the folder, and what was read there


class Distribution:
    """One distribution on disk: where its metadata stands, and what was read from it."""

    __slots__ = ("_metadata", "_tops", "folder", "name", "parent")

    def __init__(self, name: str, folder: str, parent: str, metadata: Metadata | None = None) -> None:
        self.name = name
        self.folder = folder
        self.parent = parent
        self._metadata = metadata
        self._tops: frozenset[str] | None = None  # first parts of the names of what it installs

    @property
    def to_keep(self) -> Metadata | None:
        """What was read, if it can't become another thing in the same folder."""
        return self._metadata if self.folder.endswith(".dist-info") else None

    def read(self) -> Metadata:
        """Give the name as written, the version, and the names of what it requires."""
        if self._metadata is None:
            name, version, requires = self.name, "", []
            text = text_of(self.folder, "METADATA") or text_of(self.folder, "PKG-INFO") or ""
            for line in text.partition("\n\n")[0].splitlines():
                key, _, value = line.partition(": ")
                if key == "Name":
                    name = value.strip()
                elif key == "Version":
                    version = value.strip()
                elif key == "Requires-Dist":
                    needed, _, marker = value.partition(";")
                    if "extra ==" not in marker and "extra==" not in marker:
                        requires.append(normal(_leading_name(needed)))
            self._metadata = name, version, tuple(requires)
            _state.new = _state.new or self.to_keep is not None
        return self._metadata

    def provides(self, module: str) -> bool:
        """Whether it installs a top-level module."""
        if self._tops is None:
            listed = text_of(self.folder, "top_level.txt")
            if listed is not None:
                self._tops = frozenset(listed.split())
            else:
                record = text_of(self.folder, "RECORD") or text_of(self.folder, "SOURCES.txt") or ""
                heads = {line.partition("/")[0] for line in record.splitlines()}
                self._tops = frozenset(head.partition(".")[0] for head in heads)
        return module in self._tops

    def local_folder(self) -> str | None:
        """Give the folder it was installed from, if its files can change under the same version."""
        if self.folder.endswith(".egg-info"):
            return self.parent
        told = text_of(self.folder, "direct_url.json")
        if told is None or '"dir_info"' not in told or "file://" not in told:
            return None
        import json
        from urllib.parse import unquote, urlparse

        try:
            told_url = json.loads(told)["url"]
        except (ValueError, KeyError, TypeError):
            return None
        if "editable" not in told:
            return None  # Copied from a folder: what runs is the copy, under its own version; see `copied`.
        folder = unquote(urlparse(told_url).path)
        return folder if os.path.isdir(folder) else None

    def copied(self) -> bool:
        """Whether it was copied from a local folder, so that two copies may have one version."""
        return '"dir_info"' in (text_of(self.folder, "direct_url.json") or "")


def normal(name: str) -> str:
    """Write a distribution's name in the form in which names are compared."""
    return name.lower().replace("_", "-").replace(".", "-")


def _leading_name(requirement: str) -> str:
    for position, letter in enumerate(requirement):
        if not (letter.isalnum() or letter in "-_."):
            return requirement[:position]
    return requirement.strip()


def text_of(folder: str, name: str) -> str | None:
    """Give the text of a file, or None; without raising the event that its `open` would."""
    try:
        # Careful: `open` would be seen by whoever watches what the program reads.
        descriptor = os.open(os.path.join(folder, name), os.O_RDONLY)
    except OSError:
        return None
    try:
        pieces = []
        while piece := os.read(descriptor, 1 << 20):
            pieces.append(piece)
        return b"".join(pieces).decode("utf-8", "replace")
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _no_row(_name: str) -> Sequence[object] | None:
    """Nothing was kept."""
    return None


def _not_kept(_name: str, _row: Sequence[object]) -> object:
    """Nothing is kept."""
    return None


recall: Callable[[str], Sequence[object] | None] = _no_row
"""Gives the row that was kept under a name."""
keep: Callable[[str, Sequence[object]], object] = _not_kept
"""Keeps a row under a name."""

JUST_NOW = 60 * 10**9
"""Nanoseconds for which a folder that has changed may be in the middle of it."""


class _State:
    """What is known of the distributions on one path."""

    __slots__ = ("installed", "libraries", "new", "owners", "path", "signs")

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path = path
        self.installed: dict[str, Distribution] = {}
        # By module: the distributions that provide it, and what these require.
        self.owners: dict[str, tuple[str, ...]] = {}
        # Folders in which nothing but installers makes changes, with what tells whether one has.
        self.libraries = tuple(dict.fromkeys(one for one in path if os.path.basename(one) in LIBRARY_FOLDERS))
        self.signs = tuple(map(_sign, self.libraries))
        self.new = False  # whether something was found out that was not kept


def _sign(folder: str) -> tuple[int, ...]:
    try:
        found = os.stat(folder)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns


_state = _State(())


def installed() -> dict[str, Distribution]:
    """Find the metadata folders on `sys.path`; the first of a name counts, as for imports."""
    global _state
    path = tuple(entry for entry in sys.path if type(entry) is str)
    if path != _state.path:
        state = _State(path)
        kept = _kept(state)
        for parent in path:
            for base, folder, metadata in kept[parent] if parent in kept else _listed(parent):
                state.installed.setdefault(base, Distribution(base, folder, parent, metadata))
        if any(one.parent not in state.libraries for one in state.installed.values()):
            state.owners.clear()  # what is found elsewhere may provide anything
        state.new = not kept
        _state = state
    return _state.installed


def _listed(parent: str) -> list[Found]:
    found: list[Found] = []
    try:
        names = os.listdir(parent or ".")
    except OSError:
        return found
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            folder = os.path.join(parent, name)
            if _is_whole(folder):
                found.append((normal(name.rpartition(".")[0].partition("-")[0]), folder, None))
    return found


def _kept(state: _State) -> dict[str, list[Found]]:
    """What was kept of each folder, if they have not changed; owners are put in their place."""
    try:
        row = recall(_row_name(state))
    except Exception:  # the store has been closed
        row = None
    if row is None or len(row) != _ROW or row[0] != state.signs:
        return {}
    _, folders, owners = row
    state.owners.update(owners)  # type: ignore[call-overload]
    return {parent: list(them) for parent, them in folders}  # type: ignore[attr-defined]


_ROW = 3


def _row_name(state: _State) -> str:
    return "installed in " + os.pathsep.join(state.libraries)


def remember() -> None:
    """Keep what was found out for runs to come."""
    state = _state
    if not state.new or not state.libraries or not all(state.signs):
        return
    if any(one.parent not in state.libraries for one in state.installed.values()):
        return
    latest = max(max(sign[2:]) for sign in state.signs)
    if latest > time_ns() - JUST_NOW or state.signs != tuple(map(_sign, state.libraries)):
        return
    folders: dict[str, list[Found]] = {parent: [] for parent in state.libraries}
    for base, one in state.installed.items():
        folders[one.parent].append((base, one.folder, one.to_keep))
    told = tuple((parent, tuple(them)) for parent, them in folders.items())
    keep(_row_name(state), (state.signs, told, tuple(sorted(state.owners.items()))))


def _is_whole(folder: str) -> bool:
    """Whether a metadata folder says anything: an upgrade may leave an empty one of the old version behind."""
    return any(os.path.isfile(os.path.join(folder, name)) for name in ("METADATA", "PKG-INFO"))


def distributions_of(module: str) -> tuple[str, ...]:
    """Name the distributions that provide a top-level module, with what they require as far as it is installed.

    Extras count only where they are required without condition. Empty for the standard library and for modules that
    belong to no distribution.
    """
    module = module.partition(".")[0]
    if is_standard(module):
        return ()
    them = installed()
    known = _state.owners.get(module)
    if known is None:
        direct = normal(module)
        found = [direct] if direct in them and them[direct].provides(module) else []
        if not found:
            found = [name for name, one in them.items() if one.provides(module)]
        known = _state.owners[module] = _with_requirements(found, them)
        _state.new = True
    return known


def _with_requirements(found: list[str], them: dict[str, Distribution]) -> tuple[str, ...]:
    reached: dict[str, None] = dict.fromkeys(found)
    waiting = list(found)
    while waiting:
        for name in them[waiting.pop()].read()[2]:
            if name in them and name not in reached:
                reached[name] = None
                waiting.append(name)
    return tuple(them[name].read()[0] for name in reached)


def all_distributions() -> tuple[str, ...]:
    """Name all installed distributions."""
    return tuple(installed())
