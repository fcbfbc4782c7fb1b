"""Every door of a production server, tried by people who may not come in: nobody learns anything.

"Learns nothing" is the same answer for what does not exist as for what is not allowed. Each attempt
is in the audit log, with who and from where. docs/security.md has the table of all doors.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pytest

from app.core import apps, audit
from app.core.audit import Filter, Outcome
from app.core.context import Core, open_core
from tests.production.servers import Forge, Server, serving
from tests.production.world import (
    BOARD,
    COUNTER,
    DRAFT,
    NOTHING,
    OFF,
    VIEWER,
    Person,
    World,
    build_world,
)
from tests.unit.server.raw_socket import RawSocket

STATE = "reflex___state____state"
COUNT = f"{STATE}.client_apps___acme___counter___entry____counter_state"
BOARD_STATE = f"{STATE}.client_apps___globex___board___entry____board_state"
LAUNCHER = f"{STATE}.app___web___launcher____launcher_state"
DEED = f"{STATE}.app___web___admin___deed_state____deed_state"
ADMIN = f"{STATE}.app___web___admin"
HYDRATE = f"{STATE}.hydrate"
SECRET = "hush-hush"

T = TypeVar("T")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return asyncio.run(build_world(tmp_path_factory.mktemp("doors")))


@pytest.fixture(scope="module")
def server(forge: Forge, world: World) -> Iterator[Server]:
    with serving(forge, world.data, "--allow-unsigned") as running:
        yield running


def beside(world: World, work: Callable[[Core], Awaitable[T]]) -> T:
    """Do something with the data folder beside the server, as commands do."""

    async def run() -> T:
        core = open_core(world.data)
        try:
            return await work(core)
        finally:
            await core.close()

    return asyncio.run(run())


@pytest.fixture
def member(world: World) -> Person:
    """A member of the organisation that has the apps."""
    return beside(world, lambda core: world.person(core, "Acme", "member"))


@pytest.fixture
def stranger(world: World) -> Person:
    """Somebody of another organisation, who may do there what can be done."""
    return beside(world, lambda core: world.person(core, "Globex", "developer", "admin"))


Tab = Callable[[Person], RawSocket]


@pytest.fixture
def tab(server: Server, request: pytest.FixtureRequest) -> Tab:
    """Opens a tab of somebody, at the launcher."""

    def open_tab(person: Person) -> RawSocket:
        socket = server.socket(person.login, uuid4().hex)
        request.addfinalizer(lambda: socket.__exit__(None, None, None))
        socket.send(f"{LAUNCHER}.search", query="")
        socket.update()
        return socket

    return open_tab


def refusals(world: World, person: Person, **wanted: Any) -> list[tuple[str, str]]:
    """Action and target of somebody's refused attempts, the newest first; all from here."""
    fitting = Filter(actor_id=person.id, outcome=Outcome.REFUSED, **wanted)
    found = beside(world, lambda core: audit.query(core, fitting, limit=1000)).entries
    assert {entry.ip for entry in found} <= {"127.0.0.1"}
    return [(entry.action, entry.target) for entry in found]


def silent(socket: RawSocket) -> None:
    """Make sure that nothing came in answer to what was sent: the next answer is that to this."""
    socket.send(f"{LAUNCHER}.search", query=SECRET)
    first = socket.update()
    assert not first.get("events")
    (state,) = first["delta"]
    assert state.endswith("launcher_state")


# Events by name


FOREIGN_EVENTS = {
    "of an app of another organisation": f"{COUNT}.increment",
    "a helper of such an app": f"{COUNT}.dict",
    "of an app that is not there": f"{COUNT}.increment".replace("counter", "gone"),
}


@pytest.mark.parametrize("kind", FOREIGN_EVENTS)
def test_an_event_of_others_gets_no_answer_and_is_audited(
    kind: str, world: World, stranger: Person, tab: Tab
) -> None:
    socket = tab(stranger)
    socket.send(FOREIGN_EVENTS[kind])
    silent(socket)
    assert refusals(world, stranger) == [("socket.event", FOREIGN_EVENTS[kind])]


REFUSED_EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "of an app that is switched off": (f"{COUNT}.increment".replace("counter", "off"), {}),
    "of an app that was never promoted": (f"{COUNT}.increment".replace("counter", "draft"), {}),
    "a helper of a state": (f"{COUNT}.dict", {}),
    "setting a var by its name": (f"{COUNT}.setvar", {"var_name": "count", "value": 9}),
    "an automatic setter": (f"{COUNT}.set_count", {"value": 9}),
    "a private function": (f"{COUNT}._secret", {}),
    "setting a var of the admin pages": (f"{DEED}.setvar", {"var_name": "deed"}),
    "a setter of the admin pages": (f"{DEED}.set_target", {"value": COUNTER}),
    "a helper of the admin pages": (f"{DEED}._do", {}),
    "an event of no state": ("nothing", {}),
    "a state in place of an event": (COUNT, {}),
    "of a state of Reflex that is not there": (f"{STATE}.reflex___state____x.y", {}),
}


