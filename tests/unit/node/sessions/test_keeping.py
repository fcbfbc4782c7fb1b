"""What people have in open pages, over a restart of the server."""

from __future__ import annotations

import contextlib
import pickle
import shutil
import sys
import threading
import types
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.bridge import patches
from app.cell.values.contents import Arguments, ModelParts
from app.cell.values.packed import (
    Former,
    Method,
    Packed,
    PackedObject,
    Partial,
    Reference,
    Refused,
    Subscripted,
)
from app.cell.values.parked import Parked, Var
from app.cell.values.upgrading import StateName
from app.core import accounts
from app.core.context import Core, use
from app.core.opening import open_core
from app.kernel.actor import Actor
from app.node.sessions import keeping
from app.node.sessions.keeping import LARGEST, read, write
from app.testing import Page
from app.testing.isolated import own_modules, own_registry
from app.testing.node import Node
from tests.unit.apps.helpers import APPS, COUNTER, KITCHEN, find


class Shelf(dict[str, bytes]):
    """A shelf in memory."""

    def put(self, token: str, content: bytes) -> None:
        self[token] = content

    def take(self, token: str) -> bytes | None:
        return self.pop(token, None)


class Server:
    """One server after the other on the same folders, and what waits in between."""

    def __init__(self, core: Core, apps: Path) -> None:
        self.core = core
        self.apps = apps
        self.shelf = Shelf()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Node]:
        """Run it; at the end open pages are put aside, as when somebody stops it."""
        with own_registry(), own_modules():
            async with Node.running(self.apps, self.core.bus, shelf=self.shelf) as node:
                yield node
                await node.engine.keeper.put_aside()

    async def person(self, name: str) -> Actor:
        home = await accounts.create_organisation(self.core, f"{name}'s")
        user = await accounts.create_user(self.core, name, f"{name.lower()}@example.org")
        await accounts.grant(self.core, home.id, user.id, accounts.Role.MEMBER)
        return await accounts.actor_of(self.core, user.id, home.id)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    patches.install()
    apps = tmp_path / "client_apps"
    shutil.copytree(APPS, apps, ignore=shutil.ignore_patterns("__pycache__"))
    core = open_core(tmp_path / "data")
    with use(core):
        yield Server(core, apps)
    await core.close()


async def opened(server: Server, node: Node, path: str) -> Page:
    page = Page(node, await server.person("Ada"), {})
    await page.goto(path)
    return page


async def come_again(page: Page, node: Node) -> None:
    """The tab's connection broke when the server stopped; now it is back."""
    page._node, page.message = node, {}
    await page.connect()


async def state_of(node: Node, app_id: str, name: str) -> Any:
    return find(await node.engine.version_of(app_id), name)


async def test_an_open_page_has_its_state_again(server: Server) -> None:
    async with server.running() as node:
        page = await opened(server, node, "/apps/acme-counter")
        state = await state_of(node, COUNTER, "CounterState")
        await page.send(state.add, 5)
    async with server.running() as node:
        await come_again(page, node)
        state = await state_of(node, COUNTER, "CounterState")
        assert (page.get(state.count), page.get(state.double)) == (5, 10)
        await page.send(state.increment)
        assert page.get(state.count) == 6
    assert len(server.shelf) == 1


async def test_classes_of_the_app_are_those_of_the_new_server(server: Server) -> None:
    async with server.running() as node:
        page = await opened(server, node, "/apps/acme-kitchen")
        await page.send((await state_of(node, KITCHEN, "KitchenState")).append)
    [content] = server.shelf.values()
    assert b"app.cell" not in content
    async with server.running() as node:
        await come_again(page, node)
        kitchen = await state_of(node, KITCHEN, "KitchenState")
        now = await page.state(kitchen)
        point = find(await node.engine.version_of(KITCHEN), "Point", "models")
        assert [isinstance(one, point) for one in now.points] == [True, True]
        assert now._cache["p"] == point(5, 5)


