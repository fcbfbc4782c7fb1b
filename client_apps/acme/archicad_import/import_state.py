"""The import that runs in one browser tab: receiving the file, reading it, cancelling."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import reflex as rx

from app.core import files
from app.core.errors import CoreError
from app.sdk import ClientApp, log

from . import imports
from .format import megabytes
from .reading import Progress
from .sample import sample_of_size, sample_schedule
from .schedule import ScheduleError

UPLOAD_ID = "zone_schedule"
SMALL_SAMPLE_ROOMS = 500
LARGE_SAMPLE_BYTES = 50_000_000
LARGE_SAMPLE_NAME = "harbour-house-50-MB.xml"
# How much is received between two looks at whether the user still wants it.
_LOOK_BYTES = 1024 * 1024


class Superseded(Exception):
    """The user cancelled this import, or started another one."""


class ImportState(rx.State):
    """What the start page shows of the import that runs, if one does."""

    phase: str = "idle"  # idle | receiving | reading | failed
    file_name: str = ""
    done: int = 0
    total: int = 0
    rooms: int = 0
    problem: str = ""
    advice: str = ""
    making_sample: bool = False
    # Counts the imports of this tab: work that finds another number than its own stops.
    _run: int = 0

    @rx.var
    def percent(self) -> int:
        """How much of the present step is done, 0 to 100."""
        return min(100, self.done * 100 // self.total) if self.total else 0

    @rx.var
    def progress_text(self) -> str:
        """The present step in words."""
        if self.phase == "receiving":
            known = f" of {megabytes(self.total)}" if self.total else ""
            return f"Uploading: {megabytes(self.done)}{known}"
        if self.phase == "reading":
            size = f"{megabytes(self.done)} of {megabytes(self.total)}"
            return f"Reading: {size}, {self.rooms:,} rooms found"
        return ""

    @rx.event(background=True)
    async def receive(self, chunks: rx.UploadChunkIterator) -> rx.event.EventSpec | None:
        """Store the file that arrives, read it, and open what came out."""
        first = await anext(chunks, None)
        if first is None:  # The browser refused what was dropped, and said so.
            return None
        async with self:
            self._begin(first.filename)
            run = self._run
        try:
            xml = await files.save(
                first.filename, self._arriving(first, chunks, run), imports.XML_TYPE
            )
            return await self._read(xml, run)
        except (Superseded, asyncio.CancelledError) as end:
            await self._end(run)
            if isinstance(end, asyncio.CancelledError):
                raise
        except ScheduleError as error:
            line = f" Look at line {error.line:,}." if error.line else ""
            await self._end(run, error.title, f"{error.advice}{line}")
        except files.TooLarge as error:
            await self._end(
                run, "This file is too large", f"At most {megabytes(error.limit)} are accepted."
            )
        except CoreError as error:
            await self._end(run, "The import could not be stored", str(error))
        except Exception:
            await self._end(run, "The import failed", "This is our mistake. Please try again.")
            raise
        return None

    @rx.event
    def uploaded(self, progress: dict[str, float]) -> None:
        """The browser tells how much it has sent."""
        if self.phase == "receiving":
            self.done, self.total = int(progress["loaded"]), int(progress["total"])

    @rx.event
    def cancel(self) -> rx.event.EventSpec | None:
        """Stop the import; nothing of it is kept."""
        sending = self.phase == "receiving"
        self._run += 1
        self.phase = "idle"
        return rx.cancel_upload(UPLOAD_ID) if sending else None

    @rx.event
    def dismiss(self) -> None:
        """Put the last failure away."""
        self.phase = "idle"

    @rx.event
    async def download_sample(self) -> rx.event.EventSpec:
        """Hand out a small valid schedule."""
        sample = await asyncio.to_thread(lambda: b"".join(sample_schedule(SMALL_SAMPLE_ROOMS)))
        return rx.download(data=sample, filename="harbour-house.xml")

    @rx.event(background=True)
    async def download_large_sample(self) -> rx.event.EventSpec | None:
        """Hand out a schedule of 50 MB, made the first time that somebody wants it."""
        async with self:
            if self.making_sample:
                return None
            self.making_sample = True
        try:
            stored = await files.list(limit=1_000)
            found = [info for info in stored if info.name == LARGE_SAMPLE_NAME]
            made = found[0] if found else await files.save(LARGE_SAMPLE_NAME, _large_sample())
            return rx.download(url=made.url, filename=LARGE_SAMPLE_NAME)
        except CoreError as error:
            return rx.toast.error(str(error))
        finally:
            async with self:
                self.making_sample = False

    def _begin(self, file_name: str) -> None:
        self._run += 1
        self.phase = "receiving"
        self.file_name = file_name
        self.done = self.total = self.rooms = 0
        self.problem = self.advice = ""

    async def _arriving(
        self, first: rx.UploadChunk, chunks: rx.UploadChunkIterator, run: int
    ) -> AsyncIterator[bytes]:
        """Yield the bytes of the one file, while the user wants it."""
        yield first.data
        size = looked = len(first.data)
        async for chunk in chunks:
            if chunk.filename != first.filename:
                raise ScheduleError("Choose one file at a time.")
            size += len(chunk.data)
            if size > imports.MAX_UPLOAD:
                raise files.TooLarge("the file", size=size, limit=imports.MAX_UPLOAD)
            if size - looked >= _LOOK_BYTES:
                looked = size
                await self._still_wanted(run)
            yield chunk.data

    async def _still_wanted(self, run: int) -> None:
        async with self:
            if self._run != run:
                raise Superseded

    async def _read(self, xml: files.FileInfo, run: int) -> rx.event.EventSpec | None:
        """Read the stored file; when that fails, it goes again."""
        try:
            async with self:
                if self._run != run:
                    raise Superseded
                self.phase, self.done, self.total = "reading", 0, xml.size

            async def show(progress: Progress) -> None:
                async with self:
                    if self._run != run:
                        raise Superseded
                    self.done, self.rooms = progress.bytes_read, progress.rooms

            document = await imports.run_import(xml, show)
        except BaseException:
            with contextlib.suppress(files.NotFound):
                await files.delete(xml.id)
            raise
        log.info("schedule_imported", document=document.id, bytes=xml.size)
        async with self:
            if self._run == run:
                self.phase = "idle"
            waiting = self.router.url.path.rstrip("/") == ClientApp.link("/")
        if waiting:
            return rx.redirect(ClientApp.link(f"/imports/{document.id}"))
        return rx.toast.success(f"{document.title} is imported.")

    async def _end(self, run: int, problem: str = "", advice: str = "") -> None:
        async with self:
            if self._run == run:
                self.phase = "failed" if problem else "idle"
                self.problem, self.advice = problem, advice


async def _large_sample() -> AsyncIterator[bytes]:
    pieces: Iterator[bytes] = sample_of_size(LARGE_SAMPLE_BYTES)
    while piece := await asyncio.to_thread(next, pieces, b""):
        yield piece
