"""A value that cannot be sent: the event that made it fails, the tab goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.bridge.errors import UnsendableValue
from app.testing import EventFailed, Kit, Page, kit
from tests.unit.apps.helpers import find

ODD = "acme/odd"
ENTRY = """
from __future__ import annotations
import asyncio
from dataclasses import dataclass, field
from typing import Any
import reflex as rx
from pydantic import BaseModel
from app.sdk import DynamicApp

OUTSIDE = []

@dataclass
class Node:
    name: str
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)

class Model(BaseModel):
    name: str = "m"
    other: Any = None

class Tree(rx.State):
    root: Node | None = None
    items: list[Node] = []
    model: Model = Model()
    anything: dict[Any, Any] = {}
    held: list[Any] = []
    names: dict[str, Any] = {}
    n: int = 0
    spoilt: bool = False
    _seen: int = 0

    @rx.var
    def sum(self) -> int:
        return self.n * 10

    @rx.var(cache=False)
    def fresh(self) -> int:
        return self.n * 100

    @rx.var
    def shown(self) -> list[Any]:
        found: list[Any] = ["fine"]
        if self.spoilt:
            found.append(found)
        return found

    @rx.event
    def more(self):
        self.n += 1

    @rx.event
    def fill(self):
        self.items = [Node("a"), Node("b")]
        self.names = {"x": [1]}
        self.model.name = "filled"

    @rx.event
    def grow(self):
        self.n += 1
        self._seen += 1
        root = Node("root")
        root.children.append(Node("leaf", root))
        self.root = root

    @rx.event
    def in_place(self):
        self.items[0].name = "changed"
        self.items[1].parent = self.items[1]
        self.items.append(Node("c"))
        self.names["x"].append(2)
        self.names["y"] = 3

    @rx.event
    def of_model(self):
        self.model.name = "changed"
        self.model.other = self.model

    @rx.event
    def steps(self):
        self.n += 1
        yield
        self.n += 1
        self.anything = {("a", 1): 2}
        yield

    @rx.event
    def set_odd(self, kind: str):
        self.anything = {
            "key": {("a", 1): 2},
            "digits": {"a": 10**5000},
            "deep": {"a": deep()},
            "fails": {"it": Fails()},
        }[kind]

    @rx.event
    def set_fine(self, kind: str):
        values = {"half": "a\\ud83d", "nan": float("nan"), "set": {1}, "object": object()}
        self.anything = {kind: values[kind]}

    @rx.event
    def spoil(self):
        self.spoilt = True

    @rx.event
    def hold(self):
        self.held = [OUTSIDE]

    @rx.event
    def fail_with_it(self):
        self.held = [OUTSIDE]
        self.held.append(self.held)
        raise RuntimeError("on the way")

    @rx.event
    async def take(self, files: list[rx.UploadFile]):
        self.n += len(files)
        self.anything = {("a", 1): 2}

    @rx.event(background=True)
    async def behind(self):
        async with self:
            self.n += 1
        async with self:
            self.n += 1
            self.anything = {("a", 1): 2}

def deep():
    made = []
    for _ in range(100_000):
        made = [made]
    return made

class Fails:
    pass

@rx.serializer
def sent(value: Fails) -> str:
    raise ValueError("not this one")

def index():
    return rx.fragment(
        rx.text(Tree.root.name),
        rx.upload(id="u", on_drop=Tree.take(rx.upload_files(upload_id="u"))),
    )

class AppEntry(DynamicApp):
    name = "Odd"
    pages = {"/": index}
