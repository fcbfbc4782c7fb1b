"""Every way into an app: an event, an upload, a download, a file of its own."""

import reflex as rx

from app.sdk import DynamicApp


class DeskState(rx.State):
    count: int = 0
    taken: list[str] = []

    @rx.event
    def increment(self):
        self.count += 1

    @rx.event
    async def take(self, files: list[rx.UploadFile]):
        self.taken += [f"{file.filename} {len(await file.read())}" for file in files]

    @rx.event
    def export(self):
        return rx.download(data=f"count {self.count}", filename="count.txt")


def index() -> rx.Component:
    return rx.vstack(
        rx.heading("Desk one", id="title"),
        rx.text(DeskState.count, id="count"),
        rx.button("+", id="plus", on_click=DeskState.increment),
        rx.button("export", id="export", on_click=DeskState.export),
        rx.upload(
            rx.text("papers"), id="papers", on_drop=DeskState.take(rx.upload_files("papers"))
        ),
        rx.text(DeskState.taken.join(", "), id="taken"),
        rx.el.a(
            "prices",
            id="prices",
            href=AppEntry.asset("prices.txt"),
            download="",
            reload_document=True,
        ),
    )


class AppEntry(DynamicApp):
    name = "Desk"
    pages = {"/": index}
