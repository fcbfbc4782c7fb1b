"""Initech / Operations: a plant, live."""

from app.sdk import DynamicApp, Page

from .board_page import board_page
from .feed import FeedState
from .machine_page import machine_page


class AppEntry(DynamicApp):
    """The app."""

    name = "Initech / Operations"
    version = "1.0.0"
    url = "initech-operations"
    description = "Output, temperature and incidents of the plant, as they happen"
    icon = "factory"
    capabilities = ("broadcast", "documents:read", "documents:write")
    pages = {
        "/": Page(board_page, title="Operations", on_load=FeedState.open_board),
        "/machines/[machine_id]": Page(
            machine_page, title="Machine", on_load=FeedState.open_machine
        ),
    }
