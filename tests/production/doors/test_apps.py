"""Pages and parts of apps, for people who may not have them."""

import json
from functools import partial

import pytest

from app.core import apps
from tests.production.doors.trying import HOST, HYDRATE, LAUNCHER, Tab, beside, refusals, shape
from tests.production.world import (
    BOARD,
    COUNTER,
    DRAFT,
    OFF,
    VIEWER,
    Person,
    World,
)
from tests.support.servers import Server


def test_a_page_of_an_app_that_is_not_for_somebody_is_that_of_one_that_does_not_exist(
    world: World, stranger: Person, tab: Tab
) -> None:
    socket = tab(stranger)
    unknown = socket.open("/apps/nothing")
    assert (unknown["type"], unknown["kind"]) == ("notice", "not-found")
    urls = ("acme-counter", "board", "viewer", "acme-off", "acme-draft")
    for url in urls:
        told = socket.open(f"/apps/{url}")
        assert json.loads(json.dumps(told).replace(url, "nothing")) == unknown
    # What does not exist, too: an administrator can read the log of the own organisation.
    opened = [("app.open", f"/apps/{url}") for url in ("nothing", *urls)]
    assert refusals(world, stranger) == opened[::-1]


def test_an_app_that_was_never_promoted_is_not_there_for_its_own_people(
    member: Person, tab: Tab
) -> None:
    socket = tab(member)
    assert socket.open("/apps/acme-draft")["kind"] == "not-found"
    socket.send(f"{LAUNCHER}.load")
    tiles = socket.value("launcher_state", "tiles")
    assert {tile["id"] for tile in tiles} == {COUNTER, BOARD, VIEWER, OFF}


def test_the_launcher_shows_only_ones_own_apps(stranger: Person, tab: Tab) -> None:
    socket = tab(stranger)
    socket.send(f"{LAUNCHER}.load")
    assert socket.value("launcher_state", "loaded") is True
    socket.send(HYDRATE)
    assert "Acme" not in json.dumps(socket.update())


@pytest.fixture(scope="module")
def parts(server: Server, world: World) -> dict[str, str]:
    """Addresses of parts of apps, as somebody who may use them finds them."""
    member = beside(world, lambda core: world.person(core, "Acme", "member"))
    with server.socket(member.login, "parts") as socket:
        counter = socket.open("/apps/acme-counter")
        socket.open("/apps/board")
        socket.send(f"{HOST}.resume", _at="/apps/board", app_id=BOARD, values={})
        board = socket.message()
    return {
        "module": counter["module"],
        "asset": board["stylesheets"][0],
        "icon": f"/_graft/icons/{VIEWER}",
        "static app": "/apps/viewer",
        "file of a static app": "/apps/viewer/js/app.js",
        "deep link into a static app": "/apps/viewer/floors/3",
    }


PARTS = [
    "module",
    "asset",
    "icon",
    "static app",
    "file of a static app",
    "deep link into a static app",
]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_an_app_is_for_its_people_only(
    part: str, parts: dict[str, str], server: Server, world: World, member: Person, stranger: Person
) -> None:
    path = parts[part]
    unknown = path.replace("counter", "nothing").replace("board", "nothing").replace("viewer", "no")
    with server.http(member.login) as own, server.http(stranger.login) as other:
        found = own.get(path)
        assert found.status_code == 200
        assert "drawn in the browser" not in found.text
        assert shape(other.get(path)) == shape(other.get(unknown))
    with server.http() as nobody:
        assert nobody.get(path).status_code in (303, 401, 404)
    with server.http(authorization=f"Bearer {stranger.token}") as program:
        assert shape(program.get(path)) == shape(program.get(unknown))
    assert len(refusals(world, stranger, action="app.*")) >= 2


def test_a_module_is_found_under_its_own_app_only(
    parts: dict[str, str], server: Server, member: Person
) -> None:
    with server.http(member.login) as own:
        moved = parts["module"].replace(COUNTER, BOARD)
        assert own.get(moved).status_code == 404


def test_parts_of_an_app_that_is_switched_off_are_not_handed_out(
    server: Server, member: Person
) -> None:
    with server.http(member.login) as own:
        for path in (f"/_graft/modules/{OFF}/0.js", f"/_graft/icons/{OFF}"):
            assert own.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/_upload/plan.txt", "/_graft/modules/../../etc/passwd", "/_graft/assets/a/b/0/../x"]
)
def test_nothing_else_is_handed_out(path: str, server: Server, member: Person) -> None:
    with server.http(member.login) as own:
        answer = own.get(path)
        assert answer.status_code == 404 or answer.text in ("launcher", "drawn in the browser")


def test_a_preview_is_for_whoever_has_its_link_and_may_see_the_app(
    world: World, member: Person, stranger: Person, tab: Tab
) -> None:
    draft = partial(apps.start_preview, app_id=DRAFT, number=1, base_revision=None)
    started = beside(world, lambda core: draft(core))
    link = f"/apps/acme-draft?preview={started.token}"
    guessed = "/apps/acme-draft?preview=guessed"
    assert tab(member).open(guessed)["kind"] == "not-found"
    assert ("app.preview", "") in refusals(world, member)
    assert tab(stranger).open(link)["kind"] == "not-found"
    # Made beside the server, it is heard of when something changes.
    beside(world, lambda core: apps.end_preview(core, started.preview.id))
    assert tab(member).open(link)["kind"] == "not-found"
