"""Uploads, and files of the core."""

from pathlib import Path
from uuid import uuid4

import httpx

from tests.production.doors.trying import (
    BOARD_STATE,
    COUNT,
    HYDRATE,
    RECEIVE,
    STATE,
    confirm,
    refusals,
    shape,
)
from tests.production.world import (
    COUNTER,
    NOTHING,
    Person,
    World,
    package_of,
)
from tests.support.servers import Server


def send_files(
    server: Server, login: str, token: str, handler: str, content: bytes = b"abc"
) -> httpx.Response:
    headers = {"reflex-client-token": token, "reflex-event-handler": handler}
    with server.http(login) as browser:
        return browser.post("/_upload", files=[("files", ("a.txt", content))], headers=headers)


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
        unopened = send_files(server, stranger.login, "never-opened", BOARD_STATE)
        assert shape(stolen) == shape(unopened)
    assert send_files(server, "", own, uploaded).status_code == 403
    tried = (uploaded, *unknown, uploaded, BOARD_STATE)
    attempts = [("app.file_upload", handler) for handler in tried]
    assert refusals(world, stranger) == attempts[::-1]


def test_a_package_is_taken_from_developers_only(
    server: Server, world: World, member: Person
) -> None:
    token = uuid4().hex
    with server.socket(member.login, token) as own:
        send_files(server, member.login, token, RECEIVE)
        assert own.value("upload_state", "phase") == "running"
        assert "may not upload" in own.value("upload_state", "problem")
    assert refusals(world, member) == [("admin.upload", "")]


def test_a_package_tells_nobody_that_an_app_of_others_exists(
    server: Server, world: World, stranger: Person, tmp_path: Path
) -> None:
    told = []
    for app_id in (COUNTER, NOTHING):
        token = uuid4().hex
        with server.socket(stranger.login, token) as own:
            confirm(own)
            send_files(server, stranger.login, token, RECEIVE, package_of(tmp_path, app_id))
            while (problem := own.value("upload_state", "problem")) == "":
                pass
        told.append(problem.replace(app_id, "it"))
    assert told[0] == told[1]
    assert told[0].startswith("There is no app 'it'")
    assert refusals(world, stranger) == [("upload", NOTHING), ("upload", COUNTER)]


def test_a_file_is_for_members_of_its_organisation(
    server: Server, world: World, member: Person, stranger: Person
) -> None:
    unknown = "/files/0123/plan.txt"
    with server.http(member.login) as own, server.http(stranger.login) as other:
        assert own.get(world.file).text == "secret plan"
        assert shape(other.get(world.file)) == shape(other.get(unknown))
    file_id = world.file.split("/")[2]
    assert refusals(world, stranger) == [("files.read", "0123"), ("files.read", file_id)]
    with server.http() as nobody:
        assert shape(nobody.get(world.file)) == shape(nobody.get(unknown))
