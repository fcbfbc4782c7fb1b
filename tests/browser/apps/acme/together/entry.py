import reflex as rx

from app.core import documents
from app.sdk import DynamicApp, Page, broadcast, presence, subscribe


class TogetherState(rx.State):
    name: str = ""
    heard: list[str] = []
    news: list[str] = []
    here: list[str] = []

    @rx.event
    async def join(self):
        await subscribe(documents.topic_of_kind("news"), TogetherState.on_news)
        await subscribe(presence.topic("room"), TogetherState.on_presence)
        await presence.join("room", name="?")

    @rx.event
    async def rename(self, name: str):
        self.name = name
        await presence.update("room", name=name)

    @rx.event
    async def say(self):
        await broadcast(TogetherState.hear(f"{self.name} one"))

    @rx.event
    async def say_to_others(self):
        await broadcast(TogetherState.hear(f"{self.name} others"), to_self=False)

    @rx.event
    async def tell(self):
        await documents.create("news", self.name, {})

    @rx.event
    def hear(self, text: str):
        self.heard.append(text)

    @rx.event
    async def on_news(self, payload: dict):
        document = await documents.get(payload["id"])
        self.news.append(f"{document.title} one")

    @rx.event
    def on_presence(self, payload: dict):
        self.here = sorted(str(m.meta["name"]) for m in presence.here("room"))


def index() -> rx.Component:
    return rx.vstack(
        rx.heading("Together one", id="title"),
        rx.input(id="name", on_blur=TogetherState.rename),
        rx.text(TogetherState.name, id="me"),
        rx.button("say", id="say", on_click=TogetherState.say),
        rx.button("say to others", id="others", on_click=TogetherState.say_to_others),
        rx.button("tell", id="tell", on_click=TogetherState.tell),
        rx.text(TogetherState.heard.join(" "), id="heard"),
        rx.text(TogetherState.news.join(" "), id="news"),
        rx.text(TogetherState.here.join(" "), id="here"),
    )


class AppEntry(DynamicApp):
    name = "Together"
    capabilities = ("documents:read", "documents:write")
    pages = {"/": Page(index, on_load=TogetherState.join)}
