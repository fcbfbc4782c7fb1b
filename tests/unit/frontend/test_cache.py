"""Built front ends on disk."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.frontend import cache
from app.frontend.build import ROOT

SOURCES = {
    "app/web/__init__.py": "page = 1",
    "app/browser/host.js": "export {}",
    "app/frontend/csp.py": "x = 1",
    "rxconfig.py": "config = 1",
    "assets/logo.png": "png",
    "reflex.lock/bun.lock": "lock",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    for name, text in SOURCES.items():
        write(root, name, text)
    return root


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


@pytest.mark.parametrize("name", SOURCES)
def test_another_source_is_another_key(checkout: Path, name: str) -> None:
    before = cache.content_key(checkout)
    write(checkout, name, "other")
    assert cache.content_key(checkout) != before


@pytest.mark.parametrize(
    "name", ["client_apps/acme/counter/entry.py", "app/core/bus.py", "app/web/__pycache__/a.pyc"]
)
def test_what_is_not_compiled_does_not_change_the_key(checkout: Path, name: str) -> None:
    before = cache.content_key(checkout)
    write(checkout, name, "other")
    assert cache.content_key(checkout) == before


def test_moving_text_to_another_file_is_another_key(checkout: Path) -> None:
    before = cache.content_key(checkout)
    (checkout / "app/web/__init__.py").rename(checkout / "app/web/pages.py")
    assert cache.content_key(checkout) != before


def test_the_key_does_not_depend_on_the_place_of_the_checkout(checkout: Path) -> None:
    before = cache.content_key(checkout)
    moved = checkout.rename(checkout.parent / "elsewhere")
    assert cache.content_key(moved) == before


def test_another_version_of_reflex_is_another_key(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cache.content_key(checkout)
    monkeypatch.setattr(cache, "_installed_reflex", lambda: ["reflex==0.0.0"])
    assert cache.content_key(checkout) != before


OF_APPS = "app/bridge/compiling/in_pages.py"
"""Components that only pages of apps have: they are compiled with the apps."""


def test_states_and_components_of_the_core_are_where_the_key_looks() -> None:
    elsewhere = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "app").rglob("*.py")
        if path.relative_to(ROOT).parts[1] not in ("web", "browser", "frontend")
        and makes_front_end(path)
    ]
    assert elsewhere == [OF_APPS]


def makes_front_end(path: Path) -> bool:
    """Tell whether a module defines a state or component."""
    kinds = {"State", "Component", "NoSSRComponent"}
    return any(
        kinds & {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")}
        for found in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(found, ast.ClassDef)
        for base in found.bases
    )


def built(folder: Path, text: str) -> Path:
    write(folder, "index.html", text)
    return folder


def test_stored_parts_appear_under_their_names(tmp_path: Path) -> None:
    entry = cache.store(tmp_path / "c", "k", [(built(tmp_path / "s", "page"), "static")])
    assert (entry / "static" / "index.html").read_text() == "page"
    assert [found.name for found in (tmp_path / "c").iterdir()] == ["k"]


def test_who_comes_second_gets_what_the_first_stored(tmp_path: Path) -> None:
    cache.store(tmp_path / "c", "k", [(built(tmp_path / "1", "first"), "static")])
    entry = cache.store(tmp_path / "c", "k", [(built(tmp_path / "2", "second"), "static")])
    assert (entry / "static" / "index.html").read_text() == "first"
    assert [found.name for found in (tmp_path / "c").iterdir()] == ["k"]


def test_nothing_is_left_when_storing_fails(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        cache.store(tmp_path / "c", "k", [(tmp_path / "missing", "static")])
    assert list((tmp_path / "c").iterdir()) == []


def test_pruning_keeps_the_current_and_the_latest_used(tmp_path: Path) -> None:
    for age, name in enumerate(["current", "e", "d", "c", "b"], start=1):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1e9 - age * (50 if name == "current" else 1),) * 2)
    cache.prune(tmp_path, "current")
    assert sorted(found.name for found in tmp_path.iterdir()) == ["current", "d", "e"]


def test_what_a_server_serves_is_not_pruned(tmp_path: Path) -> None:
    for age, name in enumerate(["current", "d", "c", "b", "a"]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1e9 - age,) * 2)
    with cache.in_use(tmp_path / "a"):
        os.utime(tmp_path / "a", (1,) * 2)
        cache.prune(tmp_path, "current")
        assert sorted(found.name for found in tmp_path.iterdir()) == ["a", "c", "current", "d"]
    cache.prune(tmp_path, "current")
    assert len(list(tmp_path.iterdir())) == 3


def test_a_lock_that_is_free_is_not_waited_for(tmp_path: Path) -> None:
    waits: list[str] = []
    with cache.locked(tmp_path / "lock", lambda: waits.append("waited")):
        assert waits == []


def test_a_lock_held_by_another_process_is_waited_for(tmp_path: Path) -> None:
    hold = (
        "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        other.stdout.readline()
        waits: list[str] = []

        def waiting() -> None:
            waits.append("waited")
            other.stdin.close()

        with cache.locked(tmp_path / "lock", waiting):
            assert waits == ["waited"]
