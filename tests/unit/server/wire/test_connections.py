"""How many connections a server takes, and which give way."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.kernel.errors import Invalid
from app.server.middleware.concurrency import ConcurrencyLimit
from app.server.wire import connections
from app.server.wire.connections import RESERVE, Bounds, Connections, as_the_system_allows, place_of

PROXY = "10.0.0.1"


class Line:
    """A connection that notes what becomes of it."""

    def __init__(self, peer: str = "192.0.2.1") -> None:
        self.peer = peer
        self.dropped = False
        self.looked = asyncio.Event()

    def look(self, now: float) -> None:
        self.looked.set()

    def drop(self) -> None:
        self.dropped = True


def lines_of(taken: Connections, count: int, peer: str = "192.0.2.1") -> list[Line]:
    lines = [Line(peer) for _ in range(count)]
    for line in lines:
        assert taken.add(line)
    return lines


async def test_of_too_many_of_one_address_the_oldest_idle_one_gives_way() -> None:
    taken = Connections(Bounds(per_address=3), PROXY)
    first, second, third = lines_of(taken, 3)
    elsewhere = lines_of(taken, 1, "192.0.2.2")
    taken.busy(first)
    assert taken.add(Line())
    assert [line.dropped for line in (first, second, third, *elsewhere)] == [0, 1, 0, 0]


async def test_where_none_can_give_way_there_is_no_room_and_others_have_theirs() -> None:
    taken = Connections(Bounds(per_address=2), PROXY)
    for line in lines_of(taken, 2):
        taken.busy(line)
    refused = Line()
    assert not taken.add(refused)
    assert not refused.dropped
    assert taken.add(Line("192.0.2.2"))


async def test_one_that_is_answered_may_give_way_afterwards() -> None:
    taken = Connections(Bounds(per_address=2), PROXY)
    first, second = lines_of(taken, 2)
    taken.busy(first)
    taken.busy(second)
    taken.idle(first)
    assert taken.add(Line())
    assert (first.dropped, second.dropped) == (True, False)


async def test_in_all_there_are_so_many_whoever_has_them() -> None:
    taken = Connections(Bounds(connections=2), PROXY)
    first, second = (lines_of(taken, 1, f"192.0.2.{number}")[0] for number in (1, 2))
    taken.busy(first)
    assert taken.add(Line("192.0.2.3"))
    assert (first.dropped, second.dropped) == (False, True)


async def test_behind_a_proxy_may_be_everybody() -> None:
    taken = Connections(Bounds(connections=6, per_address=1), f"{PROXY}, 10.1.0.0/16")
    lines_of(taken, 3, PROXY)
    lines_of(taken, 3, "10.1.2.3")
    assert taken.add(Line(PROXY))  # in place of one of these
    assert len(taken._all) == 6


async def test_of_those_without_room_only_some_are_kept_to_be_told() -> None:
    taken = Connections(Bounds(connections=1), PROXY)
    taken.busy(lines_of(taken, 1)[0])
    crowd = [Line() for _ in range(RESERVE + 2)]
    for line in crowd:
        assert not taken.add(line)
    assert [line.dropped for line in crowd] == [True, True] + [False] * RESERVE


async def test_nothing_is_kept_of_those_that_are_closed() -> None:
    taken = Connections(Bounds(per_address=2), PROXY)
    lines = [*lines_of(taken, 2), Line()]
    taken.busy(lines[0])
    assert taken.add(lines[2])  # the second gave way
    taken.busy(lines[2])
    lines.append(Line())
    assert not taken.add(lines[3])
    for line in lines:
        taken.remove(line)
        taken.idle(line)  # told late
        taken.remove(line)  # told twice
    kept = (taken._all, taken._by_place, taken._idle, taken._idle_by_place, taken._crowd)
    assert not any(kept)


async def test_all_are_looked_at_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(connections, "_AT_ONCE", 2)
    taken = Connections(Bounds(), PROXY)
    lines = lines_of(taken, 5)
    async with asyncio.timeout(20):
        for line in (*lines, *lines):
            await line.looked.wait()
            line.looked.clear()


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
    ],
)
def test_of_ipv6_a_network_counts_as_one_address(address: str, place: str) -> None:
    assert place_of(address) == place


def test_the_defaults_and_the_environment() -> None:
    assert Bounds.from_environment({}) == Bounds()
    environ = {
        "GRAFT_HEADER_KB": "8",
        "GRAFT_HEADERS": "50",
        "GRAFT_REQUEST_SECONDS": "5",
        "GRAFT_BODY_SECONDS": "6",
        "GRAFT_ANSWER_SECONDS": "7",
        "GRAFT_CONNECTIONS": "200",
        "GRAFT_CONNECTIONS_PER_ADDRESS": "20",
    }
    assert Bounds.from_environment(environ) == Bounds(8192, 50, 5, 6, 7, 200, 20)
    for variable in environ:
        wrong: Mapping[str, str] = {variable: "many"}
        with pytest.raises(Invalid, match=variable):
            Bounds.from_environment(wrong)


@pytest.mark.parametrize(("files", "most"), [(1024, 718), (100, 16), (100_000, 10_000)])
def test_connections_leave_files_for_others(
    files: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (64, files))
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: set_to.append(limits))
    assert as_the_system_allows(Bounds()).connections == most
    assert set_to == [(files, files)]


class Site:
    """An application that answers when it is told to, behind `ConcurrencyLimit`."""

    def __init__(self, per_address: int, proxies: str = PROXY) -> None:
        self.go = asyncio.Event()
        self.full = asyncio.Event()  # two requests are inside
        self.inside = 0
        self.limit = ConcurrencyLimit(self._app, per_address, proxies)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        if self.inside == 2:
            self.full.set()
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask(
        self, address: str, path: str = "/", kind: str = "http", *, forwarded: bool = False
    ) -> Any:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        headers = [(b"x-forwarded-for", address.encode())] if forwarded else []
        scope = {"type": kind, "path": path, "client": (address, 1), "headers": headers}
        await self.limit(scope, None, send)  # type: ignore[arg-type]  # it is never received from
        return sent[0].get("status") or sent[0]["code"]


async def test_an_address_has_so_many_requests_and_sockets_at_once() -> None:
    site = Site(2)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        begun = [tasks.create_task(site.ask("192.0.2.1", kind=k)) for k in ("http", "websocket")]
        await site.full.wait()
        assert await site.ask("192.0.2.1") == 429
        assert await site.ask("192.0.2.1", kind="websocket") == 1013
        free = [
            tasks.create_task(site.ask("192.0.2.1", "/healthz")),
            tasks.create_task(site.ask("192.0.2.2")),
            # These say for nobody whom they ask for.
            *(tasks.create_task(site.ask(PROXY)) for _ in range(5)),
        ]
        site.go.set()
    assert {task.result() for task in (*begun, *free)} == {200}
    assert await site.ask("192.0.2.1") == 200
    assert site.limit._here == {}


async def test_where_everybody_is_believed_those_count_for_whom_a_proxy_asks() -> None:
    site = Site(2, "*")
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(site.ask("192.0.2.1", forwarded=True))
        await site.full.wait()
        assert await site.ask("192.0.2.1", forwarded=True) == 429
        others = [tasks.create_task(site.ask("192.0.2.2", forwarded=True))]
        others += [tasks.create_task(site.ask("10.0.0.7")) for _ in range(3)]
        site.go.set()
    assert {task.result() for task in others} == {200}
