"""Pages as people write them for Reflex, without `@rx.event`."""

import reflex as rx

from app.sdk import DynamicApp

from .boxes import boxes_page
from .held import held_page
from .leading import LEADING
from .plain import plain_page
from .steps import steps_page
from .titles import TITLED


def index() -> rx.Component:
    return rx.heading("Ordinary", id="title")


class AppEntry(DynamicApp):
    name = "Ordinary"
    pages = {
        "/": index,
        "/boxes": boxes_page,
        "/held": held_page,
        "/plain": plain_page,
        "/steps": steps_page,
        **LEADING,
        **TITLED,
    }
