import reflex as rx

from app.sdk import DynamicApp

from . import logic, looks


def index() -> rx.Component:
    return rx.heading("Views", id="title")


class AppEntry(DynamicApp):
    name = "Views"
    stylesheets = ("views.css",)
    style = {rx.code: {"color": "rgb(11, 12, 13)"}}
    pages = {
        "/": index,
        "/foreach": logic.foreach_page,
        "/cond": logic.cond_page,
        "/memo": logic.memo_page,
        "/typed": logic.typed_page,
        "/style": looks.style_page,
        "/mode": looks.mode_page,
        "/text": looks.text_page,
        "/icons": looks.icons_page,
    }