async def test_the_code_may_be_another_one_by_then(server: Server) -> None:
    entry = server.apps / COUNTER / "entry.py"
    async with server.running() as node:
        page = await opened(server, node, "/apps/acme-counter")
        await page.send((await state_of(node, COUNTER, "CounterState")).add, 5)
    changed = entry.read_text().replace('tags: list[str] = ["a"]', 'tags: str = "none"')
    entry.write_text(changed.replace("self.count * 2", "self.count * 3"))
    server.apps.joinpath(COUNTER, "labels.py").write_text("def heading():\n    return 'new'\n")
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(server.apps / COUNTER / "__pycache__")
    async with server.running() as node:
        await come_again(page, node)
        state = await state_of(node, COUNTER, "CounterState")
        assert (page.get(state.count), page.get(state.double), page.get(state.tags)) == (
            5,
            15,
            "none",
        )


async def test_an_app_that_was_left_is_kept_too_and_over_several_restarts(server: Server) -> None:
    async with server.running() as node:
        page = await opened(server, node, "/apps/acme-counter")
        await page.send((await state_of(node, COUNTER, "CounterState")).add, 5)
        await page.goto("/apps/acme-kitchen")
    async with server.running() as node:
        await come_again(page, node)
    async with server.running() as node:
        await come_again(page, node)
        await page.goto("/apps/acme-counter")
        assert page.get((await state_of(node, COUNTER, "CounterState")).count) == 5


async def test_nobody_gets_what_belongs_to_another_tab(server: Server) -> None:
    async with server.running() as node:
        page = await opened(server, node, "/apps/acme-counter")
        await page.send((await state_of(node, COUNTER, "CounterState")).add, 5)
    async with server.running() as node:
        other = Page(node, page.actor, {})
        await other.goto("/apps/acme-counter")
        state = await state_of(node, COUNTER, "CounterState")
        assert other.get(state.count) == 0
        await come_again(page, node)
        assert page.get(state.count) == 5


async def test_what_is_kept_is_given_once(server: Server) -> None:
    async with server.running() as node:
        page = await opened(server, node, "/apps/acme-counter")
        await page.send((await state_of(node, COUNTER, "CounterState")).add, 5)
    async with server.running() as node:
        await come_again(page, node)
        assert server.shelf == {}


async def test_a_session_that_is_too_large_or_damaged_begins_anew(server: Server) -> None:
    async with server.running() as node:
        page = await opened(server, node, "/apps/acme-counter")
        state = await state_of(node, COUNTER, "CounterState")
        (await page.state(state)).tags = ["x" * (LARGEST + 1)]
    assert server.shelf == {}
    server.shelf[page._token] = b"not what was written"
    async with server.running() as node:
        await come_again(page, node)
        assert page.get((await state_of(node, COUNTER, "CounterState")).count) == 0


async def test_a_session_that_cannot_be_written_down_takes_no_other_with_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = keeping.write

    def fails_once(*args: Any) -> Any:
        monkeypatch.setattr(keeping, "write", write)
        raise RuntimeError("a class of the app")

    async with server.running() as node:
        page = await opened(server, node, "/apps/acme-counter")
        other = Page(node, page.actor, {})
        await other.goto("/apps/acme-counter")
        monkeypatch.setattr(keeping, "write", fails_once)
    assert list(server.shelf) == [other._token]


@pytest.mark.parametrize(
    "value",
    [
        threading.Lock(),
        [{"lock": threading.Lock()}],
        memoryview(b"plain"),
        {"view": [memoryview(b"plain")]},
        "deep",
    ],
)
async def test_what_a_restart_lost_is_told_and_takes_nothing_with_it(
    server: Server, value: Any
) -> None:
    if value == "deep":
        value = [Decimal(1)]
        for _ in range(500):
            value = [value]
    async with server.running() as node:
        page = await opened(server, node, "/apps/acme-counter")
        state = await page.state(await state_of(node, COUNTER, "CounterState"))
        state.count, state._secret = 5, value
    async with server.running() as node:
        await come_again(page, node)
        counter = await state_of(node, COUNTER, "CounterState")
        assert (page.get(counter.count), (await page.state(counter))._secret) == (5, 7)
        [told] = page.problems
        assert told["message"].startswith("CounterState._secret: it ")
        is_deep = "nested too deeply" in told["message"]
        assert told["remedy"].startswith("Rewrite the values" if is_deep else "Make it when")
        assert node.engine.observed.metrics.values_lost.labels(COUNTER)._value.get() == 1


