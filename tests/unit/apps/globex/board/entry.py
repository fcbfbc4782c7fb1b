"""What connects pages: topics, presence, browser storage, uploads."""

import reflex as rx

from app.sdk import DynamicApp, current, log, presence, subscribe


class BoardState(rx.State):
    heard: list[str] = []
    members: list[str] = []
    theme: str = rx.LocalStorage("light", name="board-theme", sync=True)
    visits: str = rx.Cookie("0")
    files: list[str] = []

    @rx.var
    def where(self) -> str:
        return self.rx_router_url.path

    @rx.event
    async def watch(self):
        await subscribe("news", BoardState.hear)

    @rx.event
    def hear(self, payload: dict):
        self.heard.append(payload["text"])

    @rx.event
    async def join(self, color: str):
        await subscribe(presence.topic("room"), BoardState.count)
        await presence.join("room", color=color)

    @rx.event
    async def recolor(self, color: str):
        await presence.update("room", color=color)

    @rx.event
    async def leave(self):
        await presence.leave("room")

    @rx.event
    def count(self, payload: dict):
        self.members = [f"{m.user_name} {m.meta['color']}" for m in presence.here("room")]

    @rx.event
    def darken(self):
        self.theme = "dark"

    @rx.event
    async def uploaded(self, files: list[rx.UploadFile]):
        for file in files:
            self.files.append(f"{file.filename} {len(await file.read())}")

    @rx.event
    def introduce(self):
        log.info("introduced", by=current.user.name)
        self.heard.append(f"{current.user.name} of {current.organisation.name} in {current.app.id}")


def index() -> rx.Component:
    return rx.vstack(
        rx.foreach(BoardState.heard, rx.text),
        rx.text(BoardState.theme, BoardState.visits, BoardState.where),
        rx.image(src=AppEntry.asset("style.css")),
        rx.link("here", href=AppEntry.link("/")),
    )


class AppEntry(DynamicApp):
    name = "Globex / Board"
    version = "1.0.0"
    url = "board"
    stylesheets = ("style.css",)
    pages = {"/": index}
