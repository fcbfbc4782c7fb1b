"""Changes of `sys.modules` one after the other, and an event loop that waits for none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.cell.loading.import_lock import ImportBlocked, ImportLock

PATIENCE = 20  # seconds; only a failing test waits that long


@contextmanager
def loading(lock: ImportLock) -> Iterator[threading.Thread]:
    """Let a load go on inside the `with` statement."""
    began, end = threading.Event(), threading.Event()

    def load() -> None:
        with lock.held(for_load=True):
            began.set()
            end.wait(PATIENCE)

    thread = threading.Thread(target=load)
    thread.start()
    began.wait(PATIENCE)
    try:
        yield thread
    finally:
        end.set()
        thread.join()


def test_changes_are_made_at_once_while_nothing_is_loaded() -> None:
    lock, made = ImportLock(), list[int]()
    lock.soon(lambda: made.append(1))
    assert made == [1]


def test_changes_do_not_wait_for_a_load_and_are_made_in_order_when_it_ends() -> None:
    lock, made = ImportLock(), list[int]()
    with loading(lock) as load:
        lock.soon(lambda: made.append(1))
        lock.soon(lambda: made.append(2))
        assert load.is_alive()
        assert made == []
    assert made == [1, 2]


def test_changes_wait_for_the_outermost_of_what_one_thread_imports() -> None:
    lock, made = ImportLock(), list[int]()
    with lock.held(for_load=True):
        with lock.held(for_load=False):
            lock.soon(lambda: made.append(1))
        assert made == []
    assert made == [1]


def test_an_event_that_imports_is_refused_while_a_load_does_not_end() -> None:
    lock = ImportLock(late=0)
    with loading(lock) as load:
        with pytest.raises(ImportBlocked, match="is being loaded"), lock.held(for_load=False):
            pass
        assert load.is_alive()
    with lock.held(for_load=False):
        pass


def test_only_the_first_event_waits_for_a_load_that_does_not_end() -> None:
    lock = ImportLock(late=0.01)
    with loading(lock) as load:
        for late in (0.01, PATIENCE * 2):
            lock._late = late
            with pytest.raises(ImportBlocked), lock.held(for_load=False):
                pass
        assert load.is_alive()
    lock._late = PATIENCE
    with lock.held(for_load=False):
        pass
