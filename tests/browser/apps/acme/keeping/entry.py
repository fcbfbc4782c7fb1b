import asyncio

import reflex as rx

from app.sdk import DynamicApp

DONE = {"times": 0}


class KeepingState(rx.State):
    count: int = 0
    shout: str = ""
    local: str = rx.LocalStorage("-", name="keeping-local")
    cookie: str = rx.Cookie("-", name="keeping-cookie")
    session: str = rx.SessionStorage("-", name="keeping-session")
    module: int = 0
    busy: bool = False
    resumed: int = 0

    @rx.event
    def do(self):
        DONE["times"] += 1
        self.count += 1
        self.local, self.cookie, self.session = "local", "cookie", "session"

    @rx.event
    def look(self):
        self.module = DONE["times"]

    @rx.event(background=True)
    async def work(self):
        async with self:
            self.busy = True
        await asyncio.Event().wait()

    @rx.event
    def interrupted(self):
        self.busy = False
        self.resumed += 1

    @rx.event
    def write(self, text: str):
        self.shout = text


def index() -> rx.Component:
    return rx.el.main(
        rx.heading("Keeping one", id="title"),
        *(
            rx.text(getattr(KeepingState, name), id=name)
            for name in ("count", "local", "cookie", "session", "module", "resumed")
        ),
        rx.text(KeepingState.busy.to_string(), id="busy"),
        rx.button("do", on_click=KeepingState.do, id="do"),
        rx.button("work", on_click=KeepingState.work, id="work"),
        rx.button("look", on_click=KeepingState.look, id="look"),
        rx.text_area(id="body", name="body"),
        rx.input(id="shout", value=KeepingState.shout, on_change=KeepingState.write),
        rx.el.input(id="secret", type="password"),
        rx.el.select(rx.el.option("one"), rx.el.option("two"), id="choice"),
        rx.el.input(id="tick", type="checkbox"),
        rx.el.input(id="level", type="range"),
        rx.el.input(name="size", type="radio", value="small"),
        rx.el.input(name="size", type="radio", value="large"),
        rx.el.input(name="line"),
        rx.el.input(name="line"),
    )


class AppEntry(DynamicApp):
    name = "Keeping"
    pages = {"/": index}
    on_resume = (KeepingState.interrupted,)
