"""Reads, writes, listings and looks, by whatever they are done."""

# ruff: noqa: SIM115

from __future__ import annotations

import glob
import gzip
import io
import linecache
import os
import pathlib
import shutil
import sqlite3
import tempfile
import warnings
import zipfile

import pytest

from hitsave_trace.taps.quiet import quiet


@pytest.fixture
def data(observe, tmp_path):
    """A file with a line in it."""
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2\n")
    return str(path)


READERS = {
    "open": lambda path: open(path).read(),
    "bytes path": lambda path: open(os.fsencode(path)).read(),
    "PathLike": lambda path: open(pathlib.Path(path)).read(),
    "FileIO": lambda path: io.FileIO(pathlib.Path(path)).read(),
    "os.open": lambda path: os.close(os.open(path, os.O_RDONLY)),
    "Path.read_text": lambda path: pathlib.Path(path).read_text(),
    "shutil.copyfileobj": lambda path: shutil.copyfileobj(open(path), io.StringIO()),
}


@pytest.mark.parametrize("how", READERS)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_file_that_is_read(observe, data, how):
    assert ("file_read", data) in observe(READERS[how], data)


def test_a_relative_path_depends_on_the_working_directory(observe, data):
    told = observe(lambda: pathlib.Path("data.csv").read_text())
    assert told == [("working_directory",), ("file_read", data)]


def test_an_absolute_path_does_not(observe, data):
    assert ("working_directory",) not in observe(lambda: pathlib.Path(data).read_text())


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("w", [("file_written", "w")]),
        ("wb", [("file_written", "w")]),
        ("x", [("file_written", "x")]),
        ("a", [("file_written", "a")]),
        ("a+", [("file_read",), ("file_written", "a")]),
        ("r+", [("file_read",), ("file_written", "r+")]),
        ("w+", [("file_written", "w")]),
    ],
)
def test_a_file_that_is_written(observe, tmp_path, mode, told):
    path = str(tmp_path / "out")
    if mode == "r+":
        pathlib.Path(path).write_text("x")
    found = observe(lambda: open(path, mode).close())
    assert found == [(name, path, *rest) for name, *rest in told]


def test_a_missing_file_is_told_before_it_fails(observe, tmp_path):
    def reading():
        with pytest.raises(FileNotFoundError):
            open(tmp_path / "missing")

    assert observe(reading) == [("file_read", str(tmp_path / "missing"))]


def test_asking_whether_it_is_there_does_not_ask_for_its_time(observe, data):
    asking = [os.path.exists, os.path.isfile, os.path.isdir, os.path.lexists, os.path.islink]
    for ask in asking:
        assert observe(ask, data) == [("looked", data, "presence")], ask
    for ask in ("exists", "is_file", "is_dir", "is_symlink"):
        assert observe(getattr(pathlib.Path(data), ask)) == [("looked", data, "presence")], ask


def test_asking_for_time_or_everything(observe, data):
    for ask in (os.path.getmtime, os.stat, os.lstat, lambda path: pathlib.Path(path).stat()):
        assert observe(ask, data) == [("looked", data, "stat")]


def test_asking_for_the_size_of_a_small_file_is_asking_for_its_content(observe, data):
    assert observe(os.path.getsize, data) == [("file_read", data)]


def test_a_missing_path_that_is_asked_for(observe, tmp_path):
    path = str(tmp_path / "extra")
    assert observe(os.path.exists, path) == [("looked", path, "presence")]
    assert observe(os.access, path, os.R_OK) == [("looked", path, "presence")]


@pytest.mark.parametrize(
    "how",
    [
        os.listdir,
        lambda path: list(os.scandir(path)),
        lambda path: list(pathlib.Path(path).iterdir()),
        lambda path: glob.glob(path + "/*.csv"),
        lambda path: list(pathlib.Path(path).glob("*.csv")),
        lambda path: list(os.walk(path)),
    ],
)
def test_a_listing(observe, data, tmp_path, how):
    assert ("listed", str(tmp_path)) in observe(how, str(tmp_path))


