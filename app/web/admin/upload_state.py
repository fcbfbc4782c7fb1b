"""Uploading a package: what arrives, the steps that it goes through, and what became of it."""

import asyncio
from collections.abc import AsyncIterator

import reflex as rx

from app.core.apps import State, Version
from app.core.errors import CoreError
from app.packages.dry_run import DryRunFailed
from app.packages.intake import Progress
from app.platform.permissions import Action, may
from app.platform.uploads import Uploaded
from app.runtime.problems import AppError
from app.web.admin.access import administration, requester, sentence
from app.web.admin.apps_state import AdminState
from app.web.admin.rows import Finding, FindingGroup, finding, grouped

UPLOAD_ID = "package"
STEPS = ("receive", "check", "dry run")
_STEP = {"receive": 0, "unpack": 1, "check": 1, "dry run": 2}
_FINDINGS = 100


class UploadState(rx.State):
    """The upload that runs in this tab, or ran last."""

    phase: str = "idle"  # idle | running | refused | accepted
    file_name: str = ""
    step: int = 0
    percent: int = 0
    problem: str = ""
    findings: list[FindingGroup] = []
    warnings: list[Finding] = []
    app_id: str = ""
    app_name: str = ""
    number: str = ""
    outcome: str = ""
    waits: str = ""
    is_served: bool = False
    may_promote: bool = False
    revision: int = 0

    @rx.event(background=True)
    async def receive(self, chunks: rx.UploadChunkIterator):
        """Take in a package that is dropped or chosen."""
        first = await anext(chunks, None)
        if first is None:  # the browser refused what was dropped, and said so
            return None
        async with self:
            self.reset()
            self.phase, self.file_name = "running", str(first.filename)[:200]
        try:
            uploaded = await self._take_in(first, chunks)
        except AppError as error:
            async with self:
                self.phase = "refused"
                self.findings = grouped(error.problems[:_FINDINGS])
                count = len(error.problems)
                self.problem = "1 thing is wrong." if count == 1 else f"{count} things are wrong."
            return None
        except (CoreError, DryRunFailed) as error:
            async with self:
                self.phase, self.problem = "refused", sentence(str(error))
            return None
        except BaseException:
            async with self:
                self.phase, self.problem = "refused", "The upload was interrupted. Try again."
            raise
        may_promote = await _may_promote(uploaded)
        async with self:
            self._accept(uploaded)
            self.may_promote = may_promote
        return AdminState.refresh

    @rx.event
    def sent(self, progress: dict[str, float]):
        """The browser tells how much it has sent."""
        total = float(progress.get("total") or 0)
        if total > 0:
            self.percent = max(0, min(100, int(float(progress.get("loaded") or 0) * 100 / total)))

    @rx.event
    def dismiss(self):
        """Put the last upload away."""
        if self.phase != "running":
            self.reset()

    async def _take_in(self, first: rx.UploadChunk, chunks: rx.UploadChunkIterator) -> Uploaded:
        """Hand the bytes to the platform; this task alone writes the state, step by step."""
        who = await requester(Action.UPLOAD)
        steps: asyncio.Queue[int | None] = asyncio.Queue()

        def note(progress: Progress) -> None:
            steps.put_nowait(_STEP[progress.step])

        taking = asyncio.create_task(
            administration().platform.upload(
                who, _bytes(first, chunks), file_name=self.file_name, progress=note
            )
        )
        taking.add_done_callback(lambda _: steps.put_nowait(None))
        try:
            shown = 0
            while (step := await steps.get()) is not None:
                if step != shown:
                    shown = step
                    async with self:
                        self.step = step
            return await taking
        finally:
            taking.cancel()

    def _accept(self, uploaded: Uploaded) -> None:
        app, version = uploaded.app, uploaded.version
        self.phase = "accepted"
        self.app_id, self.app_name = app.id, app.name
        self.number, self.revision = str(version.number), app.revision
        self.is_served = app.current == version.number
        self.warnings = [finding(problem) for problem in uploaded.warnings[:_FINDINGS]]
        self.outcome = _outcome(uploaded)
        self.waits = _waits(version, app.granted)


async def _bytes(first: rx.UploadChunk, chunks: rx.UploadChunkIterator) -> AsyncIterator[bytes]:
    yield first.data
    async for chunk in chunks:
        if chunk.filename == first.filename:
            yield chunk.data


def _outcome(uploaded: Uploaded) -> str:
    version = uploaded.version
    if uploaded.new:
        return f"Version {version.number} of {uploaded.app.name} passed every check."
    return f"This very package is version {version.number} already; nothing was added."


def _waits(version: Version, granted: frozenset[str]) -> str:
    if version.state is not State.WAITING:
        return ""
    return ", ".join(sorted(set(version.capabilities) - granted))


async def _may_promote(uploaded: Uploaded) -> bool:
    who = await requester(Action.SEE, uploaded.app.id)
    ready = uploaded.version.state is State.READY
    return ready and may(who, Action.ACTIVATE, uploaded.app.visible_to)
