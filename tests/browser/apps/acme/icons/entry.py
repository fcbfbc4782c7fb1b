"""Every Lucide icon."""

import reflex as rx
from reflex_components_lucide.icon import LUCIDE_ICON_LIST

from app.sdk import DynamicApp


def index() -> rx.Component:
    return rx.flex(
        *[rx.icon(name, class_name="one-of-all") for name in LUCIDE_ICON_LIST],
        rx.text(len(LUCIDE_ICON_LIST), id="number"),
        wrap="wrap",
    )


class AppEntry(DynamicApp):
    name = "Icons"
    pages = {"/": index}
