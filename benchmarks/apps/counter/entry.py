"""The small counter app that everybody is measured with."""

import reflex as rx

from app.sdk import DynamicApp


class CounterState(rx.State):
    """A number and what follows from it."""

    count: int = 0

    @rx.var
    def double(self) -> int:
        """Twice the number."""
        return self.count * 2

    @rx.event
    def increment(self):
        """Count."""
        self.count += 1


def index() -> rx.Component:
    """The page."""
    return rx.vstack(
        rx.heading("First heading", id="heading"),
        rx.text(CounterState.count, id="count"),
        rx.text("Twice: ", CounterState.double),
        rx.button("Count", on_click=CounterState.increment, id="plus"),
        padding="4",
    )


class AppEntry(DynamicApp):
    """A counter."""

    name = "Counter"
    version = "1.0.0"
    description = "Counts."
    icon = "calculator"
    pages = {"/": index}
