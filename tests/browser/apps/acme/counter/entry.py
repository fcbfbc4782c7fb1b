import reflex as rx

from app.sdk import DynamicApp

from .words import greeting


class CounterState(rx.State):
    count: int = 0
    note: str = "start"

    @rx.event
    def increment(self):
        self.count += 1

    @rx.event
    def set_note(self, value: str):
        self.note = value

    @rx.var
    def double(self) -> int:
        return self.count * 2


def index() -> rx.Component:
    return rx.vstack(
        rx.heading("Counter one", id="title"),
        rx.text(greeting(), id="greeting"),
        rx.text(CounterState.count, id="count"),
        rx.text(CounterState.double, id="double"),
        rx.text(CounterState.note, id="note"),
        rx.button("+", id="plus", on_click=CounterState.increment),
        rx.input(id="typed", placeholder="uncontrolled"),
    )


class AppEntry(DynamicApp):
    name = "Counter"
    pages = {"/": index}
