"""Interpreter, environment and distributions."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys

import pytest

from hitsave_trace.fingerprint import distributions, surroundings
from hitsave_trace.model import ABSENT


def test_the_interpreter():
    digest, text = surroundings.interpreter()
    assert text.startswith("cpython 3.")
    code = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "from hitsave_trace.fingerprint import surroundings\n"
        "digest, text = surroundings.interpreter()\nprint(digest.hex(), text)"
    )
    answers = [
        subprocess.run([sys.executable, *flags, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        for flags in ([], ["-O"], ["-OO"])
    ]
    assert answers[0][0] == digest.hex()
    assert len({answer[0] for answer in answers}) == 3
    assert answers[1][-1] == "-O"


def test_the_environment(monkeypatch):
    monkeypatch.delenv("STUDY_X", raising=False)
    assert surroundings.env("STUDY_X") == (ABSENT, None)
    everything = surroundings.env("*")
    monkeypatch.setenv("STUDY_X", "")
    empty = surroundings.env("STUDY_X")
    monkeypatch.setenv("STUDY_X", "1")
    assert len({ABSENT, empty[0], surroundings.env("STUDY_X")[0]}) == 3
    assert surroundings.env("STUDY_X")[1] == "1"
    assert surroundings.env("*")[0] != everything[0]
    assert surroundings.env("STUDY_X")[0] != surroundings.env("STUDY_Y")[0]


def test_versions_as_the_metadata_says():
    for name in ("numpy", "pandas", "scikit-learn", "python-dateutil"):
        assert surroundings.distribution(name)[1] == importlib.metadata.version(name)
    assert surroundings.distribution("scikit_learn") == surroundings.distribution("Scikit-Learn")
    assert surroundings.distribution("numpy")[0] != surroundings.distribution("pandas")[0]
    assert surroundings.distribution("no-such-thing") == (ABSENT, "not installed")


def test_who_provides_a_module():
    known = importlib.metadata.packages_distributions()
    for module in ("numpy", "sklearn", "dateutil", "PIL", "mpl_toolkits", "typing_extensions", "xxhash"):
        found = distributions.distributions_of(module)
        assert distributions.normal(found[0]) in map(distributions.normal, known[module]), module
    assert {"numpy", "scipy", "joblib"} <= set(distributions.distributions_of("sklearn"))
    assert distributions.distributions_of("sklearn.svm") == distributions.distributions_of("sklearn")
    assert distributions.distributions_of("json") == distributions.distributions_of("no_such_module") == ()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on sys.path with one distribution in it."""

    def install(version="1.0", direct_url=None, record="study_pkg/__init__.py,,\n", name="study_pkg"):
        folder = tmp_path / "site" / f"{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: Study.Pkg\nVersion: {version}\nRequires-Dist: numpy>=1\n"
            'Requires-Dist: pandas; extra == "all"\nRequires-Dist: not-installed-at-all\n\nVersion: 9 in the text\n'
        )
        (folder / "RECORD").write_text(record)
        if direct_url is not None:
            (folder / "direct_url.json").write_text(json.dumps(direct_url))
        distributions._state = distributions._State(())
        surroundings._answers.clear()
        return surroundings.distribution("study-pkg")

    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield install
    distributions._state = distributions._State(())
    surroundings._answers.clear()


def remove(tmp_path):
    for folder in (tmp_path / "site").iterdir():
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def test_an_upgrade(site, tmp_path):
    before = site("1.0")
    assert before[1] == "1.0"
    assert distributions.distributions_of("study_pkg") == ("Study.Pkg", "numpy")
    remove(tmp_path)
    after = site("1.1")
    assert after[1] == "1.1"
    assert after[0] != before[0]


def test_an_editable_install_is_its_files(site, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "study_pkg.py").write_text("x = 1\n")
    told = {"url": source.as_uri(), "dir_info": {"editable": True}}
    before = site("1.0", told)
    assert before[1] == "1.0 (editable)"
    remove(tmp_path)
    assert site("1.0", told) == before
    (source / "study_pkg.py").write_text("x = 2\n")
    remove(tmp_path)
    assert site("1.0", told)[0] != before[0]


def test_a_copy_of_a_local_folder_is_what_was_copied(site, tmp_path):
    told = {"url": tmp_path.as_uri(), "dir_info": {}}
    before = site("1.0", told, "study_pkg/__init__.py,sha256=a,1\n")
    remove(tmp_path)
    assert site("1.0", told, "study_pkg/__init__.py,sha256=b,1\n")[0] != before[0]
