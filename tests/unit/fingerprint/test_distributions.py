"""What is installed: found once, kept for as long as no installer has been there."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from hitsave_trace.fingerprint import distributions


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of libraries, alone on the path, whose last change was an hour ago; what is kept; and how often a text was read."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    rows: dict[str, tuple[object, ...]] = {}
    read: list[str] = []
    text_of = distributions.text_of
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(folder)])
    monkeypatch.setattr(distributions, "recall", rows.get)
    monkeypatch.setattr(distributions, "keep", rows.__setitem__)
    monkeypatch.setattr(distributions, "text_of", lambda *where: read.append(where[1]) or text_of(*where))
    monkeypatch.setattr(distributions, "_state", distributions._State(()))
    install(folder, "apple", "1.0", "pip_of_apple", requires=["pear"])
    install(folder, "pear", "2.0", "pear")
    age(folder)
    return folder, rows, read


def install(folder, name, version, module, requires=()):
    for old in folder.glob(f"{name}-*"):
        shutil.rmtree(old)
    where = folder / f"{name}-{version}.dist-info"
    where.mkdir()
    needed = "".join(f"Requires-Dist: {one}\n" for one in requires)
    (where / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n{needed}\n\nText.\n")
    (where / "RECORD").write_text(f"{module}/__init__.py,,\n")


def age(folder, seconds=3600):
    """Let the folder seem to have been changed so long ago. The time of the last change of its status can't be set."""
    stat = os.stat(folder)
    os.utime(folder, ns=(stat.st_atime_ns, stat.st_mtime_ns - seconds * 10**9))


def ended(monkeypatch):
    """A run is over, and another one begins."""
    monkeypatch.setattr(distributions, "JUST_NOW", -(10**9))
    distributions.remember()
    monkeypatch.setattr(distributions, "_state", distributions._State(()))


def test_a_second_run_opens_nothing(site, monkeypatch):
    _, rows, read = site
    first = [distributions.distributions_of(one) for one in ("pip_of_apple", "pear", "nobody")]
    assert first == [("apple", "pear"), ("pear",), ()]
    assert distributions.installed()["apple"].read() == ("apple", "1.0", ("pear",))
    assert read
    ended(monkeypatch)
    assert len(rows) == 1
    read.clear()
    assert [distributions.distributions_of(one) for one in ("pip_of_apple", "pear", "nobody")] == first
    assert distributions.installed()["apple"].read() == ("apple", "1.0", ("pear",))
    assert read == []


def test_what_an_installer_does_is_seen(site, monkeypatch):
    folder, _, _ = site
    assert distributions.distributions_of("pip_of_apple") == ("apple", "pear")
    ended(monkeypatch)
    install(folder, "apple", "1.1", "pip_of_apple")
    assert distributions.distributions_of("pip_of_apple") == ("apple",)
    assert distributions.installed()["apple"].read()[1] == "1.1"
    ended(monkeypatch)
    shutil.rmtree(folder / "pear-2.0.dist-info")
    assert distributions.distributions_of("pear") == ()
    ended(monkeypatch)
    install(folder, "fig", "1", "pear")
    assert distributions.distributions_of("pear") == ("fig",)


def test_a_folder_that_has_just_changed_is_not_kept(site):
    _, rows, _ = site
    distributions.distributions_of("pear")
    distributions.remember()
    assert rows == {}


def test_without_a_folder_of_libraries_nothing_is_kept(site, monkeypatch):
    folder, rows, _ = site
    monkeypatch.setattr(sys, "path", [str(folder.parent)])
    assert distributions.distributions_of("pear") == ()
    ended(monkeypatch)
    assert rows == {}


def test_what_stands_beside_the_program_may_provide_anything(site, monkeypatch):
    folder, rows, _ = site
    assert distributions.distributions_of("pear") == ("pear",)
    ended(monkeypatch)
    install(folder.parent, "pear", "9", "pear")
    assert distributions.installed()["pear"].read()[1] == "9"
    assert distributions.distributions_of("nobody") == ()
    kept = dict(rows)
    ended(monkeypatch)
    assert rows == kept


def test_metadata_that_is_written_over_in_place_is_read_again(site, monkeypatch):
    folder, _, _ = site
    old = folder / "plum.egg-info"
    old.mkdir()
    (old / "PKG-INFO").write_text("Name: plum\nVersion: 1\n\n")
    assert distributions.installed()["plum"].read()[1] == "1"
    ended(monkeypatch)
    (old / "PKG-INFO").write_text("Name: plum\nVersion: 2\n\n")
    assert distributions.installed()["plum"].read()[1] == "2"
