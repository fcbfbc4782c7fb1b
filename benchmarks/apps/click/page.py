"""One page with its state, used twice: hot-loaded, and compiled into the front end."""

import reflex as rx


class ClickState(rx.State):
    """A number, what follows from it, and some rows."""

    count: int = 0
    rows: list[str] = [f"Row {number}" for number in range(20)]

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
        rx.heading("Clicks"),
        rx.text(ClickState.count, id="count"),
        rx.text("Twice: ", ClickState.double),
        rx.cond(ClickState.count % 2 == 0, rx.badge("even"), rx.badge("odd", color_scheme="red")),
        rx.button("Count", on_click=ClickState.increment, id="plus"),
        rx.foreach(ClickState.rows, rx.text),
        padding="4",
    )