async def test_a_session_that_is_busy_does_not_keep_the_server_running(server: Server) -> None:
    async with server.running() as node:
        page = await opened(server, node, "/apps/acme-counter")
        other = Page(node, page.actor, {})
        await other.goto("/apps/acme-counter")
        async with node.engine.outbox.locked(page._token):
            await node.engine.keeper.put_aside()
            assert list(server.shelf) == [other._token]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=25,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the machine may have other work
@given(st.dictionaries(st.text(), PLAIN), st.dictionaries(st.text(), st.text()))
def test_plain_values_are_read_as_they_were_written(
    values: dict[str, Any], previews: dict[str, str]
) -> None:
    held = {k: Var(v, "t", is_default=v is None) for k, v in values.items()}
    parked = {"acme/x": Parked("1.0", {"state": held})}
    assert read(write(parked, previews).content) == (parked, previews)


def test_what_cannot_be_written_down_takes_nothing_else_with_it() -> None:
    values = {
        "when": datetime(2026, 1, 1, tzinfo=UTC),
        "price": Decimal("1.50"),
        "set": {1, 2},
    }
    held = {k: Var(v, "t") for k, v in values.items()}
    held["lock"] = Var(Packed({"lock": threading.Lock(), "more": [1]}), "t")
    held["default"] = Var(Packed(threading.Lock()), "t", is_default=True)
    [found] = read(write({"acme/x": Parked("1", {"state": held})}, {}).content)[0][
        "acme/x"
    ].states.values()
    assert {k: var.value for k, var in found.items() if k != "lock"} == values
    lock = found["lock"].value.content
    assert (type(lock["lock"]), lock["more"]) == (Refused, [1])


def test_no_code_of_a_client_app_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("client_apps.acme.x.entry")
    module.helper = types.FunctionType(compile("0", "x", "eval"), {}, "helper")  # type: ignore[attr-defined]
    module.helper.__module__ = module.__name__
    monkeypatch.setitem(sys.modules, module.__name__, module)
    # As a partial in a library's object would be: pickle names it.
    values = {"bare": Var(module.helper, "t"), "plain": Var("harmless", "t")}
    content = write({"acme/x": Parked("1", {"state": values})}, {}).content
    [found] = read(content)[0]["acme/x"].states.values()
    assert type(found["bare"].value.content) is Refused
    assert found["plain"].value == "harmless"


def test_classes_of_graft_may_move_between_releases() -> None:
    held = (
        Former(price=1),
        Packed([1]),
        PackedObject(Reference("entry", "Point"), attributes={"x": 1}),
        PackedObject(list, model=ModelParts({}, {}, frozenset())),
        Subscripted(list, (int,)),
        Method(Reference("entry", "Point"), "move"),
        Partial(Reference("entry", "add"), Arguments((1,)), {}),
        types.MappingProxyType({"a": Refused("why")}),
    )
    written = write({"acme/x": Parked("1", {"state": {"held": Var(Packed(held), "t")}})}, {})
    assert written.without == ()
    assert b"app." not in written.content
    [found] = read(written.content)[0]["acme/x"].states.values()
    assert [type(one) for one in found["held"].value.content] == [type(one) for one in held]


def test_values_that_cannot_be_written_down_are_named() -> None:
    values = {"lock": Var(threading.Lock(), "t"), "plain": Var(1, "t")}
    names = {"state": StateName("entry", "HomeState")}
    written = write({"acme/x": Parked("1", {"state": values}, names)}, {})
    assert written.without == ("acme/x HomeState.lock",)


def test_what_another_version_of_graft_wrote_is_not_read() -> None:
    with pytest.raises(ValueError, match="another version"):
        read(pickle.dumps(({}, {})))
