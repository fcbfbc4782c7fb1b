"""Reading a whole file off the event loop."""

import asyncio
import hashlib
import threading

import pytest

from client_apps.acme.archicad_import import reading
from client_apps.acme.archicad_import.parser import ScheduleParser
from client_apps.acme.archicad_import.reading import PIECE, Reader, read_schedule
from client_apps.acme.archicad_import.sample import sample_schedule
from client_apps.acme.archicad_import.schedule import MalformedXml
from client_apps.acme.archicad_import.table import Query, read_page, rows_of

SAMPLE = b"".join(sample_schedule(900))


async def chunks(data: bytes, size: int = 10_000):
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def ignore(_progress) -> None:
    return None


async def test_lines_table_and_totals_tell_of_the_same_rooms(tmp_path):
    outcome = await read_schedule(chunks(SAMPLE), tmp_path, ignore)

    lines = outcome.rows.read_bytes()
    rows = list(rows_of(lines.splitlines()))
    assert len(rows) == outcome.checked.total.zones == 900
    assert read_page(outcome.table, Query(size=1)).rows[0]["number"] == rows[0][0]
    assert read_page(outcome.table, Query()).found == 900
    assert hashlib.sha256(lines).hexdigest() == outcome.rows_sha256


async def test_progress_grows_to_the_whole_file(tmp_path):
    told = []

    async def note(progress) -> None:
        told.append(progress)

    await read_schedule(chunks(SAMPLE), tmp_path, note, report_seconds=0)
    sizes = [progress.bytes_read for progress in told]
    assert sizes == sorted(sizes)
    assert len(sizes) > 10
    assert (told[-1].bytes_read, told[-1].rooms) == (len(SAMPLE), 900)


class Watched(Reader):
    """A reader whose every step waits until the event loop has gone round three times."""

    beats = 0
    beaten = threading.Condition()

    def feed(self, data):
        self.wait_for_the_loop()
        return super().feed(data)

    def finish(self):
        self.wait_for_the_loop()
        return super().finish()

    @classmethod
    def wait_for_the_loop(cls) -> None:
        with cls.beaten:
            wanted = cls.beats + 3
            if not cls.beaten.wait_for(lambda: cls.beats >= wanted, timeout=10):
                raise AssertionError("the event loop stood still while a file was being read")


async def test_the_event_loop_goes_on_while_a_file_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "Reader", Watched)

    async def beat() -> None:
        while True:
            with Watched.beaten:
                Watched.beats += 1
                Watched.beaten.notify_all()
            await asyncio.sleep(0)

    beating = asyncio.create_task(beat())
    try:
        outcome = await read_schedule(chunks(SAMPLE, 50_000), tmp_path, ignore)
    finally:
        beating.cancel()
    assert outcome.checked.total.zones == 900


def test_a_large_chunk_is_parsed_in_pieces_between_which_others_get_a_turn(tmp_path, monkeypatch):
    fed = []

    class Parser(ScheduleParser):
        def feed(self, data):
            fed.append(len(data))
            return super().feed(data)

    monkeypatch.setattr(reading, "ScheduleParser", Parser)
    reader = Reader(tmp_path)
    reader.feed(SAMPLE)
    reader.finish()
    assert max(fed) <= PIECE
    assert len(fed) > 1


async def test_a_file_that_cannot_be_read_ends_with_the_error_and_lets_go(tmp_path):
    with pytest.raises(MalformedXml):
        await read_schedule(chunks(SAMPLE[:-20]), tmp_path, ignore)


async def test_what_progress_raises_ends_the_reading(tmp_path):
    class Enough(Exception):
        pass

    read = []

    async def counted():
        async for chunk in chunks(SAMPLE):
            read.append(chunk)
            yield chunk

    async def refuse(_progress) -> None:
        raise Enough

    with pytest.raises(Enough):
        await read_schedule(counted(), tmp_path, refuse, report_seconds=0)
    assert len(read) == 1


async def test_a_cancelled_reading_waits_for_its_thread(tmp_path, monkeypatch):
    entered, leave = threading.Event(), threading.Event()
    closed_while_busy = []

    class Slow(Reader):
        busy = False

        def feed(self, data):
            self.busy = True
            entered.set()
            leave.wait(10)
            self.busy = False
            return super().feed(data)

        def close(self):
            closed_while_busy.append(self.busy)
            super().close()

    monkeypatch.setattr(reading, "Reader", Slow)
    task = asyncio.create_task(read_schedule(chunks(SAMPLE), tmp_path, ignore))
    await asyncio.to_thread(entered.wait, 10)
    task.cancel()
    leave.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed_while_busy == [False]
