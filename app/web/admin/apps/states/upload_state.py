"""Uploading a package: what arrives, the steps that it goes through, and what became of it."""

import asyncio
from collections.abc import AsyncIterator

import reflex as rx

from app.core.apps import State
from app.kernel.errors import ConfirmationNeeded, CoreError, sentence
from app.packages.intake import Progress
from app.packages.trying.dry_run import DryRunFailed
from app.platform.permissions import Action, Requester, may
from app.platform.uploads import Uploaded
from app.source.problems import AppError
from app.web.admin.apps.states.apps_state import AdminState
from app.web.admin.apps.states.findings import Finding, FindingGroup, finding, grouped
from app.web.admin.confirm_state import ConfirmState
from app.web.admin.rows import waits_for
from app.web.administration import administration, requester

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
    _connection: str = ""

    @rx.event(background=True)
    async def receive(self, chunks: rx.UploadChunkIterator):
        """Take in a package that is dropped or chosen."""
        first = await anext(chunks, None)
        if first is None:  # the browser refused what was dropped, and said so
            return None
        async with self:
            self._put_away()
            self.phase, self.file_name = "running", str(first.filename)[:200]
        try:
            who = await self._requester()
            uploaded = await self._take_in(who, first, chunks)
        except AppError as error:
            async with self:
                self._end("refused", f"{self.file_name} is refused")
                self.findings = grouped(error.problems[:_FINDINGS])
                count = len(error.problems)
                self.problem = (
                    "1 problem was found." if count == 1 else f"{count} problems were found."
                )
            return None
        except (CoreError, DryRunFailed) as error:
            async with self:
                self._end("refused", f"{self.file_name} is refused")
                self.problem = sentence(str(error))
            return None
        except asyncio.CancelledError:  # Reflex cancels this when the browser goes away
            async with self:
                self._end("refused", f"{self.file_name} did not arrive")
                self.problem = "The upload was cancelled, or the connection was lost."
            raise
        except BaseException:
            async with self:
                self._end("refused", f"{self.file_name} could not be taken in")
                self.problem = "The server failed. Try again."
            raise
        async with self:
            self._accept(who, uploaded)
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
            self._put_away()

    @rx.event
    async def look_again(self):
        """Something was done with an app: tell whether what was uploaded is served now."""
        if self.phase != "accepted":
            return
        try:
            who = await requester(Action.SEE, self.app_id)
            app = await administration().platform.app(who, self.app_id)
        except CoreError:
            self._put_away()
            return
        self.revision, self.is_served = app.revision, str(app.current) == self.number

    @rx.event
    def arrive(self):
        """Somebody comes to the page, or their browser is connected again.

        What was uploaded is told once, and not again to who comes back later. But whose connection
        broke meanwhile has not seen it.
        """
        connection = self.router.session.session_id
        if self._connection == connection and self.phase != "running":
            self._put_away()
        self._connection = connection

    async def _requester(self) -> Requester:
        """Return who uploads; the package waits in the browser until they have confirmed."""
        who = await requester(Action.UPLOAD)
        if who.confirmed:
            return who
        async with self:
            answer = (await self.get_state(ConfirmState))._ask()
        if not await answer:
            raise ConfirmationNeeded
        return await requester(Action.UPLOAD)

    async def _take_in(
        self, who: Requester, first: rx.UploadChunk, chunks: rx.UploadChunkIterator
    ) -> Uploaded:
        """Hand the bytes to the platform; this task alone writes the state, step by step."""
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

    def _put_away(self) -> None:
        connection = self._connection
        self.reset()
        self._connection = connection

    def _end(self, phase: str, outcome: str) -> None:
        self.phase, self.outcome = phase, outcome

    def _accept(self, who: Requester, uploaded: Uploaded) -> None:
        app, version = uploaded.app, uploaded.version
        self._end("accepted", _outcome(uploaded))
        self.app_id, self.app_name = app.id, app.name
        self.number, self.revision = str(version.number), app.revision
        self.is_served = app.current == version.number
        self.warnings = [finding(problem) for problem in uploaded.warnings[:_FINDINGS]]
        self.waits = waits_for(version, app)
        ready = version.state is State.READY
        self.may_promote = ready and may(who, Action.ACTIVATE, app.visible_to)


async def _bytes(first: rx.UploadChunk, chunks: rx.UploadChunkIterator) -> AsyncIterator[bytes]:
    yield first.data
    async for chunk in chunks:
        if chunk.filename == first.filename:
            yield chunk.data


def _outcome(uploaded: Uploaded) -> str:
    version = uploaded.version
    if uploaded.new:
        return f"Version {version.number} of {uploaded.app.name} passed every check."
    return f"This package is already version {version.number}; nothing was added."
