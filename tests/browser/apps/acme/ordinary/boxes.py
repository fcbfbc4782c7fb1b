"""A function that makes a component with a state of its own, used several times."""

import reflex as rx


def box(name: str) -> rx.Component:
    class BoxState(rx.State):
        count: int = 0

        def up(self):
            self.count += 1

    return rx.hstack(
        rx.button("up", id=f"{name}-up", on_click=BoxState.up),
        rx.text(BoxState.count, id=f"{name}-count"),
    )


def boxes_page() -> rx.Component:
    return rx.vstack(box("first"), box("second"), box("third"))