def test_what_an_entry_of_a_listing_is_asked_for(observe, data, tmp_path):
    told = observe(lambda: [entry.stat().st_size for entry in os.scandir(str(tmp_path))])
    assert ("looked", data, "stat") in told


def test_names_come_and_go(observe, data, tmp_path):
    def moving():
        os.mkdir("folder")
        os.rename("data.csv", "folder/new.csv")
        os.remove("folder/new.csv")
        os.rmdir("folder")

    folder = str(tmp_path / "folder")
    told = [one for one in observe(moving) if one != ("working_directory",)]
    assert told == [
        ("directory_made", folder, False),
        ("renamed", data, folder + "/new.csv", True),
        ("removed", folder + "/new.csv"),
        ("directory_removed", folder),
    ]


def test_a_tree_that_is_removed(observe, tmp_path):
    (tmp_path / "tree" / "inner").mkdir(parents=True)
    (tmp_path / "tree" / "inner" / "x").write_text("x")
    told = observe(shutil.rmtree, str(tmp_path / "tree"))
    assert ("removed", str(tmp_path / "tree" / "inner" / "x")) in told
    assert ("directory_removed", str(tmp_path / "tree" / "inner")) in told
    assert ("directory_removed", str(tmp_path / "tree")) in told
    inside = str(tmp_path / "tree")
    assert all(one[1].startswith(inside) for one in told if len(one) > 1)


def test_a_copy_is_a_read_and_a_write_and_no_more(observe, data, tmp_path):
    told = observe(shutil.copy, data, str(tmp_path / "copy.csv"))
    assert ("file_read", data) in told
    assert ("file_written", str(tmp_path / "copy.csv"), "w") in told
    assert [one for one in told if one[0] == "forbid"] == []


def test_modes_and_times(observe, data):
    changed = ("metadata_changed", data)
    assert changed in observe(os.chmod, data, 0o600)
    assert changed not in observe(os.chmod, data, 0o600)  # it had that mode
    assert changed in observe(os.utime, data, (1, 2))
    assert changed not in observe(os.utime, data)  # the present moment, as after any writing


def test_other_changes_to_a_file_are_unsaved(observe, data):
    assert observe.reasons(os.symlink, data, data + ".link") == [("hidden-state", "os.symlink")]
    assert observe.reasons(os.link, data, data + ".hard") == [("hidden-state", "os.link")]


def test_a_temporary_file_is_one_that_is_written_and_removed(observe):
    def using():
        with tempfile.TemporaryFile() as file:
            file.write(b"x")
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x")
            return file.name

    told = observe(using)
    assert ("file_written", observe.value, "x") in told
    assert ("removed", observe.value) in told
    assert [one for one in told if one[0] == "forbid"] == []
    assert not any(one[1] == tempfile.gettempdir() for one in told if one[0] == "file_written")


def test_archives(observe, tmp_path):
    packed, zipped = str(tmp_path / "a.gz"), str(tmp_path / "a.zip")
    with gzip.open(packed, "wt") as file:
        file.write("x")
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("x", "x")
    assert ("file_read", packed) in observe(lambda: gzip.open(packed).close())
    assert ("file_read", zipped) in observe(lambda: zipfile.ZipFile(zipped).close())


