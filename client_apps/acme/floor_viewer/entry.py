"""Acme / Floor viewer: the floor plans of a building, as a finished single page app."""

from app.sdk import StaticApp


class AppEntry(StaticApp):
    """The app; everything that matters is in `dist/`."""

    name = "Acme / Floor viewer"
    version = "1.0.0"
    url = "acme-floor-viewer"
    description = "Look around a building, storey by storey and room by room"
    icon = "map"
    root = "dist"
