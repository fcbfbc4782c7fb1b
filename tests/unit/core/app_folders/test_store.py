"""Folders of apps: where they are, what is in them, how much that may be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.core.app_folders import AppFolders, Use, open_below, walk
from app.kernel.errors import FolderFull, Invalid

APP = "acme/counter"


@pytest.fixture
def folders(tmp_path: Path) -> AppFolders:
    return AppFolders(tmp_path / "folders", quota=100, pause=0)


def test_folders_are_closed_to_other_accounts(folders: AppFolders) -> None:
    made = folders.make(APP, "o1")
    assert made == folders.root / "acme" / "counter" / "organisations" / "o1"
    assert made.stat().st_mode & 0o077 == 0
    assert folders.make(APP, None) == folders.root / "acme" / "counter" / "shared"


@pytest.mark.parametrize(
    ("app_id", "organisation"), [("../x", "o1"), ("acme", "o1"), (APP, "../o1"), (APP, "")]
)
def test_no_id_leads_elsewhere(folders: AppFolders, app_id: str, organisation: str) -> None:
    with pytest.raises(Invalid, match="is not the id"):
        folders.make(app_id, organisation)


def test_the_environment_says_where_they_are_and_how_large(tmp_path: Path) -> None:
    usual = AppFolders.from_environment(tmp_path, {})
    assert (usual.root, usual.quota) == (tmp_path / "folders", 1024 * 1024 * 1024)
    named = {"GRAFT_FOLDERS": "/mnt/folders", "GRAFT_FOLDER_MB": "5"}
    chosen = AppFolders.from_environment(tmp_path, named)
    assert (chosen.root, chosen.quota) == (Path("/mnt/folders"), 5 * 1024 * 1024)
    with pytest.raises(Invalid, match="GRAFT_FOLDERS must be an absolute path"):
        AppFolders.from_environment(tmp_path, {"GRAFT_FOLDERS": "folders"})
    with pytest.raises(Invalid, match="GRAFT_FOLDER_MB must be a whole number"):
        AppFolders.from_environment(tmp_path, {"GRAFT_FOLDER_MB": "much"})


def test_it_is_known_whose_folder_a_path_is_in(folders: AppFolders) -> None:
    root = os.path.realpath(folders.root)
    assert folders.at(f"{root}/{APP}/organisations/o1/a/b") == folders.of(APP, "o1")
    assert folders.at(f"{root}/{APP}/shared") == folders.of(APP, None)
    for other in (root, f"{root}/{APP}", f"{root}/{APP}/organisations", "/etc/passwd"):
        assert folders.at(other) is None


def test_use_is_counted_without_what_links_lead_to(folders: AppFolders, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * 10_000)
    made = folders.make(APP, "o1")
    (made / "sub").mkdir()
    (made / "sub" / "a").write_bytes(b"x" * 30)
    (made / "b").write_bytes(b"x" * 20)
    (made / "link").symlink_to(large)
    (made / "round").symlink_to(made)
    use = folders.measure(folders.of(APP, "o1"))
    assert use.files == 4
    assert use.size < 1000


def test_a_folder_is_full_at_its_quota_and_not_when_something_is_gone(folders: AppFolders) -> None:
    kept = folders.of(APP, "o1")
    made = folders.make(APP, "o1")
    (made / "a").write_bytes(b"x" * 99)
    folders.require_room(kept)
    (made / "b").write_bytes(b"x")
    with pytest.raises(FolderFull) as full:
        folders.require_room(kept)
    assert str(full.value).endswith("is full: 100 bytes, at most 100 are allowed")
    folders.require_room(kept, 101)
    (made / "a").unlink()
    folders.require_room(kept)


def test_a_folder_with_very_many_files_is_counted_beside(folders: AppFolders) -> None:
    kept = folders.of(APP, "o1")
    made = folders.make(APP, "o1")
    for number in range(2001):
        (made / str(number)).touch()
    folders.require_room(kept)
    assert folders.measure(kept) == Use(2001, 0)


def test_all_folders_are_found_and_those_of_an_app_removed(folders: AppFolders) -> None:
    for app_id, organisation in ((APP, "o1"), (APP, "o2"), (APP, None), ("acme/other", "o1")):
        (folders.make(app_id, organisation) / "file").touch()
    assert folders.apps() == [APP, "acme/other"]
    assert [kept.organisation for kept in folders.all(APP)] == [None, "o1", "o2"]
    assert len(list(folders.all())) == 4
    assert folders.remove(APP)
    assert not folders.remove(APP)
    assert folders.apps() == ["acme/other"]


def test_removing_the_folders_of_an_app_leaves_what_links_lead_to(
    folders: AppFolders, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").touch()
    (folders.make(APP, "o1") / "link").symlink_to(other)
    folders.remove(APP)
    assert (other / "file").exists()


def test_a_walk_yields_files_and_tells_what_is_none(folders: AppFolders) -> None:
    made = folders.make(APP, None)
    (made / "a" / "b").mkdir(parents=True)
    (made / "a" / "b" / "c").write_text("1")
    (made / "link").symlink_to("/etc")
    found = {"/".join(each.parts): each.is_file for each in walk(made)}
    assert found == {"a/b/c": True, "link": False}
    assert list(walk(made / "nowhere")) == []


def test_a_file_is_opened_by_its_names_alone(folders: AppFolders) -> None:
    made = folders.make(APP, None)
    (made / "a").mkdir()
    (made / "a" / "b").write_text("text")
    with open_below(made, ("a", "b")) as file:
        assert file.read() == b"text"
    for parts in ((), ("a",), ("..", "shared", "a", "b"), ("a", "", "b"), ("a/b",), ("a", "b\0")):
        with pytest.raises(FileNotFoundError):
            open_below(made, parts)