@pytest.mark.parametrize("kind", REFUSED_EVENTS)
def test_what_is_no_event_for_anybody_gets_no_answer_and_is_audited(
    kind: str, world: World, member: Person, tab: Tab
) -> None:
    name, payload = REFUSED_EVENTS[kind]
    socket = tab(member)
    socket.send(name, **payload)
    silent(socket)
    assert refusals(world, member) == [("socket.event", name)]


def test_a_helper_of_an_app_that_is_open_cannot_be_called(
    world: World, member: Person, tab: Tab
) -> None:
    socket = tab(member)
    assert socket.open("/apps/acme-counter")["type"] == "show"
    names = [f"{COUNT}.{helper}" for helper in ("dict", "reset", "setvar", "set_count", "_secret")]
    for name in names:
        socket.send(name, _at="/apps/acme-counter", value=9)
    socket.send(f"{COUNT}.increment", _at="/apps/acme-counter")
    assert socket.value("counter_state", "count") == 1
    assert [target for _, target in refusals(world, member)] == names[::-1]


PACKETS: dict[str, Any] = {
    "a text": SECRET,
    "a text that holds an event": json.dumps({"name": HYDRATE, "payload": {"secret": SECRET}}),
    "a list": [SECRET],
    "nothing": None,
    "no name": {"payload": {"secret": SECRET}},
    "a name that is no text": {"name": {"secret": SECRET}},
    "an endless name": {"name": "x" * 100_000, "payload": {"secret": SECRET}},
    "a payload that is no object": {"name": HYDRATE, "payload": [SECRET]},
    "a page that is no object": {"name": HYDRATE, "router_data": SECRET},
    "a query that is no object": {"name": HYDRATE, "router_data": {"query": SECRET}},
    "an address that is no text": {"name": HYDRATE, "router_data": {"pathname": [SECRET]}},
}


@pytest.mark.parametrize("kind", PACKETS)
def test_a_packet_that_is_no_event_gets_no_answer_and_leaves_nothing_in_the_log(
    kind: str, server: Server, world: World, member: Person, tab: Tab
) -> None:
    socket = tab(member)
    socket.send_packet(PACKETS[kind])
    silent(socket)
    assert refusals(world, member) == [("socket.event", "")]
    assert SECRET not in server.logged()
    assert "Traceback" not in server.logged()


def test_many_refused_events_are_counted_and_not_all_written(
    server: Server, world: World, stranger: Person, tab: Tab
) -> None:
    before = len(server.logged())
    socket = tab(stranger)
    for number in range(300):
        socket.send(f"{COUNT}.attempt_{number}")
    silent(socket)
    assert 20 <= len(refusals(world, stranger)) <= 25
    assert len(server.logged()) - before < 30_000


def test_values_for_states_that_are_not_ones_own_are_not_taken(member: Person, tab: Tab) -> None:
    update = f"{STATE}.reflex___state____update_vars_internal_state.update_vars_internal"
    socket = tab(member)
    assert socket.open("/apps/board")["type"] == "storage"
    reply = f"{STATE}.app___host___component____host_state.resume"
    socket.send(reply, _at="/apps/board", app_id=BOARD, values={})
    assert socket.message()["type"] == "show"
    marker = "_rx_state_"
    for var in (f"{DEED}.target{marker}", f"{BOARD_STATE}.files{marker}"):
        socket.send(update, vars={var: [SECRET]})
    foreign = {f"{COUNT}.count{marker}": 9, f"{BOARD_STATE}.theme{marker}": "dark"}
    socket.send(update, _at="/apps/board", vars=foreign)
    assert socket.value("board_state", "theme") == "dark"
    socket.send(HYDRATE)
    assert SECRET not in json.dumps(socket.update())


# The admin pages


