"""Shows what is on other servers."""

import reflex as rx

from app.sdk import DynamicApp

TILE = "https://tile.example.org/1.png"


class ElsewhereState(rx.State):
    count: int = 0
    loads: int = 0

    @rx.event
    def increment(self):
        self.count += 1

    @rx.event
    def loaded(self):
        self.loads += 1


def index() -> rx.Component:
    return rx.vstack(
        rx.heading("Map one", id="title"),
        rx.text(ElsewhereState.count, id="count"),
        rx.button("Plus", id="plus", on_click=ElsewhereState.increment),
        rx.input(id="typed", placeholder="uncontrolled"),
        rx.image(src=TILE, alt="", id="tile"),
        rx.image(src="https://other.example.org/1.png", alt="", id="other"),
        rx.link("Counter", href="/apps/acme-counter", id="away"),
    )


class AppEntry(DynamicApp):
    name = "Map"
    origins = ("img https://tile.example.org",)
    pages = {"/": index}
