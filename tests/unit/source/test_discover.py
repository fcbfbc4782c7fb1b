from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structlog.testing import capture_logs

from app.source.discover import discover

if TYPE_CHECKING:
    import pytest

    from tests.unit.conftest import WriteApp


def test_apps_are_found_two_levels_deep_and_sorted(apps_root: Path, write_app: WriteApp) -> None:
    write_app("globex/editor")
    write_app("acme/plan")
    write_app("acme/counter", {"entry.py": "", "sub/deep/entry.py": ""})
    found = discover(apps_root)
    assert [app.id for app in found.apps] == ["acme/counter", "acme/plan", "globex/editor"]
    assert found.apps[0].root == apps_root / "acme" / "counter"
    assert found.problems == ()


def test_a_folder_with_python_but_no_entry_is_reported(
    apps_root: Path, write_app: WriteApp
) -> None:
    write_app("acme/draft", {"main.py": "x = 1"})
    write_app("acme/notes", {"readme.md": "x"})
    write_app("acme/package", {"__init__.py": ""})
    found = discover(apps_root)
    assert found.apps == ()
    (problem,) = found.problems
    assert (problem.app, problem.file) == ("acme/draft", "entry.py")
    assert "main.py" in problem.remedy


def test_an_app_with_an_unusable_name_is_reported_and_left_out(
    apps_root: Path, write_app: WriteApp
) -> None:
    write_app("acme/floor-plan")
    found = discover(apps_root)
    assert found.apps == ()
    assert "floor_plan" in found.problems[0].remedy


def test_hidden_folders_caches_files_and_links_are_no_apps(
    apps_root: Path, write_app: WriteApp
) -> None:
    write_app("acme/.draft")
    write_app("__pycache__/x")
    write_app(".git/hooks")
    (apps_root / "notes.txt").write_text("x")
    (apps_root / "linked").symlink_to(apps_root / "acme")
    found = discover(apps_root)
    assert (found.apps, found.problems) == ((), ())


def test_an_app_behind_a_link_is_reported_and_left_out(
    apps_root: Path, write_app: WriteApp, tmp_path: Path
) -> None:
    write_app("acme/counter")
    (apps_root / "acme/linked").symlink_to(apps_root / "acme/counter")
    (apps_root / "globex").symlink_to(apps_root / "acme")
    found = discover(apps_root)
    assert [app.id for app in found.apps] == ["acme/counter"]
    assert [str(problem).partition(".")[0] for problem in found.problems] == [
        "acme/linked: acme/linked is a symbolic link",
        "globex/counter: globex is a symbolic link",
        "globex/linked: globex is a symbolic link",
        "globex/linked: globex/linked is a symbolic link",
    ]


def test_the_folder_of_all_apps_may_be_a_link(
    apps_root: Path, write_app: WriteApp, tmp_path: Path
) -> None:
    write_app("acme/counter")
    (tmp_path / "link").symlink_to(apps_root)
    assert [app.id for app in discover(tmp_path / "link").apps] == ["acme/counter"]


def test_a_missing_root_holds_no_apps(tmp_path: Path) -> None:
    assert discover(tmp_path / "nowhere").apps == ()


def test_a_thousand_apps_are_found_without_reading_a_file(
    apps_root: Path, write_app: WriteApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1000):
        write_app(f"client{number % 40}/app{number}", {"entry.py": ""})
    listed = []
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (listed.append(path), scan(path))[1])
    monkeypatch.setattr(io, "open", None)
    monkeypatch.setattr("builtins.open", None)
    assert len(discover(apps_root).apps) == 1000
    assert len(listed) == 1 + 40  # no app's own folder


def test_what_cannot_be_read_is_told_and_hides_no_other_app(
    apps_root: Path, write_app: WriteApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_app("acme/counter")
    write_app("acme/locked", {"notes.py": ""})
    write_app("zzz/hidden")
    closed = [str(apps_root / "acme/locked"), str(apps_root / "zzz")]

    def refusing(look: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def refuse(path: Any) -> Any:
            if os.fspath(path) in closed:
                raise PermissionError(13, "Permission denied")
            return look(path)

        return refuse

    monkeypatch.setattr(os, "scandir", refusing(os.scandir))
    monkeypatch.setattr(os, "listdir", refusing(os.listdir))
    with capture_logs() as lines:
        found = discover(apps_root)
    assert [app.id for app in found.apps] == ["acme/counter"]
    (problem,) = found.problems
    assert (problem.app, problem.message) == (
        "acme/locked",
        "the folder cannot be read: Permission denied",
    )
    assert [line["folder"] for line in lines] == [closed[1]]
