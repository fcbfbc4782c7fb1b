"""The small counter app in Reflex, without Graft."""

import reflex as rx


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


app = rx.App()
app.add_page(index, route="/")