ADMIN_EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "the list of apps": (f"{ADMIN}___apps_state____admin_state.load", {}),
    "a change": (f"{ADMIN}___apps_state____admin_state.changed", {"app_id": COUNTER}),
    "a search": (f"{ADMIN}___apps_state____admin_state.search", {"query": "c"}),
    "a deed": (
        f"{DEED}.ask",
        {"deed": "disable", "app_id": COUNTER, "argument": "", "revision": 1},
    ),
    "a deed without a question": (
        f"{DEED}.ask",
        {"deed": "undelete", "app_id": COUNTER, "argument": "", "revision": 1},
    ),
    "a preview": (
        f"{ADMIN}___preview_state____preview_state.ask",
        {"app_id": COUNTER, "number": "1"},
    ),
    "a comparison": (
        f"{ADMIN}___diff_state____diff_state.compare",
        {"form": {"older": "1", "newer": "1"}},
    ),
    "the users": (f"{ADMIN}___users____users_state.load", {}),
    "a role": (
        f"{ADMIN}___users____users_state.toggle",
        {"user_id": "x", "role": "operator", "given": True},
    ),
    "an invitation": (f"{ADMIN}___users____users_state.invite", {"form": {"role": "admin"}}),
    "the nodes": (f"{ADMIN}___nodes____nodes_state.load", {}),
    "the audit log": (f"{ADMIN}___audit_page____audit_state.load", {}),
    "a search of the audit log": (f"{ADMIN}___audit_page____audit_state.search", {"form": {}}),
}


@pytest.mark.parametrize("kind", ADMIN_EVENTS)
def test_an_event_of_the_admin_pages_is_refused_to_a_member_with_who_and_from_where(
    kind: str, world: World, member: Person, tab: Tab
) -> None:
    name, payload = ADMIN_EVENTS[kind]
    socket = tab(member)
    socket.send(name, _at="/admin/apps", **payload)
    answer = json.dumps(socket.update())
    assert "Acme / Counter" not in answer
    assert "example.com" not in answer
    ((action, _),) = refusals(world, member)
    assert action.startswith("admin.")


def test_what_an_administrator_does_is_audited_with_the_address(world: World, tab: Tab) -> None:
    operator = beside(world, lambda core: world.person(core, "Acme", "operator"))
    seen = beside(world, lambda core: apps.get(core, DRAFT)).revision
    socket = tab(operator)
    ask = {"deed": "delete", "app_id": DRAFT, "argument": "", "revision": seen}
    socket.send(f"{DEED}.ask", _at="/admin/apps", **ask)
    assert socket.value("deed_state", "is_open") is True
    socket.send(f"{DEED}.confirm", _at="/admin/apps")
    assert socket.value("deed_state", "is_open") is False
    wanted = Filter(actor_id=operator.id, action="app.*")
    (entry,) = beside(world, lambda core: audit.query(core, wanted)).entries
    assert (entry.action, entry.target, entry.ip) == ("app.delete", DRAFT, "127.0.0.1")
    beside(world, lambda core: apps.undelete(core, DRAFT, base_revision=None))


# Pages


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


# Parts of apps, by HTTP


def shape(answer: httpx.Response) -> tuple[int, str, str, str]:
    """What can be told from an answer."""
    headers = answer.headers
    kind, cache = headers.get("content-type", ""), headers.get("cache-control", "")
    return answer.status_code, answer.text, kind, cache


@pytest.fixture(scope="module")
def parts(server: Server, world: World) -> dict[str, str]:
    """Addresses of parts of apps, as somebody who may use them finds them."""
    member = beside(world, lambda core: world.person(core, "Acme", "member"))
    with server.socket(member.login, "parts") as socket:
        counter = socket.open("/apps/acme-counter")
        socket.open("/apps/board")
        reply = f"{STATE}.app___host___component____host_state.resume"
        socket.send(reply, _at="/apps/board", app_id=BOARD, values={})
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


# Uploads


def send_files(server: Server, login: str, token: str, handler: str) -> httpx.Response:
    headers = {"reflex-client-token": token, "reflex-event-handler": handler}
    with server.http(login) as browser:
        return browser.post("/_upload", files=[("files", ("a.txt", b"abc"))], headers=headers)


def test_files_go_only_where_somebody_may_send_them(
    server: Server, world: World, member: Person, stranger: Person
) -> None:
    uploaded = f"{BOARD_STATE}.uploaded"
    own, other = uuid4().hex, uuid4().hex
    with (
        server.socket(member.login, own) as socket,
        server.socket(stranger.login, other),
    ):
        socket.send(HYDRATE)
        socket.update()
        assert send_files(server, member.login, own, uploaded).status_code == 200
        refused = send_files(server, stranger.login, other, uploaded)
        assert refused.status_code == 403
        unknown = [
            uploaded.replace("globex___board", "globex___nothing"),
            uploaded.replace("uploaded", "introduce"),
            uploaded.replace("uploaded", "dict"),
            f"{STATE}.nothing",
            "",
        ]
        for handler in unknown:
            assert shape(send_files(server, stranger.login, other, handler)) == shape(refused)
        for handler in (f"{COUNT}.increment", f"{COUNT}.dict", HYDRATE):
            assert shape(send_files(server, member.login, own, handler)) == shape(refused)
        stolen = send_files(server, stranger.login, own, uploaded)
        assert stolen.status_code == 403
        assert shape(stolen) == shape(send_files(server, stranger.login, "never-opened", uploaded))
    assert send_files(server, "", own, uploaded).status_code == 403
    attempts = [("app.upload", handler) for handler in (uploaded, *unknown)]
    assert refusals(world, stranger) == attempts[::-1]


