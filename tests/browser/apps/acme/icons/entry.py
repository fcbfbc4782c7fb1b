"""Every Lucide icon."""

import reflex as rx
from reflex_components_lucide.icon import LUCIDE_ICON_LIST

from app.sdk import DynamicApp


class IconsState(rx.State):
    names: list[str] = []

    @rx.event
    def choose(self, names: str):
        self.names = names.split()


def index() -> rx.Component:
    return rx.flex(
        *[rx.icon(name, class_name="one-of-all") for name in LUCIDE_ICON_LIST],
        rx.text(len(LUCIDE_ICON_LIST), id="number"),
        rx.input(id="names", on_change=IconsState.choose),
        rx.foreach(IconsState.names, lambda name: rx.icon(name, class_name="of-a-name")),
        wrap="wrap",
    )


class AppEntry(DynamicApp):
    name = "Icons"
    pages = {"/": index}
