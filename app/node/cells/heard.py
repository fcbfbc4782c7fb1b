"""What a server hears of a cell, and who listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from app.cell.serving import messages as say
from app.cell.serving.streams import Streams
from app.source.problems import Problem


@dataclass
class Running:
    """An event that a cell was handed and that has not ended.

    Attributes:
        tab, name: which.
        since: when it, or its tab, gave the last sign of life, by the loop's clock.
        is_background: whether it holds up nothing.
        is_cancelled: whether it was told to end.
        number: of the question that it is.
    """

    tab: str
    name: str
    since: float
    is_background: bool
    is_cancelled: bool = False
    number: int = 0


class Listener(Protocol):
    """Is told what a cell says by itself."""

    def journaled(self, tab: str, changes: bytes) -> None:
        """Values of a tab changed."""
        ...

    def updated(self, update: say.Update, text: bytes) -> None:
        """A tab's browser is to be sent something."""
        ...

    def ran(self, ran: say.Ran) -> None:
        """An event ended."""
        ...

    def too_long(self, running: Running) -> None:
        """An event is cancelled, since its tab waits for it without a sign of life."""
        ...

    def logged(self, line: say.Log) -> None:
        """Code of the app logs a line."""
        ...

    async def asked(self, call: say.Call, streams: Streams) -> Any:
        """Code of the app asks for something; return the answer.

        Raises whatever refuses it.
        """
        ...

    def ended(self, why: str) -> None:
        """The cell is gone."""
        ...


def problem_of(described: say.Described) -> Problem:
    """Return a problem that a cell describes."""
    return Problem(**described.model_dump())