def test_a_package_is_taken_from_developers_only(
    server: Server, world: World, member: Person
) -> None:
    receive = f"{ADMIN}___upload_state____upload_state.receive"
    token = uuid4().hex
    with server.socket(member.login, token) as own:
        send_files(server, member.login, token, receive)
        assert own.value("upload_state", "phase") == "running"
        assert "may not upload" in own.value("upload_state", "problem")
    assert refusals(world, member) == [("admin.upload", "")]


# Files of the core


def test_a_file_is_for_members_of_its_organisation(
    server: Server, world: World, member: Person, stranger: Person
) -> None:
    unknown = "/files/0123/plan.txt"
    with server.http(member.login) as own, server.http(stranger.login) as other:
        assert own.get(world.file).text == "secret plan"
        assert shape(other.get(world.file)) == shape(other.get(unknown))
    with server.http() as nobody:
        assert shape(nobody.get(world.file)) == shape(nobody.get(unknown))


# The API


API: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "", None),
    ("DELETE", "", None),
    ("POST", "/undelete", {}),
    ("GET", "/versions", None),
    ("GET", "/versions/1", None),
    ("GET", "/versions/1/package", None),
    ("GET", "/history", None),
    ("POST", "/promote", {"number": 1}),
    ("POST", "/rollback", {}),
    ("POST", "/enable", {}),
    ("POST", "/disable", {}),
    ("GET", "/previews", None),
    ("POST", "/previews", {"number": 1}),
    ("DELETE", "/previews/0123", None),
    ("PUT", "/grants", {"capabilities": []}),
    ("PUT", "/visibility", {"organisations": None}),
    ("PUT", "/load-at-boot", {"load_at_boot": True}),
]


def test_the_api_tells_nobody_that_an_app_of_others_exists(
    server: Server, world: World, stranger: Person
) -> None:
    with server.http(authorization=f"Bearer {stranger.token}") as program:
        for method, path, body in API:
            answers = [
                program.request(method, f"/api/v1/apps/{app_id}{path}", json=body)
                for app_id in (COUNTER, NOTHING)
            ]
            assert [answer.status_code for answer in answers] == [404, 404], path
            assert answers[0].text.replace(COUNTER, NOTHING) == answers[1].text
        assert program.get("/api/v1/apps").json() == []
    assert {target for _, target in refusals(world, stranger)} == {COUNTER, NOTHING}


def test_the_api_is_for_whoever_proves_who_they_are(server: Server) -> None:
    wrong = ({}, {"authorization": "Bearer graft_wrong"}, {"authorization": "Basic YTpi"})
    for headers in wrong:
        with server.http(**headers) as nobody:
            for method, path, body in API:
                answer = nobody.request(method, f"/api/v1/apps/{COUNTER}{path}", json=body)
                assert answer.status_code == 401, path


def test_metrics_are_for_operators(server: Server, world: World, stranger: Person) -> None:
    with server.http() as nobody:
        assert nobody.get("/metrics").status_code == 401
    with server.http(authorization=f"Bearer {stranger.token}") as program:
        assert program.get("/metrics").status_code == 403
    with server.http(stranger.login) as browser:
        assert browser.get("/metrics").status_code == 403
    operator = beside(world, lambda core: world.person(core, "Acme", "operator"))
    with server.http(operator.login) as browser:
        assert "graft_app_events_total" in browser.get("/metrics").text


def test_the_audit_log_is_for_administrators_of_their_own_organisation(
    server: Server, world: World, member: Person, stranger: Person
) -> None:
    with server.http() as nobody:
        assert nobody.get("/admin/audit.csv").status_code in (303, 401)
    with server.http(member.login) as browser:
        assert browser.get("/admin/audit.csv").status_code == 403
    assert ("audit", "audit") in refusals(world, member)
    with server.http(stranger.login) as browser:
        log = browser.get("/admin/audit.csv")
    assert log.status_code == 200
    assert world.organisations["Acme"] not in log.text


# Previews


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
