"""What a whole server does at its start: in safe mode, with a version that does not load here, with
its code store gone, and with apps that nobody opened yet.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.core import accounts, apps
from app.core.apps import Visibility
from app.core.context import Core, use
from app.core.opening import open_core
from app.packages.pack import make_manifest, pack
from app.source.app_source import AppSource
from tests.production.world import COUNTER, Person, World, install, sources
from tests.support.servers import PATIENCE, Forge, Server, serving
from tests.unit.server.raw_socket import RawSocket

PATH = "/apps/acme-counter"
API = f"/api/v1/apps/{COUNTER}"
COUNT = "reflex___state____state.client_apps___acme___counter___entry____counter_state"
LAUNCHER = "reflex___state____state.app___web___launcher____launcher_state"
OTHERS = ("acme/first", "acme/second", "acme/third")
# Loads wherever nobody sets the variable: where packages are tried, and in most servers.
MOODY = """import os


def heading():
    return "moody"


if "TESTS_BAD_DAY" in os.environ:
    raise OSError("not today")
"""
BAD_DAY = {"TESTS_BAD_DAY": "1"}


@dataclass(frozen=True)
class Installation:
    """A data folder with two versions of the counter, the second one served, and other apps.

    Attributes:
        modules: number of a version of the counter -> digest of its module.
    """

    data: Path
    operator: Person
    member: Person
    modules: dict[int, str] = field(default_factory=dict)


async def prepare(folder: Path) -> Installation:
    world = World(folder / "data")
    core = open_core(world.data)
    with use(core):
        world.organisations["Acme"] = (await accounts.create_organisation(core, "Acme")).id
        operator = await world.person(core, "Acme", "operator")
        member = await world.person(core, "Acme", "member")
        await install(core, sources(folder, COUNTER))
        await install(core, sources(folder, COUNTER, {"labels.py": MOODY}))
        for app_id in OTHERS:
            await install(core, other(folder, app_id))
        for app_id in (COUNTER, *OTHERS):
            await apps.set_visibility(core, app_id, Visibility(None), base_revision=None)
    await core.close()
    return Installation(world.data, operator, member)


def other(folder: Path, app_id: str) -> AppSource:
    """The counter as another app."""
    entry = (sources(folder, COUNTER).root / "entry.py").read_text()
    changed = entry.replace("acme-counter", app_id.replace("/", "-"))
    return sources(folder, app_id, {"entry.py": changed}, template=COUNTER)


@pytest.fixture(scope="module")
def template(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = asyncio.run(prepare(tmp_path_factory.mktemp("boot")))
    with serving(forge, made.data) as server, program(server, made.operator) as api:
        made.modules[2] = module_of(server, made.member)
        assert api.post(f"{API}/rollback", json={"to": 1}).status_code == 200
        until(lambda: shown(server, made.member).get("number") == 1)
        made.modules[1] = module_of(server, made.member)
        assert api.post(f"{API}/promote", json={"number": 2}).status_code == 200
        assert server.stop() == 0
    assert made.modules[1] != made.modules[2]
    return made


@pytest.fixture
def here(template: Installation, tmp_path: Path) -> Installation:
    """An installation of one's own."""
    data = tmp_path / "data"
    shutil.copytree(template.data, data)
    return replace(template, data=data)


def program(server: Server, person: Person) -> httpx.Client:
    return server.http(authorization=f"Bearer {person.token}")


def tab(server: Server, person: Person) -> RawSocket:
    return server.socket(person.login, uuid4().hex)


def shown(server: Server, person: Person, path: str = PATH) -> dict[str, Any]:
    """What somebody is told who opens an address."""
    with tab(server, person) as page:
        return page.open(path)


