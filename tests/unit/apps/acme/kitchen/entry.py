"""Everything at once: whatever makes names, digests, caches or states of its own in Reflex."""

import asyncio

import reflex as rx

from app.sdk import DynamicApp, Page

from .models import Item, Level, Mood, Pair, Point
from .parts.stepper import Stepper, badge, local_state


class Named(rx.State, mixin=True):
    title: str = "kitchen"

    @rx.event
    def rename(self, title: str):
        self.title = title


class OtherState(rx.State):
    seen: int = 0

    @rx.var
    def on_page(self) -> str:
        return self.rx_router_url.path


class KitchenState(Named, rx.State):
    numbers: list[int] = [1, 2, 3]
    points: list[Point] = [Point(1, 2)]
    items: dict[str, Item] = {"a": Item(title="a", parts=[Item(title="b")])}
    pair: Pair = Pair(Point(), Point(3, 4))
    mood: Mood = Mood.BUSY
    level: Level = Level.HIGH
    rows: list[list[str]] = [["a", "1"], ["b", "2"]]
    theme: str = rx.LocalStorage("light", name="kitchen-theme")
    visits: str = rx.Cookie("0")
    tab: str = rx.SessionStorage("first")
    form: dict[str, str] = {}
    _cache: dict[str, Point] = {}

    @rx.var
    def total(self) -> int:
        return sum(self.numbers)

    @rx.var(cache=False)
    def here(self) -> str:
        return self.router.url.path

    @rx.var
    async def mirrored(self) -> int:
        other = await self.get_state(OtherState)
        return other.seen

    @rx.event
    def append(self):
        self.numbers.append(len(self.numbers))
        self.points.append(Point(9, 9, Mood.BUSY))
        self._cache["p"] = Point(5, 5)

    @rx.event
    def pasted(self, data: list[tuple[str, str]]):
        self.rows.extend([list(pair) for pair in data])

    @rx.event
    def submit(self, data: dict[str, str]):
        self.form = data

    @rx.event
    async def uploaded(self, files: list[rx.UploadFile]):
        for file in files:
            self.rows.append([file.filename or "", str(len(await file.read()))])

    @rx.event
    async def tell(self):
        other = await self.get_state(OtherState)
        other.seen += 1
        yield rx.toast.success("told")
        yield KitchenState.append

    @rx.event(background=True)
    async def in_background(self):
        async with self:
            self.numbers.append(100)
        await asyncio.sleep(0)
        async with self:
            self.numbers.append(101)

    @rx.event
    def fail(self):
        raise ValueError("on purpose")


Local = local_state()


def index() -> rx.Component:
    return rx.vstack(
        rx.heading(KitchenState.title, " ", KitchenState.total),
        rx.foreach(KitchenState.numbers, lambda n, i: rx.text(i, ": ", n)),
        rx.foreach(KitchenState.points, lambda p: rx.text(p.x, p.y)),
        rx.foreach(KitchenState.items, lambda kv: rx.text(kv[0], kv[1].title)),
        rx.cond(Local.shown, rx.text("shown"), rx.text("hidden")),
        rx.match(KitchenState.mood, (Mood.CALM, rx.text("calm")), rx.text("busy")),
        rx.input(value=KitchenState.title, on_change=KitchenState.rename),
        rx.form(
            rx.input(name="who"), rx.button("ok", type="submit"), on_submit=KitchenState.submit
        ),
        rx.upload(rx.text("drop"), id="files"),
        rx.button("send", on_click=KitchenState.uploaded(rx.upload_files("files"))),
        rx.button("copy", on_click=rx.set_clipboard(KitchenState.title)),
        rx.button("tell", on_click=[KitchenState.tell, rx.toast("x")]),
        rx.clipboard(on_paste=KitchenState.pasted),
        rx.markdown("# Title\n\n```python\nprint(1)\n```"),
        rx.auto_scroll(rx.foreach(KitchenState.numbers, lambda n: rx.text(n))),
        rx.recharts.bar_chart(
            rx.recharts.bar(data_key="v"), data=[{"n": "a", "v": 1}], width="100%", height=200
        ),
        rx.data_editor(columns=[{"title": "a", "type": "str"}], data=KitchenState.rows),
        badge(label=KitchenState.title),
        Stepper.create(),
        Stepper.create(),
        rx.icon("calculator"),
        rx.debounce_input(rx.input(value=KitchenState.title, on_change=KitchenState.rename)),
        rx.text(
            KitchenState.theme,
            KitchenState.tab,
            KitchenState.visits,
            KitchenState.here,
            KitchenState.mirrored,
        ),
        on_mount=KitchenState.append,
    )


def detail() -> rx.Component:
    return rx.vstack(
        rx.text(rx.State.item_id, OtherState.seen, OtherState.on_page),
        badge(label="fixed"),
        Stepper.create(),
        rx.code_block("print(1)", language="python"),
    )


class AppEntry(DynamicApp):
    name = "Acme / Kitchen"
    version = "1.0.0"
    url = "acme-kitchen"
    style = {rx.text: {"color": "green"}}
    pages = {"/": index, "/items/[item_id]": Page(detail, title="Item")}