def test_libraries_read_through_the_same_door(observe, tmp_path):
    np = pytest.importorskip("numpy")
    pd = pytest.importorskip("pandas")
    image = pytest.importorskip("PIL.Image")
    np.save("a.npy", np.arange(3))
    np.savetxt("a.txt", np.arange(3))
    np.arange(3).tofile("a.bin")
    pd.DataFrame({"a": [1], "b": [2]}).to_csv("a.csv", index=False)
    image.new("RGB", (2, 2)).save("a.png")
    reads = {
        "a.npy": [lambda: np.load("a.npy"), lambda: np.load("a.npy", mmap_mode="r")],
        "a.txt": [lambda: np.loadtxt("a.txt"), lambda: np.genfromtxt("a.txt")],
        "a.bin": [lambda: np.fromfile("a.bin"), lambda: np.memmap("a.bin", mode="r")],
        "a.csv": [lambda: pd.read_csv("a.csv"), lambda: pd.read_csv("a.csv", engine="python")],
        "a.png": [lambda: image.open("a.png").load()],
    }
    for name, ways in reads.items():
        for read in ways:
            assert ("file_read", str(tmp_path / name)) in observe(read), name
            assert not any(told[0] == "forbid" for told in observe.notebook.told), name
    told = observe(lambda: pd.DataFrame({"a": [1]}).to_csv("out.csv"))
    assert ("file_written", str(tmp_path / "out.csv"), "w") in told


def test_importing_a_library_is_not_reading_its_files(program):
    printed = program(
        "observe = Observed()\n"
        "def use():\n"
        "    import xml.dom.minidom, email.mime.text, numpy, matplotlib\n"
        "told = observe(use)\n"
        "print(told)\n"
    )
    assert printed == "[]\n"


def test_devices(observe):
    assert observe.reasons(lambda: open("/dev/urandom", "rb").close()) == [("entropy", "/dev/urandom")]
    assert observe(lambda: open("/dev/null", "w").close()) == []
    assert observe(lambda: open("/proc/self/stat").close()) == []


def test_what_we_do_ourselves_is_not_the_programs(observe, data):
    def ours():
        with quiet, quiet:
            open(data).close()
            os.stat(data)
            os.environ.get("X")

    assert observe(ours) == []
    assert ("file_read", data) in observe(lambda: open(data).close())


def test_a_file_that_was_open_before(observe, tmp_path):
    installed = observe.installed
    with open(tmp_path / "log", "w") as log, open(tmp_path / "other", "w"):
        before = installed.snapshot()
        assert set(before[0]) == {str(tmp_path / "log"), str(tmp_path / "other")}
        log.write("line\n")
        log.flush()
        assert installed.written_since(before) == [("already-open-file", str(tmp_path / "log"))]
    open(tmp_path / "third", "w").close()
    assert installed.snapshot()[0] == {}  # all are closed now


def test_a_database(observe, tmp_path):
    path = str(tmp_path / "d.db")
    sqlite3.connect(path).close()
    installed = observe.installed

    def write(before):
        with sqlite3.connect(path) as connection:
            connection.execute("create table t(x)")
        connection.close()
        return installed.written_since(before)

    told = observe(write, installed.snapshot())
    assert ("file_read", path) in told
    assert observe.value == [("database", path)]
    before = installed.snapshot()
    connection = sqlite3.connect(path)
    connection.execute("select * from t").fetchall()
    connection.close()
    assert installed.written_since(before) == []


def test_shown_source_lines_are_a_dependency_even_when_remembered(observe, tmp_path):
    source = tmp_path / "shown.py"
    source.write_text("x = 1\n")
    linecache.getline(str(source), 1)
    assert ("file_read", str(source)) in observe(linecache.getline, str(source), 1)


def test_a_warning_shows_a_line(observe):
    def warn():
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.formatwarning("text", UserWarning, __file__, 1)

    assert ("file_read", __file__) in observe(warn)


def test_a_log_line_with_its_number(program):
    printed = program(
        "import io, logging\n"
        "observe = Observed()\n"
        "logger = logging.getLogger('with numbers')\n"
        "handler = logging.StreamHandler(io.StringIO())\n"
        "logger.addHandler(handler)\n"
        "for form in '%(message)s', '%(lineno)d %(message)s':\n"
        "    handler.setFormatter(logging.Formatter(form))\n"
        "    told = observe(lambda: logger.warning('x'))\n"
        "    print(('file_read', __file__) in told)\n"
    )
    assert printed == "False\nTrue\n"
