"""`rx.get_upload_dir` and `rx.get_upload_url` in client apps."""

from __future__ import annotations

from pathlib import Path

import pytest
import reflex as rx
from reflex_components_core.core.upload import get_upload_dir

from app.source.problems import AppError
from app.testing import kit
from tests.unit.apps.helpers import newest

APP = "acme/album"
ENTRY = """
import reflex as rx
from app.sdk import DynamicApp
{extra}

class AlbumState(rx.State):
    name: str = ""
    place: str = ""

    @rx.event
    async def take(self, files: list[rx.UploadFile]):
        for file in files:
            (rx.get_upload_dir() / file.name).write_bytes(await file.read())
            self.name = file.name
        self.place = str(rx.get_upload_dir())


def index() -> rx.Component:
    return rx.el.main(
        rx.image(src=rx.get_upload_url(AlbumState.name)),
        rx.image(src=rx.get_upload_url("a b/#1.png")),
    )


class AppEntry(DynamicApp):
    name = "Album"
    pages = {{"/": index}}
"""


@pytest.fixture
def apps(tmp_path: Path) -> Path:
    (tmp_path / "client_apps" / APP).mkdir(parents=True)
    (tmp_path / "client_apps" / APP / "entry.py").write_text(ENTRY.format(extra=""))
    return tmp_path / "client_apps"


async def test_uploads_are_in_the_folder_that_the_app_has_for_the_organisation(apps: Path) -> None:
    async with kit(apps) as node:
        page = await node.open(APP)
        state = await newest(node, APP, "AlbumState")
        await page.upload(state.take, {"dot.png": b"picture"})
        place = Path(page.get(state.place))
        assert (place / "dot.png").read_bytes() == b"picture"
        home = page.actor.organisation.id
        assert place == node.core.folders.of(APP, home).path / "uploads"


async def test_addresses_are_those_of_the_app_with_every_sign_in_a_name_written_as_one(
    apps: Path,
) -> None:
    async with kit(apps) as node:
        await node.open(APP)
        version = node._node.engine.catalog.loaded(APP)
        assert version is not None
        assert '"/_graft/uploads/acme/album/a%20b/%231.png"' in version.module.code
        assert '.split("/").map(encodeURIComponent).join("/")' in version.module.code
        assert "getBackendURL" not in version.module.code


async def test_an_app_that_wants_its_folder_while_it_is_loaded_is_told_where_to(
    apps: Path,
) -> None:
    (apps / APP / "entry.py").write_text(ENTRY.format(extra="PLACE = rx.get_upload_dir()"))
    async with kit(apps) as node:
        with pytest.raises(AppError, match="Call it in an event handler or a computed var"):
            await node.version(APP)


async def test_the_core_has_the_folder_of_reflex(
    apps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFLEX_UPLOADED_FILES_DIR", str(tmp_path / "reflex"))
    async with kit(apps):
        assert rx.get_upload_dir() == tmp_path / "reflex"
        assert get_upload_dir() == tmp_path / "reflex"
        assert "env.UPLOAD" in str(rx.get_upload_url("x"))