def module_of(server: Server, person: Person) -> str:
    """Digest of the module of the counter that a browser really gets."""
    told = shown(server, person)
    assert told["type"] == "show", told
    with server.http(person.login) as browser:
        return hashlib.sha256(browser.get(told["module"]).content).hexdigest()


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition by asking again; only a failing test waits to the end."""
    end = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < end, "it never came"


def node(api: httpx.Client) -> dict[str, Any]:
    (found,) = api.get("/api/v1/nodes").json()
    return dict(found)


def code_store(server: Server) -> str:
    """What /readyz says of the code store once it asks again."""
    with server.http() as browser:
        return str(browser.get("/readyz").json()["parts"]["code_store"])


def test_in_safe_mode_no_app_runs_and_all_can_be_looked_after(
    forge: Forge, here: Installation
) -> None:
    unpacked = here.data / "unpacked"
    shutil.rmtree(unpacked)
    with (
        serving(forge, here.data, "--safe-mode", environment=BAD_DAY) as server,
        program(server, here.operator) as api,
        server.http(here.member.login) as browser,
        tab(server, here.member) as page,
    ):
        assert browser.get("/").status_code == 200
        for address in ("/healthz", "/readyz"):
            assert browser.get(address).status_code == 200
        assert "safe mode" in server.logged()
        page.send(f"{LAUNCHER}.load")
        tiles = page.value("launcher_state", "tiles")
        assert {tile["id"]: tile["off"] for tile in tiles} == dict.fromkeys(
            (COUNTER, *OTHERS), True
        )

        # The app: its page, its module, its events, files for it.
        told = page.open(PATH)
        assert (told["type"], told["kind"]) == ("notice", "disabled")
        assert told["title"].endswith("is not running")
        assert "safe mode" in told["text"]
        address = f"/_graft/modules/{COUNTER}/{here.modules[2]}.js"
        assert browser.get(address).status_code == 404
        page.send(f"{COUNT}.increment", _at=PATH)
        page.send(f"{LAUNCHER}.search", query="x")
        assert all("client_apps" not in name for name in page.update()["delta"])
        assert not [name for name in server.modules() if name.startswith("client_apps")]
        assert node(api)["loaded"] == 0

        # Whoever looks after it.
        assert {app["id"] for app in api.get("/api/v1/apps").json()} == {COUNTER, *OTHERS}
        assert api.get(API).json()["enabled"] is True
        assert api.post(f"{API}/rollback", json={"to": 1}).json()["current"] == 1
        assert api.post("/api/v1/apps/acme/first/disable", json={}).json()["enabled"] is False
        assert shown(server, here.member)["kind"] == "disabled"
        assert not unpacked.exists()
        assert "Traceback" not in server.logged()
        assert server.stop() == 0
    with serving(forge, here.data) as server:
        assert module_of(server, here.member) == here.modules[1]
        assert shown(server, here.member, "/apps/acme-first")["kind"] == "disabled"
        assert shown(server, here.member, "/apps/acme-second")["type"] == "show"


@pytest.mark.parametrize("when", ["at its start", "at the first opening"])
def test_a_version_that_does_not_load_here_gives_way_to_the_last_good_one(
    forge: Forge, here: Installation, when: str
) -> None:
    at_start = when == "at its start"
    with serving(forge, here.data) as server, program(server, here.operator) as api:
        assert api.put(f"{API}/load-at-boot", json={"load_at_boot": at_start}).status_code == 200
        assert server.stop() == 0
    with (
        serving(forge, here.data, environment=BAD_DAY) as server,
        program(server, here.operator) as api,
    ):
        if at_start:
            assert node(api)["loaded"] == 1
        assert module_of(server, here.member) == here.modules[1]
        assert shown(server, here.member, "/apps/acme-first")["type"] == "show"
        assert api.get(API).json()["current"] == 1
        failed = api.get(f"{API}/versions/2").json()
        (problem,) = failed["problems"]
        assert failed["state"] == "failed"
        assert (problem["file"], problem["message"]) == ("labels.py", "OSError: not today")
        assert "Traceback" in problem["detail"]
        assert problem["detail"].rstrip().endswith("OSError: not today")
        assert problem["remedy"]
        steps = [step["action"] for step in api.get(f"{API}/history").json()]
        assert steps[:2] == ["fallback", "fail"]
        assert server.stop() == 0
    with serving(forge, here.data) as server:
        assert module_of(server, here.member) == here.modules[1]


@pytest.mark.parametrize("how", ["damaged", "cut off"])
def test_a_version_whose_package_was_damaged_gives_way_to_the_last_good_one(
    forge: Forge, here: Installation, how: str
) -> None:
    package = asyncio.run(package_of(here.data, 2))
    content = package.read_bytes()
    package.write_bytes(content[:-9] + b"?" * 9 if how == "damaged" else content[:100])
    shutil.rmtree(here.data / "unpacked")
    with serving(forge, here.data) as server, program(server, here.operator) as api:
        assert module_of(server, here.member) == here.modules[1]
        failed = api.get(f"{API}/versions/2").json()
        assert failed["state"] == "failed"
        assert "is damaged" in failed["problems"][0]["message"]
        assert "upload the package again" in failed["problems"][0]["remedy"]
        assert server.stop() == 0


def test_a_bundle_that_was_damaged_is_made_again(forge: Forge, here: Installation) -> None:
    packages = {asyncio.run(package_of(here.data, number)) for number in (1, 2)}
    bundles = {path for path in (here.data / "code").rglob("*") if path.is_file()} - packages
    for path in bundles:
        path.write_bytes(b"{}")
    with serving(forge, here.data) as server:
        assert module_of(server, here.member) == here.modules[2]
        assert "bundle not used" in server.logged()


async def package_of(data: Path, number: int) -> Path:
    """The file with the package of a version of the counter."""

    async def look(core: Core) -> str:
        return (await apps.version(core, COUNTER, number)).package_digest

    core = open_core(data)
    try:
        digest = await look(core)
    finally:
        await core.close()
    return data / "code" / "sha256" / digest[:2] / digest[2:]


@pytest.mark.parametrize("what", ["no folder", "an empty folder", "a file"])
def test_a_server_without_its_code_store_says_so_loses_nothing_and_serves_when_it_is_back(
    forge: Forge, here: Installation, what: str
) -> None:
    code, away = here.data / "code", here.data / "away"
    kept = {path.relative_to(code) for path in code.rglob("*")}
    shutil.rmtree(here.data / "unpacked")
    code.rename(away)
    if what == "an empty folder":
        code.mkdir()
    if what == "a file":
        code.write_text("no folder")
    with (
        serving(forge, here.data, "--allow-unsigned") as server,
        program(server, here.operator) as api,
        server.http(here.member.login) as browser,
    ):
        assert browser.get("/").status_code == 200
        assert browser.get("/readyz").status_code == 503
        assert code_store(server) == "cannot be reached"
        until(lambda: "is its disk mounted?" in server.logged())

        # Whoever opens an app, and whoever looks after it.
        told = shown(server, here.member)
        assert (told["type"], told["kind"]) == ("notice", "failed")
        (failing,) = node(api)["failing"]
        assert failing["app_id"] == COUNTER
        assert "the package of version 2 cannot be read" in failing["problem"]["message"]
        assert [version["state"] for version in api.get(f"{API}/versions").json()] == ["ready"] * 2
        refused = api.post("/api/v1/apps", content=package(here.data.parent))
        assert refused.status_code == 503, refused.text
        assert "is its disk mounted" in refused.json()["detail"]
        if what == "a file":
            code.unlink()
        if what == "an empty folder":
            code.rmdir()  # nothing was put into it
        assert not code.exists()

        away.rename(code)
        until(lambda: code_store(server) == "ok")
        assert module_of(server, here.member) == here.modules[2]
        assert node(api)["failing"] == []
        assert shown(server, here.member, "/apps/acme-first")["type"] == "show"
        assert kept <= {path.relative_to(code) for path in code.rglob("*")}
        added = api.post("/api/v1/apps", content=package(here.data.parent))
        assert added.status_code == 201, added.text
        assert server.stop() == 0


def test_a_code_store_that_nobody_answers_for_keeps_no_server_from_starting(
    forge: Forge, here: Installation
) -> None:
    shutil.rmtree(here.data / "unpacked")
    nowhere = {"GRAFT_CODE_STORE": "s3://graft/packages", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    keys = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "something"}
    with (
        serving(forge, here.data, environment={**nowhere, **keys, "AWS_REGION": "x"}) as server,
        program(server, here.operator) as api,
    ):
        assert shown(server, here.member)["kind"] == "failed"
        assert code_store(server) != "ok"
        assert api.get(API).json()["current"] == 2
        assert server.stop() == 0
    with serving(forge, here.data) as server:
        assert module_of(server, here.member) == here.modules[2]


def package(folder: Path) -> bytes:
    """The third version of the counter."""
    source = sources(folder, COUNTER, {"labels.py": 'def heading():\n    return "third"\n'})
    return pack(source, manifest=make_manifest(source))


def test_a_start_reads_no_more_than_what_is_installed(forge: Forge, here: Installation) -> None:
    first, second, third = OTHERS
    with serving(forge, here.data) as server, program(server, here.operator) as api:
        marked = api.put(f"/api/v1/apps/{second}/load-at-boot", json={"load_at_boot": True})
        assert marked.status_code == 200
        assert server.stop() == 0
    shutil.rmtree(here.data / "unpacked")
    with serving(forge, here.data) as server, program(server, here.operator) as api:
        assert loaded(server) == {second}
        assert unpacked(here.data) == {second}
        assert (node(api)["installed"], node(api)["loaded"]) == (4, 1)
        with tab(server, here.member) as page:
            page.send(f"{LAUNCHER}.load")
            assert len(page.value("launcher_state", "tiles")) == 4
        assert loaded(server) == {second}
        assert shown(server, here.member, "/apps/acme-first")["type"] == "show"
        assert loaded(server) == {first, second}
        assert unpacked(here.data) == {first, second}
        assert third not in loaded(server)


def loaded(server: Server) -> set[str]:
    """Ids of the apps whose code is in the server's process."""
    names = (name.split(".") for name in server.modules() if name.startswith("client_apps."))
    return {f"{name[1]}/{name[2]}" for name in names if len(name) > 2}


def unpacked(data: Path) -> set[str]:
    """Ids of the apps of which a package was unpacked."""
    found = (data / "unpacked").glob("*/*/*")
    return {f"{folder.parent.name}/{folder.name}" for folder in found}
