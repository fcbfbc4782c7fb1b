import reflex as rx

from app.sdk import DynamicApp, Page

from .computed import computed_page
from .events import events_page
from .life import Life, life_page
from .parts import parts_page


def index() -> rx.Component:
    return rx.heading("States", id="title")


class AppEntry(DynamicApp):
    name = "States"
    pages = {
        "/": index,
        "/parts": parts_page,
        "/computed": computed_page,
        "/computed/deeper": computed_page,
        "/events": events_page,
        "/life": Page(life_page, on_load=[Life.loaded, Life.loaded]),
    }
