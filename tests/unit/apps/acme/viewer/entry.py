"""A finished single page app."""

from app.sdk import StaticApp


class AppEntry(StaticApp):
    name = "Acme / Viewer"
    version = "1.0.0"
    url = "viewer"
    icon = "logo.svg"
