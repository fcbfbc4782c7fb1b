"""What was loaded when the server ended is tried apart before it is loaded again."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.node.releases.caution import Caution
from app.source.app_source import AppSource, read_source
from app.source.problems import AppError, NotNow, Problem
from tests.unit.conftest import WriteApp

DEATH = Problem("acme/counter", "load", "entry.py", 7, "Loading it ends the process", "Do not.")


class Trial:
    """A confined process that ends as it is told."""

    def __init__(self, *ends: Sequence[Problem] | Exception) -> None:
        self.ends = list(ends)
        self.tried: list[Path] = []

    async def __call__(self, folder: Path) -> Sequence[Problem]:
        self.tried.append(folder)
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end


@pytest.fixture
def source(write_app: WriteApp) -> AppSource:
    return read_source(write_app())


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "loading"


def kept(notes: Path) -> list[Path]:
    return list(notes.iterdir())


def die(notes: Path, source: AppSource) -> None:
    """End a process while it loads a version, as `os._exit` in the version would."""

    def load() -> None:
        with Caution(notes).noted(source):
            os._exit(3)

    process = multiprocessing.get_context("fork").Process(target=load)
    process.start()
    process.join()
    assert process.exitcode == 3


async def test_a_version_that_ended_nothing_is_not_tried(notes: Path, source: AppSource) -> None:
    with Caution(notes).noted(source):
        pass
    trial = Trial()

    await Caution(notes, trial).before(source)

    assert trial.tried == []
    assert kept(notes) == []


async def test_a_load_that_fails_ends_nothing(notes: Path, source: AppSource) -> None:
    with pytest.raises(ZeroDivisionError), Caution(notes).noted(source):
        raise ZeroDivisionError

    assert kept(notes) == []


async def test_what_ends_the_trial_too_is_refused_with_the_reason(
    notes: Path, source: AppSource
) -> None:
    die(notes, source)
    caution = Caution(notes, Trial([DEATH], [DEATH]))

    for _ in range(2):  # also when somebody tries again
        with pytest.raises(AppError) as refused:
            await caution.before(source)

        (problem,) = refused.value.problems
        assert not isinstance(refused.value, NotNow)
        assert (problem.place, problem.remedy) == ("entry.py:7", "Do not.")
        assert "Loading it ends the process" in problem.message


async def test_what_is_refused_is_still_known_at_the_next_start(
    notes: Path, source: AppSource
) -> None:
    die(notes, source)
    with pytest.raises(AppError):
        await Caution(notes, Trial([DEATH])).before(source)

    with pytest.raises(AppError):
        await Caution(notes, Trial([DEATH])).before(source)


async def test_what_lives_through_the_trial_is_loaded_and_forgotten(
    notes: Path, source: AppSource
) -> None:
    die(notes, source)
    trial = Trial([])
    caution = Caution(notes, trial)

    await caution.before(source)
    await caution.before(source)
    with caution.noted(source):
        pass
    await Caution(notes, Trial()).before(source)

    assert trial.tried == [source.root]


async def test_other_files_of_the_app_are_not_to_blame(
    notes: Path, source: AppSource, write_app: WriteApp
) -> None:
    die(notes, source)

    await Caution(notes, Trial()).before(read_source(write_app(files={"entry.py": "x = 1"})))


async def test_what_ends_the_server_only_is_left_alone_for_longer_each_time(
    notes: Path, source: AppSource
) -> None:
    die(notes, source)
    die(notes, source)
    (note,) = kept(notes)
    now = note.stat().st_mtime
    caution = Caution(notes, Trial([]), now=lambda: now)

    with pytest.raises(NotNow, match="ended 2 times"):
        await caution.before(source)
    now += 61
    await caution.before(source)

    die(notes, source)
    now = note.stat().st_mtime + 61
    with pytest.raises(NotNow, match="ended 3 times"):
        await Caution(notes, Trial([]), now=lambda: now).before(source)


async def test_what_cannot_be_tried_is_not_loaded_now(notes: Path, source: AppSource) -> None:
    die(notes, source)
    caution = Caution(notes, Trial(OSError("no processes"), []))

    with capture_logs(), pytest.raises(NotNow, match="no processes"):
        await caution.before(source)
    await caution.before(source)


async def test_a_server_that_stops_in_good_order_suspects_nobody(
    notes: Path, source: AppSource
) -> None:
    caution, loading, stop = Caution(notes), threading.Event(), threading.Event()

    def load() -> None:
        with caution.noted(source):
            loading.set()
            stop.wait()

    thread = threading.Thread(target=load)
    thread.start()
    loading.wait()
    caution.stopping()

    await Caution(notes, Trial()).before(source)
    stop.set()
    thread.join()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"deaths": 1}', '{"deaths": 0, "loading": false}']
)
async def test_half_a_note_is_none(notes: Path, source: AppSource, text: str) -> None:
    die(notes, source)
    (note,) = kept(notes)
    note.write_text(text)

    await Caution(notes, Trial()).before(source)

    assert kept(notes) == []


async def test_old_notes_are_forgotten(notes: Path, source: AppSource) -> None:
    die(notes, source)
    (note,) = kept(notes)
    later = note.stat().st_mtime + 31 * 24 * 3600

    await Caution(notes, Trial(), now=lambda: later).before(source)

    assert kept(notes) == []


def test_a_note_that_cannot_be_written_stops_no_load(notes: Path, source: AppSource) -> None:
    caution, loaded = Caution(notes), []
    notes.rmdir()
    with capture_logs() as lines, caution.noted(source):
        loaded.append(json.dumps("yes"))

    assert loaded
    assert "No such file" in lines[0]["why"]


async def test_without_a_folder_nothing_is_noted(source: AppSource) -> None:
    with Caution().noted(source):
        pass
    await Caution().before(source)


def test_a_note_can_be_read_by_whoever_runs_the_server_only(notes: Path, source: AppSource) -> None:
    with Caution(notes).noted(source):
        (note,) = kept(notes)
        assert note.stat().st_mode & 0o777 == 0o600
