"""Telling a person or a program how far something is."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Reporter(Protocol):
    """Where a command writes what happens: results on stdout, problems on stderr."""

    def step(self, text: str, done: float | None) -> None:
        """Say what happens now; `done` is the share so far, 0 to 1, None when unknown."""

    def result(self, event: str, text: str, **values: object) -> None:
        """Say what came out."""

    def problem(self, text: str) -> None:
        """Say what went wrong and what to do."""


class JsonReporter:
    """One JSON object a line, for programs."""

    def step(self, text: str, done: float | None) -> None:
        """Write {"event": "step", …}."""
        self._write("step", text=text, done=done)

    def result(self, event: str, text: str, **values: object) -> None:
        """Write {"event": <event>, …}."""
        self._write(event, text=text, **values)

    def problem(self, text: str) -> None:
        """Write {"event": "error", …}."""
        self._write("error", text=text)

    def _write(self, event: str, **values: object) -> None:
        sys.stdout.write(json.dumps({"event": event, **values}) + "\n")
        sys.stdout.flush()


class PlainReporter:
    """One line for each step; for logs and pipes."""

    def step(self, text: str, done: float | None) -> None:
        """Write the step with its percentage."""
        share = "" if done is None else f" ({done:.0%})"
        self._write(f"{text}{share}")

    def result(self, event: str, text: str, **values: object) -> None:
        """Write the text."""
        self._write(text)

    def problem(self, text: str) -> None:
        """Write the text to standard error."""
        sys.stderr.write(f"error: {text}\n")
        sys.stderr.flush()

    def _write(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


class TerminalReporter(PlainReporter):
    """A bar for as long as there are steps."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=1.0, visible=False)

    def step(self, text: str, done: float | None) -> None:
        """Show the step beside the bar; take the bar away at the end."""
        self._progress.update(
            self._task, description=text, completed=done, visible=done is None or done < 1
        )

    def result(self, event: str, text: str, **values: object) -> None:
        """Take the bar away for good, and write the text."""
        # A bar that lives on is drawn ten times a second and breaks the lines of the log.
        self._progress.stop()
        super().result(event, text, **values)


@contextmanager
def reporter(*, as_json: bool) -> Iterator[Reporter]:
    """What fits the output: JSON lines when asked for, a bar on a terminal, else plain lines."""
    if as_json:
        yield JsonReporter()
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield PlainReporter()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield TerminalReporter(progress)
