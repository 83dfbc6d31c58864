"""Whether a file is user code, and why.

User code is the script, its project folder, what is installed in editable form and what the settings name. It is never
the standard library, what stands in site-packages or in a virtual environment (even one inside the project folder), and
never HitSave itself. The answer decides which code gets probes, so it must be the same in every run: it depends on
paths alone, not on what has been imported before.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARKERS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")
LIBRARY_FOLDERS = frozenset({"site-packages", "dist-packages"})
FOREIGN_FOLDERS = frozenset({".git", ".hg", ".tox", ".nox", "node_modules", "__pypackages__"})
AS_WRITTEN = (
    (b'{"dir_info": {"editable": true}, "url": "file://', b'"}'),
    (b'{"url":"file://', b'","dir_info":{"editable":true}}'),
)
"""How pip and uv write the record of an editable install. To import what reads JSON takes a tenth of what a run takes to begin."""
PLAIN = b"/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+=@"
OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_OWN_FOLDERS = (os.path.join(OURS, "hitsave"), os.path.join(OURS, "hitsave_trace"))


def project_of(folder: str) -> str:
    """The nearest folder from `folder` upwards that looks like a project, else `folder` itself.

    The home folder and the root are no projects, even if someone keeps them under version control: taking them would
    make user code of everything below. A folder that is never user code, such as a virtual environment, ends the search:
    what stands inside of it is no part of the project around it.
    """
    start = here = os.path.abspath(folder)
    home = os.path.abspath(os.path.expanduser("~"))
    while here != home and here != os.path.dirname(here):
        if any(os.path.exists(os.path.join(here, marker)) for marker in MARKERS):
            return here
        if os.path.basename(here) in FOREIGN_FOLDERS or _is_environment(here):
            return start
        here = os.path.dirname(here)
    return start


class Scope:
    """What is user code in one run. Answers are kept for each file and each folder."""

    __slots__ = (
        "_answers",
        "_editables",
        "_environments",
        "_files",
        "_library_folders",
        "_names",
        "_real_folders",
        "_roots",
        "_sorted_roots",
        "_stdlib",
        "project",
        "script",
    )

    def __init__(self, project: str, script: str | None = None, extra: Iterable[str] = ()) -> None:
        self.project = os.path.abspath(project)
        self.script = os.path.abspath(script) if script is not None else None
        # Folders that hold user code, each with the reason; the real path beside the one that was asked for.
        self._roots: dict[str, str] = {}
        self._files: dict[str, str] = {}
        self._names: set[str] = set()
        self._answers: dict[str, tuple[bool, str]] = {}
        self._environments: dict[str, bool] = {}
        # Libraries have many modules in a folder, and none of these is looked at by itself.
        self._library_folders: dict[str, tuple[bool, str]] = {}
        self._sorted_roots: tuple[tuple[str, str], ...] | None = None
        self._real_folders: dict[str, str] = {}
        self._editables: dict[str, str] | None = None
        self._stdlib = _standard_library()
        for folder in _both(self.project):
            self._roots[folder] = "in the project folder"
        if self.script is not None:
            for path in _both(self.script):
                self._files[path] = "the script"
        self.extend(extra)

    def extend(self, extra: Iterable[str]) -> None:
        """Add what the settings name: folders and files (by path), or top-level packages of the library (by name)."""
        for name in extra:
            if os.sep in name or name.endswith(".py") or name.startswith("."):
                path = os.path.join(self.project, os.path.expanduser(name))
                for each in _both(path):
                    (self._files if each.endswith(".py") else self._roots)[each] = "named in the settings"
            else:
                self._names.add(name)
        self._answers.clear()
        self._library_folders.clear()
        self._sorted_roots = None

    def decide(self, filename: str) -> tuple[bool, str]:
        """Is this source file user code? The second part says why, or why not."""
        answer = self._answers.get(filename)
        if answer is None:
            answer = self._answers[filename] = self._decide(filename)
        return answer

    def _decide(self, filename: str) -> tuple[bool, str]:
        folder = filename.rpartition(os.sep)[0]
        known = self._library_folders.get(folder)
        if known is not None and filename not in self._files:
            return known
        if not filename or (filename[0] == "<" and filename[-1] == ">"):
            return False, "not a file"
        path = os.path.abspath(filename)
        if path in self._files:
            return True, self._files[path]
        if any(_within(path, own) for own in _OWN_FOLDERS):
            return False, "HitSave itself"
        library = _library_name(path)
        if library is not None:
            answer = (True, "named in the settings") if library in self._names else (False, "an installed package")
            if path == filename and os.path.basename(folder) not in LIBRARY_FOLDERS:
                self._library_folders[folder] = answer
            return answer
        real = self._real(path)
        # An editable install may reach user code by a link in site-packages, and a project may link to a library:
        # where the file really is counts as much as where it was found.
        for candidate in (path,) if real == path else (path, real):
            within = self._root_of(candidate)
            if within is not None:
                return within
        if any(_within(path, folder) for folder in self._stdlib):
            return False, "the standard library"
        return False, "outside the project folder"

    def _root_of(self, path: str) -> tuple[bool, str] | None:
        for root, why in self._all_roots():
            if _within(path, root):
                refusal = self._foreign(path, root)
                return (False, refusal) if refusal else (True, why)
        return None

    def settle(self) -> None:
        """Find the editable installs. To be done before the program starts: it imports what reads their records, and the
        program may have modules by those names.
        """
        if self._editables is None:
            self._editables = {
                each: f"editable install of {name}" for name, folder in editables() for each in _both(folder)
            }

    def _all_roots(self) -> tuple[tuple[str, str], ...]:
        if self._sorted_roots is None:
            self.settle()
            # The longest root first: a project folder inside an editable install answers for itself.
            longest_first = sorted(self._roots.items(), key=lambda item: -len(item[0]))
            self._sorted_roots = (*longest_first, *(self._editables or {}).items())
        return self._sorted_roots

    def _foreign(self, path: str, root: str) -> str | None:
        if _library_name(path[len(root) :]) is not None:
            return "an installed package"
        folder = os.path.dirname(path)
        while len(folder) > len(root):
            if os.path.basename(folder) in FOREIGN_FOLDERS:
                return f"in {os.path.basename(folder)}"
            if self._is_environment(folder):
                return "in a virtual environment"
            folder = os.path.dirname(folder)
        # The standard library may stand below the project folder (a relocatable interpreter): it is no part of it.
        if any(_within(path, library) and _within(library, root) for library in self._stdlib):
            return "the standard library"
        return None

    def _real(self, path: str) -> str:
        """`os.path.realpath`, for which each folder is looked at once."""
        folder, name = os.path.split(path)
        if os.path.islink(path):
            return os.path.realpath(path)
        known = self._real_folders.get(folder)
        if known is None:
            known = self._real_folders[folder] = os.path.realpath(folder)
        return os.path.join(known, name)

    def _is_environment(self, folder: str) -> bool:
        known = self._environments.get(folder)
        if known is None:
            known = self._environments[folder] = _is_environment(folder)
        return known


def _is_environment(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, sign)) for sign in ("pyvenv.cfg", "conda-meta"))


def editables() -> Iterator[tuple[str, str]]:
    """(name, folder) of each distribution that is installed in editable form.

    The installer's own record (`direct_url.json`, or an `.egg-link` of old) says where the folder is, whichever way the
    build tool then makes it importable.
    """
    for folder in dict.fromkeys(sys.path):
        if os.path.basename(folder) not in LIBRARY_FOLDERS:
            continue
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            if name.endswith(".dist-info"):
                found = _direct_url(os.path.join(folder, name, "direct_url.json"))
            elif name.endswith(".egg-link"):
                found = _first_line(os.path.join(folder, name))
            else:
                continue
            if found:
                yield name.partition("-")[0].removesuffix(".egg"), found


def _direct_url(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError:
        return None
    if b'"editable"' not in text:
        return None
    for head, tail in AS_WRITTEN:
        if text.startswith(head) and text.endswith(tail):
            folder = text[len(head) : -len(tail)]
            if folder.startswith(b"/") and not folder.translate(None, PLAIN):
                return folder.decode()
    import json

    try:
        record = json.loads(text)
        if record["dir_info"]["editable"] and record["url"].startswith("file://"):
            from urllib.parse import unquote, urlsplit

            return unquote(urlsplit(record["url"]).path)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return None


def _first_line(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().strip() or None
    except OSError:
        return None


def _library_name(path: str) -> str | None:
    """The top-level name under site-packages that a path belongs to: `numpy`, or None if it is not there."""
    parts = path.split(os.sep)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] in LIBRARY_FOLDERS:
            return parts[index + 1].removesuffix(".py")
    return None


def _standard_library() -> tuple[str, ...]:
    folder = getattr(sys, "_stdlib_dir", None) or os.path.dirname(os.path.abspath(os.__file__))
    return tuple(_both(folder))


def _both(path: str) -> tuple[str, ...]:
    plain = os.path.abspath(path)
    return tuple(dict.fromkeys((plain, os.path.realpath(plain))))


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)
