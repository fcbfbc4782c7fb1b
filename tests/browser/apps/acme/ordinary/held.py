"""Vars that hold components."""

import reflex as rx


class HeldState(rx.State):
    shown: rx.Component = rx.text("first", id="inner")
    maybe: rx.Component | None = None
    rows: list[rx.Component] = []
    names: list[str] = ["a", "b"]
    is_other: bool = False
    count: int = 0
    typed: str = ""

    @rx.var
    def computed(self) -> rx.Component:
        return rx.heading(f"{self.count} times", id="computed")

    def show(self):
        self.shown = rx.vstack(
            rx.icon("rocket", id="icon"),
            rx.button("press", id="press", on_click=HeldState.press),
            rx.input(id="typing", on_change=HeldState.setvar("typed")),
            rx.foreach(HeldState.names, lambda name: rx.text(name, class_name="name")),
            rx.cond(HeldState.is_other, rx.text("other", id="which"), rx.text("one", id="which")),
            rx.markdown("**bold**", id="markdown"),
        )
        self.maybe = rx.text("there", id="maybe")

    def set_typed(self, value: str):
        self.typed = value

    def press(self):
        self.count += 1
        self.rows = [*self.rows, rx.text(f"row {self.count}", class_name="row")]

    def other(self):
        self.is_other = not self.is_other

    def clear(self):
        self.maybe = None
        self.rows = []


def held_page() -> rx.Component:
    return rx.vstack(
        rx.button("show", id="show", on_click=HeldState.show),
        rx.button("other", id="other", on_click=HeldState.other),
        rx.button("clear", id="clear", on_click=HeldState.clear),
        rx.box(HeldState.shown, id="shown"),
        rx.box(HeldState.maybe, id="optional"),
        HeldState.computed,
        rx.box(rx.foreach(HeldState.rows, lambda row: rx.box(row)), id="rows"),
        rx.box(HeldState.rows, id="list"),
        rx.box(rx.cond(HeldState.is_other, HeldState.computed, HeldState.shown), id="either"),
        rx.box(rx.cond(HeldState.is_other, HeldState.computed, rx.fragment()), id="only"),
        rx.text(HeldState.typed, id="typed"),
    )
