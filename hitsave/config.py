"""What the user has chosen: pyproject.toml, then the environment, then the command line; the later wins.

    [tool.hitsave]
    threshold = 0.01          # seconds: what is faster is not worth saving
    store = ".hitsave"        # relative to the project folder
    tracer = "auto"           # auto, profile, monitoring
    trace = ["../shared"]     # more user code: folders, files or names of packages
    clocks = "allow"          # refuse: a call that reads a clock is not saved
    size_limit = "20 GB"      # of the values; the log is never cut
    quiet = false             # no summary line
    sites = true              # false: calls of libraries that stand in your code are not asked about
    statements = true         # false: slow statements at the top level are not asked about
    replay = true             # false: a run in which nothing changed is run all the same, its calls answered
    patience = 1              # how much may be spent on asking and saving; 4: four times what is usual
    verify = 0                # share of the hits that run all the same and are compared; "0.1:7" with a seed

Each has a variable of the environment, HITSAVE_ and its name in capitals (`trace` is separated like PATH), so that it
reaches child processes. A key that is not known is an error: a setting that does nothing would be believed to.
"""

from __future__ import annotations

import os
import sys

from hitsave import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEYS = (
    "threshold",
    "store",
    "tracer",
    "trace",
    "clocks",
    "size_limit",
    "quiet",
    "sites",
    "statements",
    "replay",
    "patience",
    "verify",
)
TRACERS = ("auto", "profile", "monitoring")
CLOCKS = ("allow", "refuse")

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}
_MARKS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")


class Settings:
    """The choices in force. Never changed after it is made."""

    __slots__ = (
        "clocks", "origins", "patience", "project", "quiet", "replay", "sites", "size_limit_bytes", "statements", "store",
        "threshold_seconds", "trace", "tracer", "verify",
    )  # fmt: skip

    project: str
    threshold_seconds: float
    store: str
    tracer: str
    trace: tuple[str, ...]
    clocks: str
    size_limit_bytes: int
    quiet: bool
    sites: bool
    statements: bool
    replay: bool
    patience: float
    """By what the bounds are multiplied of what HitSave may spend before it leaves a function alone."""
    verify: tuple[float, int]
    """Which share of the hits runs all the same, and the seed by which these are chosen."""
    origins: dict[str, str]
    """Where each choice that is not the default was made."""

    def __init__(self, project: str, values: Mapping[str, object], origins: dict[str, str]) -> None:
        # Through object's own setter: ours refuses.
        for name, value in (
            ("project", project),
            ("threshold_seconds", values.get("threshold", 0.010)),
            ("store", values.get("store") or data_folder()),
            ("tracer", values.get("tracer", "auto")),
            ("trace", values.get("trace", ())),
            ("clocks", values.get("clocks", "allow")),
            ("size_limit_bytes", values.get("size_limit", 20 * 10**9)),
            ("quiet", values.get("quiet", False)),
            ("sites", values.get("sites", True)),
            ("statements", values.get("statements", True)),
            ("replay", values.get("replay", True)),
            ("patience", values.get("patience", 1.0)),
            ("verify", values.get("verify", (0.0, 0))),
            ("origins", origins),
        ):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings are not changed: {name}")


def data_folder() -> str:
    """The user's own folder: what platformdirs calls the user's data folder, without its imports where we can."""
    home = os.path.expanduser("~")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Application Support", "hitsave")
    if os.name == "posix":
        base = os.environ.get("XDG_DATA_HOME", "").strip()
        return os.path.join(base or os.path.join(home, ".local", "share"), "hitsave")
    from platformdirs import user_data_dir

    return user_data_dir("hitsave", appauthor=False)


def find_project(script: str) -> str:
    """The folder that the script's names are relative to: the nearest one with a mark of a project, else the script's
    own. Never the home folder or the root: what lies about there is not one project.
    """
    own = os.path.dirname(os.path.abspath(script))
    never = {os.path.realpath(os.path.expanduser("~")), os.path.realpath(os.sep)}
    folder = own
    while os.path.realpath(folder) not in never:
        if any(os.path.exists(os.path.join(folder, mark)) for mark in _MARKS):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    return own


