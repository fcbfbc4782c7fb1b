from app.sdk import StaticApp


class AppEntry(StaticApp):
    name = "Site"
    root = "dist"
