"""Uploads, as Reflex's documentation has them."""

import reflex as rx

from app.sdk import DynamicApp


class AlbumState(rx.State):
    names: list[str] = []

    @rx.event
    async def handle_upload(self, files: list[rx.UploadFile]):
        for file in files:
            data = await file.read()
            path = rx.get_upload_dir() / file.name
            with path.open("wb") as f:
                f.write(data)
            self.names.append(file.name)

    @rx.event
    def look(self):
        self.names = sorted(path.name for path in rx.get_upload_dir().iterdir())

    @rx.event
    def lead_out(self):
        (rx.get_upload_dir() / "out").symlink_to("/etc")
        self.names = ["out"]


def index() -> rx.Component:
    return rx.el.main(
        rx.upload(rx.text("Pictures"), id="pictures"),
        rx.button(
            "upload", id="upload", on_click=AlbumState.handle_upload(rx.upload_files("pictures"))
        ),
        rx.button("look", id="look", on_click=AlbumState.look),
        rx.button("lead out", id="lead-out", on_click=AlbumState.lead_out),
        rx.foreach(
            AlbumState.names,
            lambda name: rx.image(src=rx.get_upload_url(name), alt=name, class_name="picture"),
        ),
        rx.el.a("the first", href=rx.get_upload_url("first.txt"), id="first"),
    )


class AppEntry(DynamicApp):
    name = "Album"
    pages = {"/": index}