"""


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Kit]:
    folder = tmp_path / "client_apps" / ODD
    folder.mkdir(parents=True)
    (folder / "entry.py").write_text(ENTRY, encoding="utf-8")
    async with kit(tmp_path / "client_apps") as running:
        yield running


@pytest.fixture
async def page(node: Kit) -> Page:
    return await node.open(ODD)


@pytest.fixture
async def tree(node: Kit, page: Page) -> Any:
    return find(await node.version(ODD), "Tree")


async def reload(page: Page) -> None:
    await page.disconnect()
    page.message = {}
    await page.connect()
    assert page.message["type"] == "show"


async def test_the_event_fails_with_state_var_and_path(page: Page, tree: Any) -> None:
    with pytest.raises(EventFailed, match=r"Tree\.root\.children\[0\]\.parent is Tree\.root again"):
        await page.send(tree.grow)
    assert "backend var" in page.problems[0]["remedy"]


async def test_the_tab_goes_on_with_its_last_good_values(page: Page, tree: Any) -> None:
    with pytest.raises(EventFailed):
        await page.send(tree.grow)
    now = await page.state(tree)
    assert (now.root, now.n, now._seen) == (None, 0, 0)
    await page.send(tree.more)
    assert [page.get(var) for var in (tree.root, tree.n, tree.sum, tree.fresh)] == [
        None,
        1,
        10,
        100,
    ]


async def test_the_tab_goes_on_after_a_reload(page: Page, tree: Any) -> None:
    await page.send(tree.more)
    with pytest.raises(EventFailed):
        await page.send(tree.grow)
    await reload(page)
    assert (page.get(tree.root), page.get(tree.n)) == (None, 1)
    await page.send(tree.more)
    assert page.get(tree.n) == 2


async def test_what_was_changed_in_place_is_as_it_was(page: Page, tree: Any) -> None:
    await page.send(tree.fill)
    with pytest.raises(EventFailed, match=r"Tree\.items\[1\]\.parent is Tree\.items\[1\] again"):
        await page.send(tree.in_place)
    await reload(page)
    assert [item["name"] for item in page.get(tree.items)] == ["a", "b"]
    assert page.get(tree.names) == {"x": [1]}


async def test_a_model_is_as_it_was(page: Page, tree: Any) -> None:
    await page.send(tree.fill)
    with pytest.raises(EventFailed, match=r"Tree\.model\.other is Tree\.model again"):
        await page.send(tree.of_model)
    now = (await page.state(tree)).model
    assert (now.name, now.other, set(now.model_fields_set)) == ("filled", None, {"name"})


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("key", r"Tree\.anything cannot be sent to a browser: TypeError: the key \('a', 1\)"),
        ("digits", r"Tree\.anything\['a'\] cannot be sent to a browser: ValueError: .*digits"),
        ("deep", r"Tree\.anything is nested too deeply .*\[0\]\[0\]"),
        ("fails", r"Tree\.anything\['it'\] cannot be sent to a browser: ValueError: not this one"),
    ],
)
async def test_each_kind_is_told_by_its_place(page: Page, tree: Any, kind: str, why: str) -> None:
    with pytest.raises(EventFailed, match=why):
        await page.send(tree.set_odd, kind)
    await page.send(tree.more)
    assert (page.get(tree.n), page.get(tree.anything)) == (1, {})


@pytest.mark.parametrize("kind", ["half", "nan", "set", "object"])
async def test_what_reflex_sends_is_sent(page: Page, tree: Any, kind: str) -> None:
    await page.send(tree.set_fine, kind)
    await page.send(tree.more)
    assert page.get(tree.n) == 1


async def test_what_was_sent_before_a_yield_stays(page: Page, tree: Any) -> None:
    with pytest.raises(EventFailed):
        await page.send(tree.steps)
    assert ((await page.state(tree)).n, page.get(tree.n)) == (1, 1)


async def test_a_background_event_fails_too(page: Page, tree: Any) -> None:
    page.raises = False
    await page.send(tree.behind)
    await page.ended(tree.behind)
    assert "Tree.anything" in page.problems[0]["message"]
    now = await page.state(tree)
    assert (now.n, now.anything, page.get(tree.n)) == (1, {}, 1)


async def test_an_upload_fails_too(page: Page, tree: Any) -> None:
    with pytest.raises(UnsendableValue, match=r"Tree\.anything"):
        await page.upload(tree.take, {"a.txt": b"a"})
    with pytest.raises(EventFailed):
        await page.settle()
    await page.send(tree.more)
    assert (page.get(tree.n), page.get(tree.anything)) == (1, {})


async def test_a_computed_var_that_cannot_be_sent_is_named(page: Page, tree: Any) -> None:
    with pytest.raises(EventFailed, match=r"Tree\.shown\[1\] is Tree\.shown again"):
        await page.send(tree.spoil)
    await page.send(tree.more)
    assert (page.get(tree.n), page.get(tree.shown)) == (1, ["fine"])


async def test_values_that_an_error_left_behind_are_taken_back_with_the_next_event(
    page: Page, tree: Any
) -> None:
    with pytest.raises(EventFailed, match="on the way"):
        await page.send(tree.fail_with_it)
    with pytest.raises(EventFailed, match=r"Tree\.held\[1\] is Tree\.held again"):
        await page.send(tree.more)
    await page.send(tree.more)
    assert (page.get(tree.n), page.get(tree.held)) == (1, [])


async def test_a_reload_shows_the_last_good_values_when_an_error_left_others(
    page: Page, tree: Any
) -> None:
    with pytest.raises(EventFailed, match="on the way"):
        await page.send(tree.fail_with_it)
    page.raises = False
    await reload(page)
    assert page.get(tree.held) == []
    assert "Tree.held[1]" in page.problems[0]["message"]
    await page.send(tree.more)
    assert page.get(tree.n) == 1


async def test_a_value_that_was_spoilt_behind_the_servers_back_becomes_the_default(
    page: Page, tree: Any
) -> None:
    await page.send(tree.more)
    await page.send(tree.hold)
    outside = (await page.state(tree)).held[0].__wrapped__
    outside.append(outside)
    page.raises = False
    await reload(page)
    assert (page.get(tree.held), page.get(tree.n), page.get(tree.sum)) == ([], 1, 10)
    assert "Tree.held[0][0] is Tree.held[0] again" in page.problems[0]["message"]
    await page.send(tree.more)
    assert page.get(tree.n) == 2


async def test_a_page_is_shown_without_a_computed_var_that_cannot_be_sent(
    page: Page, tree: Any
) -> None:
    (await page.state(tree)).__dict__["spoilt"] = True
    (await page.state(tree))._mark_dirty(("spoilt",))
    page.raises = False
    await reload(page)
    assert "Tree.shown[1]" in page.problems[0]["message"]
    assert page.get(tree.n) == 0
