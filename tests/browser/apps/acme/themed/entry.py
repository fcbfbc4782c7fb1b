"""An app with a theme of its own, which begins dark."""

import reflex as rx
from reflex_base.style import color_mode, resolved_color_mode, set_color_mode

from app.sdk import DynamicApp


def index() -> rx.Component:
    return rx.vstack(
        rx.text(color_mode, id="chosen", class_name="big"),
        rx.text(resolved_color_mode, id="shown"),
        rx.color_mode_cond(rx.text("light", id="cond"), rx.text("dark", id="cond")),
        rx.button("A button", id="accent"),
        rx.dialog.root(
            rx.dialog.trigger(rx.button("Open", id="open")),
            rx.dialog.content(
                rx.dialog.title("A dialog"),
                rx.dialog.description("It is in the app's colours, too."),
                rx.button("In it", id="within"),
            ),
        ),
        *(
            rx.button(mode, on_click=set_color_mode(mode), id=mode)
            for mode in ("light", "dark", "system")
        ),
    )


class AppEntry(DynamicApp):
    name = "Themed"
    theme = rx.theme(accent_color="tomato", radius="full", appearance="dark")
    style = {"font_family": "monospace", ".big": {"font_size": "31px"}}
    pages = {"/": index}
