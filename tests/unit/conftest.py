"""Small client apps on disk for the tests of the runtime."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from app.rules.installed import look
from tests.support.packages import MODULE, Packages

ENTRY = """
from app.sdk import DynamicApp


def index():
    return None


class AppEntry(DynamicApp):
    name = "Acme / Counter"
    version = "1.0.0"
    pages = {"/": index}
"""

WriteApp = Callable[..., Path]


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    """A folder that packages can be installed into."""
    made = Packages(tmp_path / "site")
    monkeypatch.syspath_prepend(str(made.folder))
    look()
    yield made
    sys.modules.pop(MODULE, None)
    monkeypatch.undo()
    look()


@pytest.fixture
def apps_root(tmp_path: Path) -> Path:
    """An empty folder client_apps."""
    root = tmp_path / "client_apps"
    root.mkdir()
    return root


@pytest.fixture
def write_app(apps_root: Path) -> WriteApp:
    """Write an app: `write_app("acme/counter", {"entry.py": "…"})` returns its folder."""

    def write(app_id: str = "acme/counter", files: Mapping[str, str | bytes] | None = None) -> Path:
        folder = apps_root / app_id
        for name, content in (files if files is not None else {"entry.py": ENTRY}).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write
