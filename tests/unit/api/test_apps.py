"""Installed apps over HTTP, as a pipeline uses it."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from app.packages.pack import pack
from app.source.app_source import read_source
from tests.unit.api.conftest import Api
from tests.unit.apps.helpers import APPS, COUNTER
from tests.unit.platform.conftest import broken

AT = f"/apps/{COUNTER}"


def package(tmp_path: Path, label: str = "First") -> bytes:
    folder = tmp_path / label / COUNTER
    shutil.copytree(APPS / COUNTER, folder)
    text = f"def heading() -> str:\n    return {label!r}\n"
    (folder / "labels.py").write_text(text, encoding="utf-8")
    return pack(read_source(folder))


async def test_a_pipeline_deploys_promotes_and_rolls_back(
    http: httpx.AsyncClient, tmp_path: Path
) -> None:
    first = await http.post("/apps", content=package(tmp_path), params={"app": COUNTER})
    assert (first.status_code, first.json()["version"]["number"]) == (201, 1)
    again = await http.post("/apps", content=package(tmp_path / "again"))
    assert (again.status_code, again.json()["new"]) == (200, False)
    granted = await http.put(f"{AT}/grants", json={"capabilities": ["broadcast"]})
    assert granted.json()["granted"] == ["broadcast"]
    await http.post(f"{AT}/promote", json={"number": 1})
    second = await http.post("/apps", content=package(tmp_path, "Second"))
    promoted = await http.post(f"{AT}/promote", json={"number": second.json()["version"]["number"]})
    assert promoted.json()["current"] == 2
    back = await http.post(f"{AT}/rollback", json={})
    assert back.json()["current"] == 1
    steps = [step["action"] for step in (await http.get(f"{AT}/history")).json()]
    assert steps == ["rollback", "promote", "upload", "promote", "grant", "upload"]


async def test_a_version_that_fails_on_the_server_is_a_problem_document(
    api: Api, http: httpx.AsyncClient
) -> None:
    await api.node.deploy(COUNTER)
    await api.node.upload(COUNTER, broken())

    promoted = await http.post(f"{AT}/promote", json={"number": 2})

    assert promoted.headers["content-type"] == "application/problem+json"
    told = promoted.json()
    assert (promoted.status_code, told["title"]) == (409, "The version does not load")
    assert "Version 1 is served instead" in told["detail"]
    (problem,) = told["problems"]
    assert (problem["file"], problem["line"]) == ("labels.py", 3)
    assert told["current"]["current"] == 1
    assert (await http.get(f"{AT}/versions/2")).json()["problems"] == told["problems"]
    (error,) = (await http.get(f"{AT}/errors")).json()
    assert (error["message"], error["number"], error["event"]) == (problem["message"], 2, "loading")


async def test_a_downloaded_package_is_the_uploaded_one(
    http: httpx.AsyncClient, tmp_path: Path
) -> None:
    sent = package(tmp_path)
    await http.post("/apps", content=sent)
    got = await http.get(f"{AT}/versions/1/package")
    assert got.content == sent
    assert got.headers["content-disposition"] == 'attachment; filename="acme-counter-1.tar.gz"'


async def test_capabilities_are_changed_at_once_for_the_app_that_was_seen(
    http: httpx.AsyncClient, tmp_path: Path
) -> None:
    await http.post("/apps", content=package(tmp_path))
    await http.put(f"{AT}/grants", json={"capabilities": ["broadcast", "network"]})
    seen = (await http.get(AT)).json()
    wanted = {"capabilities": ["files:read"], "base_revision": seen["revision"]}
    done = (await http.put(f"{AT}/grants", json=wanted)).json()
    assert done["granted"] == ["files:read"]
    for late in (wanted, {**wanted, "capabilities": ["network"]}):
        refused = await http.put(f"{AT}/grants", json=late)
        assert (refused.status_code, len(refused.json()["since"])) == (409, 2)
    assert (await http.get(AT)).json() == done


async def test_a_preview_comes_with_its_link(http: httpx.AsyncClient, tmp_path: Path) -> None:
    sent = await http.post("/apps", content=package(tmp_path), params={"preview": True})
    assert sent.json()["preview"]["link"].startswith("/apps/acme-counter?preview=")
    (preview,) = (await http.get(f"{AT}/previews")).json()
    assert "token" not in preview
    await http.delete(f"{AT}/previews/{preview['id']}")
    assert (await http.get(f"{AT}/previews")).json() == []


async def test_the_second_of_two_hears_what_the_first_did(
    http: httpx.AsyncClient, tmp_path: Path
) -> None:
    sent = await http.post("/apps", content=package(tmp_path))
    seen = sent.json()["app"]["revision"]
    await http.post(f"{AT}/disable", json={"base_revision": seen})
    late = await http.post(f"{AT}/enable", json={"base_revision": seen})
    assert late.status_code == 409
    assert late.headers["content-type"] == "application/problem+json"
    assert late.json()["since"] == ["disable by Olga"]


async def test_a_bad_package_is_refused_with_every_problem(http: httpx.AsyncClient) -> None:
    answer = await http.post("/apps", content=b"this is not an archive")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["problems"][0]["remedy"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/apps/acme/nothing", 404),
        ("GET", "/nothing", 404),
        ("POST", f"{AT}/promote", 422),
        ("GET", "/apps/UPPER/case", 422),
        ("PATCH", "/apps", 405),
    ],
)
async def test_errors_have_one_format(
    http: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


async def test_without_a_token_nothing_can_be_learned(http: httpx.AsyncClient) -> None:
    for path in ("/apps", AT, "/apps/acme/nothing"):
        answer = await http.get(path, headers={"authorization": "Bearer guessed"})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_the_description_names_every_route_and_loads_nothing(http: httpx.AsyncClient) -> None:
    described = (await http.get("/openapi.json")).json()
    assert described["servers"] == [{"url": "/api/v1"}]
    assert len(described["paths"]) >= 16
    assert (await http.get("/docs")).status_code == 404
