"""`/healthz` and `/readyz`, with every part broken once."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.core.context import Core
from app.core.opening import open_core
from app.kernel.errors import Unavailable
from app.server.health import Check, Readiness, core_checks, health_routes, healthz
from tests.unit.core.apps.packages import upload


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    opened = await asyncio.to_thread(open_core, tmp_path / "data")
    yield opened
    await opened.close()


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a full disk, within the statement no file can get larger than that."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def get(readiness: Readiness, path: str = "/readyz") -> httpx.Response:
    asgi = Starlette(routes=[Route("/healthz", healthz), *health_routes(readiness)])
    transport = httpx.ASGITransport(app=asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


def ready(checks: dict[str, Check], patience: float = 10) -> Readiness:
    readiness = Readiness(checks, patience=patience, remembered=0)
    readiness.started()
    return readiness


async def test_a_whole_node_is_ready(core: Core, tmp_path: Path) -> None:
    answer = await get(ready(core_checks(core, tmp_path / "data")))
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "parts": {"database": "ok", "code_store": "ok", "disk": "ok", "catalog": "ok"},
    }


async def test_it_is_not_ready_before_the_catalog_is_read(core: Core, tmp_path: Path) -> None:
    answer = await get(Readiness(core_checks(core, tmp_path / "data")))
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["parts"]["catalog"] == "not read yet"
    assert problem["detail"] == "This server is not ready: catalog not read yet."


async def test_it_is_not_ready_when_it_stops(core: Core, tmp_path: Path) -> None:
    readiness = ready(core_checks(core, tmp_path / "data"))
    readiness.stopping()
    assert (await get(readiness)).json()["parts"]["catalog"] == "stopping"


async def test_it_is_not_ready_without_its_database(core: Core, tmp_path: Path) -> None:
    core.database.close()
    for file in (tmp_path / "data").glob("graft.sqlite3*"):
        file.unlink()
    answer = await get(ready(core_checks(core, tmp_path / "data")))
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"] == "cannot be reached"
    assert answer.json()["parts"]["code_store"] == "ok"


async def test_it_is_not_ready_without_its_code_store(core: Core, tmp_path: Path) -> None:
    checks = core_checks(core, tmp_path / "data")
    await checks["code_store"]()
    for path in (tmp_path / "data").iterdir():
        if path.is_dir():
            shutil.rmtree(path)
            path.write_text("no folder any more")
    answer = await get(ready(core_checks(core, tmp_path / "data")))
    assert answer.status_code == 503
    assert answer.json()["parts"]["code_store"] == "cannot be reached"
    assert str(tmp_path) not in answer.text


async def test_it_is_not_ready_with_a_code_store_that_is_not_its_own(
    core: Core, tmp_path: Path
) -> None:
    await upload(core, b"package")
    checks = core_checks(core, tmp_path / "data")
    assert (await get(ready(checks))).status_code == 200
    shutil.rmtree(tmp_path / "data" / "code")
    (tmp_path / "data" / "code").mkdir()  # where a disk should be mounted
    answer = await get(ready(checks))
    assert (answer.status_code, answer.json()["parts"]["code_store"]) == (503, "cannot be reached")


async def test_it_is_not_ready_when_its_disk_is_full_and_leaves_no_file(
    core: Core, tmp_path: Path
) -> None:
    readiness = ready(core_checks(core, tmp_path / "data"))
    await get(readiness)
    before = sorted((tmp_path / "data").iterdir())
    with files_of_at_most(1_000):
        answer = await get(readiness)
    assert answer.status_code == 503
    assert answer.json()["parts"]["disk"] == "full"
    assert answer.json()["detail"] == "This server is not ready: disk full."
    assert (await get(readiness)).json()["parts"]["disk"] == "ok"
    assert sorted((tmp_path / "data").iterdir()) == before


async def test_it_is_not_ready_when_its_data_folder_is_gone(core: Core, tmp_path: Path) -> None:
    answer = await get(ready(core_checks(core, tmp_path / "elsewhere")))
    assert answer.json()["parts"]["disk"] == "cannot be reached"


async def test_it_is_ready_again_when_the_part_is_back() -> None:
    broken = [True]

    async def check() -> None:
        if broken[0]:
            raise Unavailable("gone")

    readiness = ready({"part": check})
    assert (await get(readiness)).status_code == 503
    broken[0] = False
    assert (await get(readiness)).status_code == 200


async def test_a_part_that_hangs_is_asked_once() -> None:
    asked: list[int] = []
    answer = asyncio.Event()

    async def check() -> None:
        asked.append(1)
        await answer.wait()

    readiness = ready({"part": check}, patience=0.01)
    assert (await get(readiness)).json()["parts"]["part"] == "does not answer"
    assert (await get(readiness)).json()["parts"]["part"] == "does not answer"
    assert asked == [1]
    answer.set()
    assert (await get(readiness)).status_code == 200


async def test_an_answer_holds_for_a_while() -> None:
    asked: list[int] = []

    async def check() -> None:
        asked.append(1)

    readiness = Readiness({"part": check}, remembered=3600)
    readiness.started()
    for _ in range(3):
        assert (await get(readiness)).status_code == 200
    assert asked == [1]


async def test_a_node_that_is_not_ready_is_alive() -> None:
    async def check() -> None:
        raise Unavailable("gone")

    answer = await get(ready({"part": check}), "/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
