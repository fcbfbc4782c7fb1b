"""Uploads."""

import hashlib

import reflex as rx


class FileState(rx.State):
    names: list[str] = []
    progress: int = 0
    digest: str = ""
    received: int = 0

    @rx.event
    async def take(self, files: list[rx.UploadFile]):
        for file in files:
            content = await file.read()
            self.names.append(f"{file.filename} {len(content)}")
            self.digest = hashlib.sha256(content).hexdigest()[:8]

    @rx.event
    def show_progress(self, progress: dict):
        self.progress = round(progress["progress"] * 100)

    @rx.event(background=True)
    async def take_chunks(self, chunks: rx.UploadChunkIterator):
        digest = hashlib.sha256()
        name = ""
        async for chunk in chunks:
            name = chunk.filename
            digest.update(chunk.data)
            async with self:
                self.received += len(chunk.data)
        async with self:
            self.digest = digest.hexdigest()[:8]
            self.names.append(name)

    @rx.event
    async def dropped(self, files: list[rx.UploadFile]):
        self.names.append("dropped " + ",".join(file.filename or "" for file in files))


def files_page() -> rx.Component:
    return rx.vstack(
        rx.upload.root(rx.text("drop here"), id="buffered"),
        rx.foreach(
            rx.selected_files("buffered"), lambda name: rx.text(name, class_name="selected")
        ),
        rx.button(
            "upload",
            id="upload",
            on_click=FileState.take(
                rx.upload_files(upload_id="buffered", on_upload_progress=FileState.show_progress)
            ),
        ),
        rx.button("forget", id="forget", on_click=rx.clear_selected_files("buffered")),
        rx.upload(rx.text("in chunks"), id="chunked", max_files=1),
        rx.button(
            "upload in chunks",
            id="upload-chunks",
            on_click=FileState.take_chunks(
                rx.upload_files_chunk(
                    upload_id="chunked", on_upload_progress=FileState.show_progress
                )
            ),
        ),
        rx.upload(
            rx.text("at once"), id="direct", on_drop=FileState.dropped(rx.upload_files("direct"))
        ),
        rx.text(FileState.names.join(", "), id="names"),
        rx.text(FileState.progress, id="progress"),
        rx.text(FileState.received, id="received"),
        rx.text(FileState.digest, id="digest"),
    )
