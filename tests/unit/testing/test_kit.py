"""The test kit itself: what an author relies on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import reflex as rx
from reflex_base.registry import RegistrationContext

from app.sdk import ClientApp, OutsideApp
from app.source.problems import AppError
from app.testing import EventFailed, EventRefused, Kit, Toast, kit, open_app
from app.testing.folders import ROOT
from app.testing.isolated import own_registry
from tests.unit.apps.helpers import APPS, COUNTER, KITCHEN, find, newest, relabel

ROUTED = """
import reflex as rx
from app.sdk import DynamicApp, Page


class RoutedState(rx.State):
    loaded: str = ""

    @rx.var
    def where(self) -> str:
        return f"{self.router.page.path} {self.router.route_id} {self.router.url.path}"

    @rx.event
    def load(self):
        tab = self.router.url.query_parameters.get("tab")
        self.loaded = f"{self.router.page.path} {self.number} {tab}"

    @rx.event
    def look(self):
        self.loaded = self.router.page.path


def index():
    return rx.text(RoutedState.where)


class AppEntry(DynamicApp):
    name = "Routed"
    pages = {"/": index, "/projects/[number]": Page(index, on_load=RoutedState.load)}
"""


QUIET = """
import asyncio
import reflex as rx
from app.core import documents
from app.sdk import DynamicApp, settings
from pydantic import BaseModel

amount = 1


class Mail(BaseModel):
    host: str = "localhost"


class Quiet(rx.State):
    count: int = 0
    watching: bool = False
    upgraded: str = ""

    @rx.event
    def add(self):
        self.count += amount

    def helper(self):
        self.count += 100

    @rx.event
    async def store(self):
        await documents.create("acme/own", "Own", {})

    @rx.event
    def mail(self):
        settings(Mail)

    @rx.event(background=True)
    async def watch(self):
        async with self:
            self.watching = True
        await asyncio.Event().wait()

    @rx.event
    def end(self):
        self.watching = False


def index():
    return rx.text(Quiet.count, Quiet.watching, Quiet.upgraded)


class AppEntry(DynamicApp):
    name = "Own"
    version = f"{2 if amount > 1 else 1}.0"
    capabilities = ("documents:write",)
    pages = {"/": index}
    on_resume = (Quiet.end,)

    @classmethod
    def upgrade(cls, values, previous):
        values["Quiet"]["upgraded"] = f"from {previous}"
        return values
