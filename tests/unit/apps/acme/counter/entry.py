"""A counter: the smallest app that has all kinds of state."""

import asyncio

import reflex as rx

from app.sdk import DynamicApp, Page, broadcast, current

from .labels import heading


class CounterState(rx.State):
    count: int = 0
    _secret: int = 7
    tags: list[str] = ["a"]

    @rx.var
    def double(self) -> int:
        return self.count * 2

    @rx.event
    def increment(self):
        self.count += 1

    @rx.event
    def add(self, number: int):
        self.count += number

    @rx.event
    def loaded(self):
        self.tags.append("loaded")

    @rx.event
    async def increment_everywhere(self):
        await broadcast(CounterState.increment)

    @rx.event(background=True)
    async def slowly(self):
        while not current.outdated:  # noqa: ASYNC110 - as authors write it
            await asyncio.sleep(0.005)
        async with self:
            self.count += 100


class DetailState(CounterState):
    note: str = ""

    @rx.event
    def write(self, note: str):
        self.note = note


def index() -> rx.Component:
    return rx.vstack(
        rx.heading(heading()),
        rx.text(CounterState.count, " ", CounterState.double),
        rx.foreach(CounterState.tags, lambda tag: rx.text(tag)),
        rx.button("+", on_click=CounterState.increment),
    )


def project() -> rx.Component:
    return rx.vstack(rx.text(rx.State.project_id), rx.text(DetailState.note))


class AppEntry(DynamicApp):
    name = "Acme / Counter"
    capabilities = ("broadcast",)
    version = "1.0.0"
    url = "acme-counter"
    pages = {
        "/": index,
        "/projects/[project_id]": Page(project, title="Project", on_load=CounterState.loaded),
    }
