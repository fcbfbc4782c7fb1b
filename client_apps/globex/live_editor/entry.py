"""Globex / Live editor: several people write one site report at the same time."""

from app.sdk import DynamicApp, Page

from .editor_page import editor_page
from .list_page import list_page
from .list_state import ListState
from .state import EditorState


class AppEntry(DynamicApp):
    """The app."""

    name = "Globex / Live editor"
    version = "1.0.0"
    url = "globex-live-editor"
    description = "Write site reports together, and see each other do it"
    icon = "file-pen-line"
    capabilities = ("broadcast", "documents:read", "documents:write")
    pages = {
        "/": Page(list_page, title="Site reports", on_load=ListState.open),
        "/documents/[document_id]": Page(
            editor_page, title="Site report", on_load=EditorState.open
        ),
    }
