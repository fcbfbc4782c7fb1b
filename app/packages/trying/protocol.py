"""What the server and the processes of a dry run say to each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from app.packages.limits import DryRunLimits

FAULT = 70
"""Exit status of a trial that failed by a fault of Graft, not of the package."""

TOLD = 71
"""Exit status of a trial that sent its result. Where none came, the package is in the way."""

SILENCED = 72
"""Exit status of a trial that could not send its result after it had loaded the package."""


@dataclass(frozen=True)
class Order:
    """What to load.

    Attributes:
        folder: the app's folder.
        scratch: a folder to write in.
        taken_urls: the urls of other apps (url -> id).
        settings: values to check against the app's settings model; None to check none.
    """

    folder: str
    scratch: str
    taken_urls: Mapping[str, str]
    limits: DryRunLimits
    settings: Mapping[str, Any] | None = field(default=None, repr=False)

    def as_json(self) -> bytes:
        """The order as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> Order:
        """Read what `as_json` wrote."""
        values = json.loads(line)
        return cls(**{**values, "limits": DryRunLimits(**values["limits"])})


@dataclass
class Outcome:
    """What happened in a trial, told without judging it.

    Attributes:
        end: "result", "exit" (by itself, without a result), "time", "output" or "result size".
        status: as `os.waitpid` gives it; without meaning when the warden ended the process.
        result: what `trial` sent last, None when it did not come to it.
        notes: what the observer noted.
        layers: what confined it.
        forged: whether something else was written to the pipe of the result.
        output: the beginning of what it printed.
        trace: where its threads were when it ran out of time, or crashed.
        seconds, cpu_seconds, peak_bytes: what it used.
        left_over: number of processes that it had left behind.
    """

    end: str = "exit"
    status: int = 0
    result: dict[str, Any] | None = None
    notes: list[dict[str, Any]] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    forged: bool = False
    output: str = ""
    trace: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    left_over: int = 0
