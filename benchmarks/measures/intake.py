"""Intake of a small package, by stage, and the process that makes dry runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

from app.frontend.libraries import is_available
from app.packages.checks import Server
from app.packages.intake import Progress, Step, intake
from app.packages.signing import TrustedKeys
from app.packages.trying.dry_run import DryRunner
from benchmarks.production import package_of
from benchmarks.result import Result, Row, row_of
from benchmarks.settings import Settings
from benchmarks.workspace import put_app

WARM_UP = 3
_STEPS: tuple[Step, ...] = ("receive", "unpack", "check", "dry run")


def measure(settings: Settings) -> Result:
    """Take the same package in again and again."""
    source = settings.work / "source"
    app_id = put_app(source, "counter")
    _, package = package_of(source / app_id)
    started, rounds, processor = asyncio.run(_rounds(settings, package))
    rows: list[Row] = []
    for place, step in enumerate(_STEPS):
        rows.append(row_of(step, [(r[place + 1] - r[place]) * 1000 for r in rounds]))
    total = [(r[-1] - r[0]) * 1000 for r in rounds]
    return Result(
        title="Intake of a small package",
        how="Inside one process, without HTTP, database and code store; a dry run is made in a"
        " confined process that is forked from one that has everything imported. That one is"
        f" started once. {WARM_UP} intakes of warm-up. For information.",
        rows=[
            *rows,
            row_of("all of it", total),
            row_of("processor time of the trial in the dry run", [1000 * p for p in processor]),
            Row("start of the process that trials are forked from", "ms", started * 1000),
        ],
    )


async def _rounds(
    settings: Settings, package: bytes
) -> tuple[float, list[list[float]], list[float]]:
    """Return seconds until the runner was ready, the moments of each intake, and the processor
    seconds of each trial."""
    workspace = settings.work / "intake"
    workspace.mkdir()
    # Only so that imports do not count as checks.
    is_available("react")
    server = Server(taken_urls={}, has_library=is_available, allow_unsigned=True)
    rounds: list[list[float]] = []
    processor: list[float] = []
    began = time.perf_counter()
    async with DryRunner() as runner:
        started = time.perf_counter() - began
        for turn in range(WARM_UP + settings.samples(60, 3)):
            moments, used = await _one(package, workspace, runner, server)
            if turn >= WARM_UP:
                rounds.append(moments)
                processor.append(used)
    return started, rounds, processor


async def _one(
    package: bytes, workspace: Path, runner: DryRunner, server: Server
) -> tuple[list[float], float]:
    moments = [time.perf_counter()]

    def note(progress: Progress) -> None:
        if progress.step != "receive":
            moments.append(time.perf_counter())

    accepted = await intake(
        _stream(package),
        workspace=workspace,
        runner=runner,
        trusted=TrustedKeys(()),
        server=server,
        progress=note,
    )
    moments.append(time.perf_counter())
    await accepted.discard()
    return moments, accepted.dry_run.cpu_seconds


async def _stream(package: bytes) -> AsyncIterator[bytes]:
    yield package
