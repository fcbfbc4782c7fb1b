"""The page of page.py, hot-loaded."""

from app.sdk import DynamicApp

from .page import index


class AppEntry(DynamicApp):
    """A counter."""

    name = "Clicks"
    version = "1.0.0"
    pages = {"/": index}