"""
APP = "acme/own"


def app_of(folder: Path, text: str) -> Path:
    """Write an app that has an asset, and return the folder of client apps."""
    (folder / APP / "assets").mkdir(parents=True, exist_ok=True)
    (folder / APP / "assets" / "logo.txt").write_text("logo")
    (folder / APP / "entry.py").write_text(text)
    return folder


@pytest.fixture
async def node() -> AsyncIterator[Kit]:
    async with kit(APPS) as running:
        yield running


async def test_one_app_is_opened_in_one_line() -> None:
    async with open_app(COUNTER, apps=APPS) as page:
        assert page.title == "Acme / Counter"
        assert page.path == "/apps/acme-counter"


async def test_what_events_lead_to_has_happened_when_send_returns(node: Kit) -> None:
    page = await node.open(KITCHEN)
    kitchen = await newest(node, KITCHEN, "KitchenState")
    await page.send(kitchen.tell)
    assert page.toasts == [Toast("success", "told")]
    assert page.get(kitchen.mirrored) == 1
    assert len(page.get(kitchen.numbers)) == 4


async def test_events_take_arguments_as_a_browser_sends_them(node: Kit) -> None:
    page = await node.open(COUNTER)
    state = await newest(node, COUNTER, "CounterState")
    await page.send(state.add, 2)
    await page.send(state.add(3))
    assert page.get(state.count) == 5


async def test_whatever_reflex_takes_as_an_event_can_be_sent(node: Kit) -> None:
    page = await node.open(COUNTER)
    state = await newest(node, COUNTER, "CounterState")
    await page.send(lambda: state.add(1))
    await page.send(lambda number: state.add(number), 10)
    await page.send([state.increment, state.add(100)])
    await page.send(lambda: [state.increment, state.increment])
    assert page.get(state.count) == 114


async def test_what_is_no_event_cannot_be_sent(node: Kit) -> None:
    page = await node.open(COUNTER)
    state = await newest(node, COUNTER, "CounterState")
    with pytest.raises(TypeError, match=r"such as MyState\.save"):
        await page.send(state.count)
    with pytest.raises(TypeError, match=r"such as MyState\.save"):
        await page.ended(print)
    with pytest.raises(TypeError, match="not its name 'increment'"):
        await page.send("increment")  # type: ignore[arg-type]


async def test_what_a_browser_may_not_send_is_refused_aloud(tmp_path: Path) -> None:
    async with kit(app_of(tmp_path, QUIET)) as server:
        page = await server.open(APP)
        state = await newest(server, APP, "Quiet")
        with pytest.raises(EventRefused, match=r"Quiet\.helper is no event .* @rx\.event"):
            await page.send(state.helper)
        page.raises = False
        await page.send(state.helper)
        assert page.get(state.count) == 0


async def test_nothing_is_sent_from_where_no_page_of_an_app_is(tmp_path: Path) -> None:
    async with kit(app_of(tmp_path, QUIET)) as server:
        page = await server.open(APP)
        state = await newest(server, APP, "Quiet")
        await page.goto("/")
        with pytest.raises(EventRefused, match=r"the page is at /, .* page\.goto"):
            await page.send(state.add)
        await page.goto("/apps/acme-own")
        await page.disconnect()
        with pytest.raises(EventRefused, match=r"page\.connect\(\)"):
            await page.send(state.add)
        await page.connect()
        await page.send(state.add)
        assert page.get(state.count) == 1


async def test_what_a_browser_does_by_itself_can_be_sent(tmp_path: Path) -> None:
    async with kit(app_of(tmp_path, QUIET)) as server:
        page = await server.open(APP)
        await page.send(rx.redirect("/", is_external=True))
        assert (page.tabs, page.path) == (["/apps/acme-own"], "/apps/acme-own")
        await page.send(rx.redirect("/?tab=1"))
        assert page.path == "/apps/acme-own?tab=1"


async def test_a_test_asks_for_addresses_of_the_app_that_it_opened(tmp_path: Path) -> None:
    async with open_app(APP, apps=app_of(tmp_path, QUIET)):
        assert ClientApp.link("/more") == "/apps/acme-own/more"
        assert re.fullmatch(r"/_graft/assets/acme/own/\w+/logo\.txt", ClientApp.asset("logo.txt"))
    with pytest.raises(OutsideApp, match="open_app"):
        ClientApp.link("/more")


async def test_an_app_has_the_capabilities_that_a_test_grants(tmp_path: Path) -> None:
    async with kit(app_of(tmp_path, QUIET), granted=("broadcast",)) as server:
        page = await server.open(APP)
        state = await newest(server, APP, "Quiet")
        with pytest.raises(EventFailed, match="was not granted 'documents:write'"):
            await page.send(state.store)
        await server.grant(APP, "documents:write")
        await page.send(state.store)
        await server.grant(APP)
        with pytest.raises(EventFailed, match="was not granted 'documents:write'"):
            await page.send(state.store)
    async with open_app(APP, apps=app_of(tmp_path, QUIET), granted=()) as page:
        with pytest.raises(EventFailed, match="was not granted 'documents:write'"):
            await page.send(state.store)


async def test_settings_that_the_entry_does_not_name_fail_the_event(tmp_path: Path) -> None:
    apps = app_of(tmp_path, QUIET)
    async with kit(apps) as server:
        page = await server.open(APP)
        with pytest.raises(EventFailed, match="write settings = Mail in AppEntry"):
            await page.send((await newest(server, APP, "Quiet")).mail)
        named = server.source(APP).replace("    pages =", "    settings = Mail\n    pages =")
        await server.swap(APP, {"entry.py": named})
        await page.send((await newest(server, APP, "Quiet")).mail)


async def test_open_pages_come_back_over_a_restart(tmp_path: Path) -> None:
    async with kit(app_of(tmp_path, QUIET)) as server:
        ada, ben = await server.open(APP), await server.open(APP, user="Ben")
        state = await newest(server, APP, "Quiet")
        await ada.send(state.add)
        await ada.send(state.watch)
        await ada.wait_for(lambda: ada.get(state.watching))
        await ben.disconnect()
        await server.restart()
        assert (ada.get(state.count), ada.get(state.watching)) == (1, False)
        await ada.send(state.add)
        assert ada.get(state.count) == 2
        await ben.connect()
        assert ben.get(state.count) == 0


async def test_a_rollback_goes_back_to_the_version_before_and_its_number(tmp_path: Path) -> None:
    async with kit(app_of(tmp_path, QUIET)) as server:
        page = await server.open(APP)
        with pytest.raises(LookupError, match="no version before"):
            await server.rollback(APP)
        newer = {"entry.py": server.source(APP).replace("amount = 1", "amount = 10")}
        assert (await server.swap(APP, newer)).info.number == 2
        await page.send((await newest(server, APP, "Quiet")).add)
        assert (await server.rollback(APP)).info.number == 1
        assert page.get((await newest(server, APP, "Quiet")).upgraded) == "from 2.0"
        await page.send((await newest(server, APP, "Quiet")).add)
        assert page.get((await newest(server, APP, "Quiet")).count) == 11
        assert (await server.swap(APP, newer)).info.number == 3


async def test_a_file_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    async with kit(app_of(tmp_path, QUIET)) as server:
        for ask in (lambda: server.source(APP, "pages.py"), lambda: server.source("acme/no")):
            with pytest.raises(FileNotFoundError, match=r"there are: (assets/logo\.txt|acme/own)"):
                ask()
        with pytest.raises(FileNotFoundError, match=r"acme/own has no file pages\.py"):
            await server.swap(APP, {"pages.py": None})
        with pytest.raises(FileNotFoundError, match=r"there is no app acme/no"):
            await server.swap("acme/no", {"entry.py": ""})


async def test_a_misspelt_file_is_told_unless_it_is_meant_to_be_new(tmp_path: Path) -> None:
    async with kit(app_of(tmp_path, QUIET)) as server:
        newer = server.source(APP).replace("amount = 1", "amount = 10")
        with pytest.raises(FileNotFoundError, match=r"no file enrty\.py: entry\.py is meant\?"):
            await server.swap(APP, {"enrty.py": newer})
        assert (await server.version(APP)).info.number == 1
        await server.swap(APP, {"entries.py": "X = 1"}, new=["entries.py"])
        await server.swap(APP, {"other/labels.py": "X = 1"})
        assert server.source(APP, "entries.py") == "X = 1"


def test_the_kit_needs_no_configuration_and_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    apps = app_of(tmp_path / "apps", QUIET)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    script = (
        "import asyncio, sys, pathlib\n"
        "from app.testing import open_app\n"
        "async def main():\n"
        f"    async with open_app({APP!r}, apps=pathlib.Path({str(apps)!r})) as page:\n"
        "        print(page.path)\n"
        "asyncio.run(main())\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in told.stderr
    assert told.stdout.splitlines()[-1] == "/apps/acme-own"
    assert list(folder.iterdir()) == []


async def test_a_user_has_the_roles_that_a_test_says(node: Kit) -> None:
    first = await node.open(COUNTER, user="Ada")
    admin = await node.open(COUNTER, user="Ada", roles={"member", "admin"})
    again = await node.open(COUNTER, user="Ada")
    assert first.actor.roles == {"member"}
    assert admin.actor.roles == again.actor.roles == {"member", "admin"}
    assert admin.actor.user == first.actor.user


async def test_a_var_that_the_browser_does_not_have_is_a_key_error(node: Kit) -> None:
    page = await node.open(COUNTER)
    kitchen = await newest(node, KITCHEN, "KitchenState")
    assert not page.has(kitchen.total)
    with pytest.raises(KeyError, match="it shows"):
        page.get(kitchen.total)
    with pytest.raises(TypeError, match=r"page\.state\(MyState\)"):
        page.get(kitchen._secret if hasattr(kitchen, "_secret") else "total")
    assert page.has((await newest(node, COUNTER, "CounterState")).count)


async def test_an_app_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(FileNotFoundError, match=r"no app acme/contuer in .*: .*acme/counter"):
        async with open_app("acme/contuer", apps=APPS):
            raise AssertionError("opened")


async def test_the_same_name_is_the_same_user_and_others_are_others(node: Kit) -> None:
    one, two = await node.open(COUNTER), await node.open(COUNTER)
    bob = await node.open(COUNTER, user="Bob")
    eve = await node.open(COUNTER, user="Ada", organisation="Other")
    assert one.actor.user == two.actor.user
    assert bob.actor.user != one.actor.user
    assert eve.actor.organisation != one.actor.organisation


async def test_a_swap_works_on_a_copy_and_tells_why_it_fails(node: Kit) -> None:
    before = (APPS / COUNTER / "labels.py").read_text()
    page = await node.open(COUNTER)
    version = await relabel(node, "Two")
    assert (version.info.number, page.message["number"]) == (2, 2)
    assert node.source(COUNTER, "labels.py") != before
    assert (APPS / COUNTER / "labels.py").read_text() == before
    with pytest.raises(AppError, match="ZeroDivisionError"):
        await node.swap(COUNTER, {"labels.py": "1 / 0"})
    assert page.message["number"] == 2


async def test_a_file_can_be_deleted_in_a_swap(node: Kit) -> None:
    await node.open(COUNTER)
    with pytest.raises(AppError, match="labels"):
        await node.swap(COUNTER, {"labels.py": None})


async def test_waiting_for_what_does_not_come_times_out(node: Kit) -> None:
    page = await node.open(COUNTER)
    told = r"within 0\.01 s; the page at /apps/acme-counter shows \"Acme / Counter\""
    with pytest.raises(TimeoutError, match=told):
        await page.wait_for(lambda: False, seconds=0.01)


async def test_an_app_that_cannot_be_loaded_says_why_when_it_is_opened(node: Kit) -> None:
    with pytest.raises(AppError, match="no version of the app is served"):
        await node.open("acme/nothing")


async def test_a_node_leaves_nothing_behind() -> None:
    context = RegistrationContext.get()
    states = set(context.base_states)
    modules = {name for name in sys.modules if name.startswith("client_apps")}
    async with kit(APPS, only=COUNTER) as node:
        await node.open(COUNTER)
    assert RegistrationContext.get() is context
    assert set(context.base_states) == states
    assert {name for name in sys.modules if name.startswith("client_apps")} == modules


async def test_two_nodes_in_a_row_are_strangers() -> None:
    for _ in range(2):
        async with open_app(COUNTER, apps=APPS) as page:
            state = await newest_of(page)
            await page.send(state.increment)
            assert page.get(state.count) == 1


async def newest_of(page: object) -> object:
    version = await page._node.engine.version_of(COUNTER)  # type: ignore[attr-defined]
    return version.package.modules["client_apps.acme.counter.entry"].CounterState


async def test_settings_are_set_and_changed_as_an_administrator_does() -> None:
    mailer = "acme/mailer"
    async with kit(APPS, only=mailer, settings={mailer: {"host": "one.example.org"}}) as server:
        page = await server.open(mailer)
        state = find(await server.version(mailer), "MailerState")
        assert page.get(state.server) == "one.example.org:25"
        await server.set_settings(mailer, host="two.example.org", port=26)
        assert page.get(state.server) == "two.example.org:26"
        assert page.get(state.changes) == 1
    async with open_app(mailer, apps=APPS, settings={"host": "localhost"}) as alone:
        assert alone.path == "/apps/mailer"


async def test_states_that_a_test_imports_are_no_business_of_other_apps() -> None:
    with own_registry():  # as at the top of a test's file

        class Imported:
            @rx.var
            def where(self) -> str:
                # It becomes a state below.
                return self.router.url.path  # type: ignore[attr-defined,no-any-return]

            @rx.var(cache=False)
            def always(self) -> int:
                return 1

        names = {"__module__": "client_apps.acme.elsewhere.entry", "__qualname__": "Imported"}
        type("Imported", (rx.State,), {**vars(Imported), **names})
    async with open_app(COUNTER, apps=APPS) as page:
        assert page.title == "Acme / Counter"
        await page.goto("/apps/acme-counter?tab=2")
        assert page.title == "Acme / Counter"


async def test_a_page_is_known_by_the_url_template_that_its_author_wrote(tmp_path: Path) -> None:
    app = tmp_path / "acme" / "routed"
    app.mkdir(parents=True)
    (app / "entry.py").write_text(ROUTED)
    async with kit(tmp_path) as node:
        page = await node.open("acme/routed")
        state = await newest(node, "acme/routed", "RoutedState")
        assert page.get(state.where) == "/ / /apps/acme-routed"
        await page.goto("/apps/acme-routed/projects/7?tab=2")
        assert page.get(state.where) == (
            "/projects/[number] /projects/[number] /apps/acme-routed/projects/7"
        )
        assert page.get(state.loaded) == "/projects/[number] 7 2"
        await page.send(state.look)
        assert page.get(state.loaded) == "/projects/[number]"


TITLED = """
import reflex as rx
from app.sdk import DynamicApp, Page


class TitledState(rx.State):
    title: str = ""

    def name(self, title: str):
        self.title = title


def index():
    return rx.input(on_change=TitledState.name)


class AppEntry(DynamicApp):
    name = "Titled"
    pages = {
        "/": Page(index, title=TitledState.title),
        "/more": Page(index, title=f"{TitledState.title}!"),
    }
"""


async def test_the_title_of_a_page_is_a_var(tmp_path: Path) -> None:
    (tmp_path / "acme/titled").mkdir(parents=True)
    (tmp_path / "acme/titled/entry.py").write_text(TITLED)
    async with kit(tmp_path, only="acme/titled") as running:
        state = await newest(running, "acme/titled", "TitledState")
        page = await running.open("acme/titled")
        assert page.title == "Titled"
        await page.send(state.name, "Seven")
        assert page.title == "Seven"
        more = await running.open("acme/titled", "/more")
        with pytest.raises(NotImplementedError, match="look at the vars"):
            _ = more.title
