"""The fingerprint of what surrounds a program: interpreter, installed distributions, environment variables.

A distribution is its version. One that is installed in editable form, or from a local folder, can change without its
version: then it is the files of that folder. `importlib.metadata` answers all this too, in a tenth of a second; here
the few lines that matter are read from the metadata on disk, once a process, when somebody asks.
"""

from __future__ import annotations

import os
import sys

from xxhash import xxh3_128, xxh3_128_digest

from hitsave_trace.fingerprint.libraries import is_standard
from hitsave_trace.fingerprint.variables import env
from hitsave_trace.model import ABSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hitsave_trace.model import Fingerprint

__all__ = ["distribution", "distributions_of", "env", "interpreter"]


def interpreter() -> tuple[Fingerprint, str]:
    """Fingerprint the interpreter: implementation, full version, ABI, and the flags that change what code means."""
    flags = sys.flags
    told = (
        sys.implementation.name,
        sys.version,
        sys.implementation.cache_tag or "",
        getattr(sys, "abiflags", ""),
        sys.platform,
        sys.byteorder,
        str(sys.maxsize),
        str((flags.optimize, flags.utf8_mode, flags.dev_mode, flags.bytes_warning, flags.int_max_str_digits)),
    )
    number = sys.version.partition(" ")[0]
    short = f"{sys.implementation.name} {number}" + (f" -{'O' * flags.optimize}" if flags.optimize else "")
    return xxh3_128_digest("\0".join(told).encode()), short


class Installed:
    """One distribution on disk: where its metadata stands, and what was read from it."""

    __slots__ = ("_metadata", "folder", "name", "parent")

    def __init__(self, name: str, folder: str, parent: str) -> None:
        self.name = name
        self.folder = folder
        self.parent = parent
        self._metadata: tuple[str, str, tuple[str, ...]] | None = None

    def read(self) -> tuple[str, str, tuple[str, ...]]:
        """Give the name as written, the version, and the names of what it requires."""
        if self._metadata is None:
            name, version, requires = self.name, "", []
            text = _text(self.folder, "METADATA") or _text(self.folder, "PKG-INFO") or ""
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
        return self._metadata

    def provides(self, module: str) -> bool:
        """Whether it installs a top-level module."""
        listed = _text(self.folder, "top_level.txt")
        if listed is not None:
            return module in listed.split()
        record = "\n" + (_text(self.folder, "RECORD") or _text(self.folder, "SOURCES.txt") or "")
        return f"\n{module}/" in record or f"\n{module}." in record

    def local_folder(self) -> str | None:
        """Give the folder it was installed from, if its files can change under the same version."""
        if self.folder.endswith(".egg-info"):
            return self.parent
        told = _text(self.folder, "direct_url.json")
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
        return '"dir_info"' in (_text(self.folder, "direct_url.json") or "")


def normal(name: str) -> str:
    """Write a distribution's name in the form in which names are compared."""
    return name.lower().replace("_", "-").replace(".", "-")


def _leading_name(requirement: str) -> str:
    for position, letter in enumerate(requirement):
        if not (letter.isalnum() or letter in "-_."):
            return requirement[:position]
    return requirement.strip()


def _text(folder: str, name: str) -> str | None:
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


_seen_path: tuple[str, ...] = ()
_installed: dict[str, Installed] = {}
_owners: dict[str, tuple[str, ...]] = {}
_answers: dict[str, tuple[Fingerprint, str]] = {}


def _all_installed() -> dict[str, Installed]:
    """Find the metadata folders on `sys.path`; the first of a name counts, as for imports."""
    global _seen_path
    path = tuple(entry for entry in sys.path if type(entry) is str)
    if path != _seen_path:
        _seen_path = path
        _installed.clear()
        _owners.clear()
        for parent in path:
            try:
                names = os.listdir(parent or ".")
            except OSError:
                continue
            for name in names:
                if name.endswith((".dist-info", ".egg-info")):
                    base = normal(name.rpartition(".")[0].partition("-")[0])
                    folder = os.path.join(parent, name)
                    if base not in _installed and _is_whole(folder):
                        _installed[base] = Installed(base, folder, parent)
    return _installed


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
    installed = _all_installed()
    known = _owners.get(module)
    if known is None:
        direct = normal(module)
        found = [direct] if direct in installed and installed[direct].provides(module) else []
        if not found:
            found = [name for name, one in installed.items() if one.provides(module)]
        known = _owners[module] = _with_requirements(found, installed)
    return known


def _with_requirements(found: list[str], installed: dict[str, Installed]) -> tuple[str, ...]:
    reached: dict[str, None] = dict.fromkeys(found)
    waiting = list(found)
    while waiting:
        for name in installed[waiting.pop()].read()[2]:
            if name in installed and name not in reached:
                reached[name] = None
                waiting.append(name)
    return tuple(installed[name].read()[0] for name in reached)


def all_distributions() -> tuple[str, ...]:
    """Name all installed distributions."""
    return tuple(_all_installed())


def distribution(name: str) -> tuple[Fingerprint, str]:
    """Fingerprint an installed distribution: its version, and its files where those can change under it."""
    base = normal(name)
    one = _all_installed().get(base)
    if one is None:
        return ABSENT, "not installed"
    known = _answers.get(one.folder)
    if known is None:
        version = one.read()[1]
        folder = one.local_folder()
        form = f"{base}\0{version}".encode()
        if folder is not None:
            form += _files_of(folder)
            version += " (editable)"
        elif one.copied():
            form += (_text(one.folder, "RECORD") or "").encode()
        known = _answers[one.folder] = xxh3_128_digest(form), version
    return known


def _files_of(folder: str) -> bytes:
    """Digest the Python and extension files under a folder."""
    hasher = xxh3_128()
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(files):
            if name.endswith((".py", ".so", ".pyd")):
                data = (_text(place, name) or "").encode()
                hasher.update(f"{os.path.relpath(place, folder)}/{name}\0{len(data)}\0".encode())
                hasher.update(data)
    return hasher.digest()
