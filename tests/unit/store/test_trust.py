from __future__ import annotations

import os
import shutil
import stat

import pytest

from hitsave.config import data_folder
from hitsave.store import trust


def test_the_users_folder_is_what_platformdirs_says(user_folder):
    import platformdirs

    assert data_folder() == platformdirs.user_data_dir("hitsave") == str(user_folder)


def test_the_secret_is_the_users_alone(store, user_folder):
    assert stat.S_IMODE((user_folder / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE(os.stat(store.folder).st_mode) == 0o700


def test_a_copy_is_refused_until_the_user_trusts_it(shop, store, save, tmp_path):
    call, trace, _ = save(store, "from afar")
    store.close()
    copy = tmp_path / "clone" / ".hitsave"
    shutil.copytree(shop.folder, copy)
    before = sorted(p.name for p in copy.rglob("*"))
    refused = shop.open(copy)
    assert not refused.usable
    assert shop.slugs == ["foreign-store"]
    text = shop.said.pop().render()
    assert str(copy) in text
    assert f"hitsave cache trust {copy}" in text
    assert "made by" in text
    assert sorted(p.name for p in copy.rglob("*")) == before
    trust.trust(str(copy))
    trust.trust(str(copy))
    assert shop.open(copy).candidates(call) == [trace]


def test_a_store_of_another_user_is_refused(shop, store, monkeypatch, tmp_path):
    store.close()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "someone else"))
    assert not shop.open().usable
    assert shop.slugs == ["foreign-store"]
    shop.said.clear()


def test_a_folder_that_was_renamed_is_still_ours(shop, store, save, tmp_path):
    call, trace, _ = save(store, 1)
    store.close()
    shop.folder.rename(tmp_path / "moved")
    assert shop.open(tmp_path / "moved").candidates(call) == [trace]


def test_a_store_in_the_users_folder_may_be_restored_from_a_backup(shop, save, user_folder, tmp_path):
    store = shop.open(user_folder)
    call, trace, _ = save(store, 1)
    store.close()
    shutil.copytree(user_folder, tmp_path / "backup")
    shutil.rmtree(user_folder)
    shutil.copytree(tmp_path / "backup", user_folder)
    assert shop.open(user_folder).candidates(call) == [trace]
    assert shop.said == []


def test_a_store_without_its_owner_file_is_foreign(shop, store):
    store.close()
    (shop.folder / "owner").unlink()
    assert not shop.open().usable
    assert shop.slugs == ["foreign-store"]
    shop.said.clear()
    with pytest.raises(FileNotFoundError):
        trust.trust(str(shop.folder))


def test_no_place_for_the_secret(shop, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    assert not shop.open().usable
    assert shop.slugs == ["no-user-folder"]
