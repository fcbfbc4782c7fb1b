import reflex as rx

from app.sdk import DynamicApp

from .data import charts_page, editor_page, tables_page
from .parts import parts_page, radix_page


def index() -> rx.Component:
    return rx.heading("Widgets", id="title")


class AppEntry(DynamicApp):
    name = "Widgets"
    pages = {
        "/": index,
        "/charts": charts_page,
        "/tables": tables_page,
        "/editor": editor_page,
        "/radix": radix_page,
        "/parts": parts_page,
    }
