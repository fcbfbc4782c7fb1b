"""A counter beside a thread that computes, with the turns that Python's threads take."""

import sys
import threading
import time

import reflex as rx

from app.sdk import DynamicApp

TURNS = {"python": 0.005, "graft": sys.getswitchinterval()}


class Thread:
    """Computes until it is told to stop."""

    def __init__(self) -> None:
        self.rounds = 0
        self._goes_on = False
        self._thread: threading.Thread | None = None
        self._began = 0.0

    def begin(self) -> None:
        """Compute."""
        self.rounds, self._goes_on, self._began = 0, True, time.perf_counter()
        self._thread = threading.Thread(target=self._compute, daemon=True)
        self._thread.start()

    def end(self) -> float:
        """Stop; returns thousands of rounds per second."""
        self._goes_on = False
        if self._thread is not None:
            self._thread.join()
        return self.rounds / (time.perf_counter() - self._began) / 1000

    def _compute(self) -> None:
        while self._goes_on:
            self.rounds += 1


THREAD = Thread()


class BusyState(rx.State):
    """A number, and what the thread does."""

    count: int = 0
    thread: str = "idle"

    @rx.event
    def increment(self):
        """Count."""
        self.count += 1

    @rx.event
    def begin(self, turns: str):
        """Let the thread compute; `turns` says how long it keeps others waiting."""
        sys.setswitchinterval(TURNS[turns])
        THREAD.begin()
        self.thread = turns

    @rx.event
    def end(self):
        """Stop the thread and show how much it did."""
        self.thread = f"idle {THREAD.end():.3f}"
        sys.setswitchinterval(TURNS["graft"])


def index() -> rx.Component:
    """The page."""
    return rx.vstack(
        rx.text(BusyState.count, id="count"),
        rx.text(BusyState.thread, id="thread"),
        rx.button("Count", on_click=BusyState.increment, id="plus"),
        *[rx.button(turns, on_click=BusyState.begin(turns), id=turns) for turns in TURNS],
        rx.button("End", on_click=BusyState.end, id="end"),
    )


class AppEntry(DynamicApp):
    """A counter."""

    name = "Busy"
    version = "1.0.0"
    pages = {"/": index}
