"""Does one thing that needs a capability, in every place where an app's code runs."""

import asyncio
import socket
import threading

import anyio.from_thread
import anyio.to_thread
import reflex as rx

from app.core import documents, files
from app.sdk import DynamicApp, broadcast, granted, presence, subscribe


async def use(capability: str) -> None:
    if capability == "documents:read":
        await documents.list()
    elif capability == "documents:write":
        await documents.create("acme/note", "Note", {})
    elif capability == "files:read":
        await files.list()
    elif capability == "files:write":
        await files.save("note.txt", b"text")
    elif capability == "broadcast":
        await broadcast(CapableState.hear)
    elif capability == "network":
        socket.getaddrinfo("127.0.0.1", 80, flags=socket.AI_NUMERICHOST)
    else:
        raise LookupError(capability)


class CapableState(rx.State):
    wanted: str = ""
    done: list[str] = []
    heard: int = 0
    may: bool = False

    @rx.var
    async def computed(self) -> str:
        if self.wanted:
            await use(self.wanted)
        return self.wanted

    @rx.event
    def hear(self, payload: dict | None = None):
        self.heard += 1

    @rx.event
    async def in_handler(self, capability: str):
        await use(capability)
        self.done.append("handler")

    @rx.event(background=True)
    async def in_background(self, capability: str):
        await use(capability)
        async with self:
            self.done.append("background")

    @rx.event
    def in_computed(self, capability: str):
        self.wanted = capability
        self.done.append("computed")

    @rx.event
    async def in_thread(self, capability: str):
        await anyio.to_thread.run_sync(anyio.from_thread.run, use, capability)
        self.done.append("thread")

    @rx.event
    async def in_task(self, capability: str):
        await asyncio.create_task(use(capability))
        self.done.append("task")

    @rx.event
    async def in_upload(self, files: list[rx.UploadFile]):
        await use((await files[0].read()).decode())
        self.done.append("upload")

    @rx.event
    async def look(self):
        self.may = granted("network")

    @rx.event
    async def in_plain_threads(self):
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, resolve)
        await asyncio.to_thread(resolve)

    @rx.event
    def in_own_thread(self):
        caught = []
        thread = threading.Thread(target=lambda: caught.append(failure_of(resolve)))
        thread.start()
        thread.join()
        if caught[0] is not None:
            raise caught[0]

    @rx.event
    async def be_present(self, how: str):
        if how == "join":
            await presence.join("here")
        elif how == "leave":
            await presence.leave("here")
        else:
            presence.here("here")

    @rx.event
    async def listen(self, topic: str):
        await subscribe(topic, CapableState.hear)

    @rx.event
    async def listen_to_notes(self):
        await subscribe(documents.topic_of_kind("acme/note"), CapableState.hear)


def resolve() -> None:
    socket.getaddrinfo("127.0.0.1", 80, flags=socket.AI_NUMERICHOST)


def failure_of(work):
    try:
        work()
    except Exception as error:
        return error
    return None


def index() -> rx.Component:
    return rx.text(CapableState.computed, CapableState.heard)


class AppEntry(DynamicApp):
    name = "Acme / Capable"
    capabilities = ("documents:write", "files:write", "broadcast", "network")
    pages = {"/": index}
