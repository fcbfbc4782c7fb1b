"""What was let in, and is not any more."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.production.doors.trying import STATE, Tab, beside
from tests.production.world import (
    COUNTER,
    VIEWER,
    Person,
    World,
    install,
    sources,
)
from tests.support.servers import Server
from tests.unit.server.raw_socket import Refused

TICKING = """
import asyncio
from pathlib import Path

import reflex as rx

from app.sdk import DynamicApp


class TickState(rx.State):
    ticks: int = 0

    @rx.event(background=True)
    async def tick(self):
        while True:
            async with self:
                self.ticks += 1
            await asyncio.sleep(0.01)


class AppEntry(DynamicApp):
    name = "Ticking"
    version = "1.0.0"
    url = "{url}"
    pages = {{"/": lambda: rx.text(TickState.ticks)}}
"""
ENDS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "switched off": ("POST", "/disable", {}),
    "deleted": ("DELETE", "", None),
    "for others now": ("PUT", "/visibility", {"organisations": {}}),
}


@pytest.mark.parametrize("kind", ENDS)
def test_what_runs_of_an_app_in_a_page_ends_when_the_app_is_not_for_it_any_more(
    kind: str, server: Server, world: World, member: Person, tab: Tab, tmp_path: Path
) -> None:
    name = f"ticking_{kind.split()[0]}"
    url, app_id = name.replace("_", "-"), f"acme/{name}"
    source = sources(tmp_path, app_id, {"entry.py": TICKING.format(url=url)}, template=COUNTER)
    beside(world, lambda core: install(core, source, promote=False))
    operator = beside(world, lambda core: world.person(core, "Acme", "operator"))
    with server.http(authorization=f"Bearer {operator.token}") as program:
        at = f"/api/v1/apps/{app_id}"
        home = {"organisations": {world.organisations["Acme"]: None}}
        assert program.put(f"{at}/visibility", json=home).status_code == 200
        assert program.post(f"{at}/promote", json={"number": 1}).status_code == 200
        socket = tab(member)
        while socket.open(f"/apps/{url}")["type"] != "show":
            pass  # the server has not heard of it yet
        tick = f"{STATE}.client_apps___acme___{name}___entry____tick_state.tick"
        socket.send(tick, _at=f"/apps/{url}")
        socket.value("tick_state", "ticks")
        tasks = f'graft_app_background_tasks{{app="{app_id}"}}'
        assert f"{tasks} 1" in program.get("/metrics").text
        method, path, body = ENDS[kind]
        if path == "/visibility":
            body = {"organisations": {world.organisations["Globex"]: None}}
        assert program.request(method, f"{at}{path}", json=body).status_code in (200, 204)
        while socket.message()["type"] != "notice":
            pass
        assert f"{tasks} 1" not in program.get("/metrics").text


def test_a_page_of_a_login_that_ended_is_closed(
    server: Server, world: World, member: Person, tab: Tab
) -> None:
    first, second = tab(member), tab(member)
    with server.http(member.login) as browser:
        browser.post("/auth/logout", headers={"origin": server.address})
    for socket in (first, second):
        socket.closed()
    with pytest.raises(Refused):
        server.socket(member.login, uuid4().hex)
    with server.http(member.login) as browser:
        assert browser.get(f"/_graft/icons/{VIEWER}").status_code in (303, 401, 404)
