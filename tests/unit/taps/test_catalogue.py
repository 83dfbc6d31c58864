"""The catalogue names what exists, and is found from the objects too."""

from __future__ import annotations

import datetime as dt
import importlib
import os
import random
import secrets
import signal
import sys
import time

import pytest

from hitsave.reasons import slugs
from hitsave_trace import catalogue
from hitsave_trace.entries import GROUPS, REMEDIES

STANDARD = sorted(
    name for name in catalogue.names() if name.partition(".")[0] in sys.stdlib_module_names and not name.endswith(".*")
)
# Only elsewhere: other systems, other versions of the interpreter.
ELSEWHERE = {
    "os.startfile", "os.lchmod", "ctypes.WinDLL", "os.login_tty", "os.eventfd", "os.unshare", "os.setns",
    "sys._getframemodulename", "_thread.start_joinable_thread", "ssl.RAND_pseudo_bytes", "os.memfd_create",
    "numpy.set_string_function", "threading.setprofile", "os.posix_fallocate",
}  # fmt: skip


def resolve(name):
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        for part in parts[count:]:
            value = getattr(value, part)
        return value
    raise LookupError(name)


@pytest.mark.parametrize("name", [name for name in STANDARD if name not in ELSEWHERE])
@pytest.mark.filterwarnings("ignore")
def test_every_name_of_the_standard_library_exists(name):
    resolve(name)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("library", ["numpy", "pandas", "matplotlib", "threadpoolctl"])
def test_names_of_installed_libraries_exist(library):
    pytest.importorskip(library)
    names = [name for name in catalogue.names() if name.startswith(library + ".") and not name.endswith(".*")]
    assert names
    for name in names:
        if name not in ELSEWHERE:
            resolve(name)


def test_each_slug_has_its_words():
    known = set(slugs("unsaved"))
    for slug, mode, names in GROUPS:
        assert slug in known
        assert slug in REMEDIES
        assert mode in {"forbid", "state", "figures", "allow", "watched", "handled"}
        assert names.split()


def test_no_name_is_listed_twice():
    names = [name for _, _, group in GROUPS for name in group.split()]
    assert len(names) == len(set(names))


def test_lookup():
    assert catalogue.lookup("datetime.datetime.now").mode == "forbid"
    assert catalogue.lookup("matplotlib.pyplot.show").slug == "gui"
    assert catalogue.lookup("matplotlib.pyplot.show").mode == "forbid"  # the name itself comes before its group
    assert catalogue.lookup("matplotlib.pyplot.plot").mode == "state"
    assert catalogue.lookup("matplotlib.pyplot.plot").what == "matplotlib.pyplot.plot"
    assert catalogue.lookup("time.perf_counter").mode == "allow"
    assert catalogue.lookup("math.sqrt") is None
    assert catalogue.lookup("requests") is None


class Later(dt.datetime):
    """A class of the program's own keeps its own name."""


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (dt.datetime.now, "datetime.datetime.now"),
        (dt.date.today, "datetime.date.today"),
        (os.getpid, "os.getpid"),
        (signal.signal, "signal.signal"),
        (time.time, "time.time"),
        (secrets.token_hex, "secrets.token_hex"),
        (eval, "builtins.eval"),
        (random.SystemRandom, "random.SystemRandom"),
        (Later.now, f"{__name__}.Later.now"),
        (len, "builtins.len"),
        (object(), None),
    ],
)
def test_the_name_of_an_object(value, name):
    assert catalogue.dotted(value) == name


def test_the_name_of_a_tapped_function(observe):
    assert catalogue.dotted(os.stat) == "os.stat"
    assert catalogue.dotted(time.strftime) == "time.strftime"
    assert catalogue.lookup_object(os.urandom).mode == "watched"


def test_a_function_that_is_published_further_up():
    pd = pytest.importorskip("pandas")
    assert catalogue.lookup_object(pd.read_parquet).slug == "native-io"
    assert catalogue.lookup_object(pd.Timestamp.now).slug == "calendar"
    assert catalogue.lookup_object(pd.read_csv) is None