def load(project: str, flags: Mapping[str, object] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings for a project; raises ConfigError. A flag that is None was not given."""
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for key, value, where, base in _choices(project, flags or {}, os.environ if environ is None else environ):
        values[key] = _PARSERS[key](key, value, where, base)
        origins[key] = where
    return Settings(project, values, origins)


def _choices(
    project: str, flags: Mapping[str, object], environ: Mapping[str, str]
) -> list[tuple[str, object, str, str]]:
    """(key, raw value, where it stands, the folder that its paths are relative to), weakest first."""
    found = _of_pyproject(project)
    here = os.getcwd()
    for key in KEYS:
        variable = f"HITSAVE_{key.upper()}"
        text = environ.get(variable)
        if text:
            raw: object = [part for part in text.split(os.pathsep) if part] if key == "trace" else text
            found.append((key, raw, variable, here))
    for key, value in flags.items():
        if value is not None:
            if key not in KEYS:
                raise errors.unknown_setting(key, _nearest(key), "the command line", KEYS)
            found.append((key, value, "--" + key.replace("_", "-"), here))
    return found


def _of_pyproject(project: str) -> list[tuple[str, object, str, str]]:
    path = os.path.join(project, "pyproject.toml")
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return []
    # tomllib brings `re` and more into the user's process, and takes as long as the interpreter's own start: not for files that
    # don't mention us, and once for each version of a file.
    if b"hitsave" not in data:
        return []
    from hitsave.remembered import recall, remember

    table = recall(data_folder(), data)
    if table is None:
        table = _parsed(data, path)
        remember(data_folder(), data, table)
    if not isinstance(table, dict):
        raise errors.bad_setting("tool.hitsave", repr(table), "a table", path)
    found = []
    for key, value in table.items():
        where = f"{path}:{_line_of(data, key)}"
        if key not in KEYS:
            raise errors.unknown_setting(key, _nearest(key), where, KEYS)
        found.append((key, value, where, project))
    return found


def _parsed(data: bytes, path: str) -> object:
    from tomllib import TOMLDecodeError, loads

    try:
        document = loads(data.decode("utf-8"))
    except (TOMLDecodeError, UnicodeDecodeError) as error:
        raise errors.bad_pyproject(path, str(error)) from None
    tool = document.get("tool", {})
    return tool.get("hitsave", {}) if isinstance(tool, dict) else {}


def _line_of(data: bytes, key: str) -> int:
    """The line of a key of our table, well enough for a person."""
    inside = False
    first = 1
    for number, raw in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        line = raw.strip()
        if line.startswith("["):
            inside = line.replace(" ", "").startswith("[tool.hitsave")
            first = number if inside else first
        elif inside and line.split("=")[0].strip().strip("\"'") == key:
            return number
    return first


def _nearest(key: str) -> str | None:
    from difflib import get_close_matches

    found = get_close_matches(key.replace("-", "_"), KEYS, 1, 0.5)
    return found[0] if found else None


def _number(accepts: Callable[[float], bool], expected: str) -> Callable[[str, object, str, str], float]:
    def parse(key: str, value: object, where: str, _base: str) -> float:
        try:
            if not isinstance(value, bool):
                number = float(value)  # type: ignore[arg-type]
                if accepts(number) and number < float("inf"):
                    return number
        except (TypeError, ValueError):
            pass
        raise errors.bad_setting(key, repr(value), expected, where)

    return parse


def _folder(key: str, value: object, where: str, base: str) -> str:
    if not isinstance(value, (str, os.PathLike)) or not str(value):
        raise errors.bad_setting(key, repr(value), "the path of a folder", where)
    return os.path.normpath(os.path.join(base, os.path.expanduser(os.fspath(value))))


def _names(key: str, value: object, where: str, base: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, (list, tuple)) or not all(isinstance(item, str) and item for item in values):
        raise errors.bad_setting(key, repr(value), "a list of paths or package names", where)
    # What is no path is the name of a package: `shared`, `company.tools`.
    return tuple(_folder(key, item, where, base) if _is_path(item, base) else item for item in values)


def _is_path(text: str, base: str) -> bool:
    return os.sep in text or text.startswith(("~", ".")) or os.path.exists(os.path.join(base, text))


def _one_of(*allowed: str) -> Callable[[str, object, str, str], str]:
    def parse(key: str, value: object, where: str, _base: str) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        raise errors.bad_setting(key, repr(value), " or ".join(allowed), where)

    return parse


def _bytes(key: str, value: object, where: str, _base: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str):
        text = value.strip().upper()
        digits = text.rstrip("KMGTIB ").strip()
        unit = _UNITS.get(text[len(digits) :].strip())
        try:
            if unit is not None and 0 <= float(digits) < float("inf"):
                return int(float(digits) * unit)
        except ValueError:
            pass
    raise errors.bad_setting(key, repr(value), 'a size, such as "20 GB"', where)


def _yes(key: str, value: object, where: str, _base: str) -> bool:
    if isinstance(value, bool):
        return value
    text = value.lower() if isinstance(value, str) else ""
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off"):
        return False
    raise errors.bad_setting(key, repr(value), "true or false", where)


def _share(key: str, value: object, where: str, _base: str) -> tuple[float, int]:
    share, _, seed = str(value).partition(":")
    try:
        found = float(share), int(seed or 0)
        if 0 <= found[0] <= 1 and abs(found[1]) < 1 << 63 and not isinstance(value, bool):
            return found
    except ValueError:
        pass
    raise errors.bad_setting(key, repr(value), 'a number from 0 to 1, or with a seed: "0.1:7"', where)


_PARSERS: dict[str, Callable[[str, object, str, str], object]] = {
    "threshold": _number(lambda seconds: seconds >= 0, "seconds, 0 or more"),
    "store": _folder,
    "tracer": _one_of(*TRACERS),
    "trace": _names,
    "clocks": _one_of(*CLOCKS),
    "size_limit": _bytes,
    "quiet": _yes,
    "sites": _yes,
    "statements": _yes,
    "replay": _yes,
    "patience": _number(lambda times: times > 0, "a number above 0"),
    "verify": _share,
}
