"""Acme / ArchiCAD import: room-and-zone schedules become searchable tables and totals."""

from app.sdk import DynamicApp, Page

from .import_page import import_page
from .list_state import ListState
from .schedule_page import schedule_page
from .schedule_state import ScheduleState


class AppEntry(DynamicApp):
    """The app."""

    name = "Acme / Room schedules"
    version = "1.0.0"
    url = "acme-archicad-import"
    description = "Import zone schedules from ArchiCAD, check them, and find every room"
    icon = "building-2"
    capabilities = ("documents:read", "documents:write", "files:read", "files:write")
    pages = {
        "/": Page(import_page, title="Room schedules", on_load=ListState.open),
        "/imports/[document_id]": Page(
            schedule_page, title="Room schedule", on_load=ScheduleState.open
        ),
    }
