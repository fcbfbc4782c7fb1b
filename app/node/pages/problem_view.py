"""What pages show of problems: all of it to developers, to other people that there are some."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from app.bridge.sockets.outbox import Outbox
from app.node.observe.error_lists import AppErrorEntry
from app.node.pages.messages import Notice, Problems, as_delta
from app.node.releases.catalog import AppRecord
from app.node.sessions.sessions import Session
from app.source.problems import Problem

Cause = Literal["save", "settings", "event"]


class ProblemView:
    """Describes problems for browsers, and tells them.

    Args:
        outbox: ways to the sessions.
        for_developers: whether whoever looks at pages may see tracebacks (development mode).
    """

    def __init__(self, outbox: Outbox, *, for_developers: bool) -> None:
        self._outbox = outbox
        self.for_developers = for_developers

    def visible(self, problems: Iterable[Problem]) -> list[dict[str, Any]]:
        """Return problems as a page gets them: people who are no developers get none."""
        return [problem.as_dict() for problem in problems] if self.for_developers else []

    def instead(self, record: AppRecord, path: str, problems: Iterable[Problem]) -> Notice:
        """Describe that an app cannot be shown at all."""
        return Notice(
            type="notice",
            kind="failed",
            title=f"{record.name} cannot be opened",
            text="There is no working version of it at the moment."
            + ("" if self.for_developers else " The people who run this server can see why."),
            problems=self.visible(problems),
            path=path,
        )

    def over(self, app_id: str, problems: Iterable[Problem], cause: Cause = "save") -> Problems:
        """Describe what is wrong with the newest source, with settings, or with an event.

        The page on screen goes on; the problems are shown over it.
        """
        return Problems(type="problems", app=app_id, cause=cause, problems=self.visible(problems))

    async def tell_newest(self, record: AppRecord, concerned: Iterable[Session]) -> None:
        """Tell sessions what is wrong with an app's newest source, or that nothing is."""
        problems = record.failure.problems if record.failure else ()
        message = as_delta(self.over(record.id, problems))
        for session in concerned:
            await self._outbox.send(session.token, message)

    async def tell_now(
        self, session: Session, app_id: str, problem: Problem, cause: Cause = "event"
    ) -> None:
        """Tell a developer who sees an app's page what just went wrong."""
        if self.for_developers:
            await self._outbox.send(session.token, as_delta(self.over(app_id, (problem,), cause)))

    async def tell_nothing_wrong(self, session: Session, app_id: str) -> None:
        """Tell a developer who sees an app's page that what was wrong is not any more."""
        if self.for_developers:
            await self._outbox.send(session.token, as_delta(self.over(app_id, (), "settings")))

    async def tell_error(self, session: Session, entry: AppErrorEntry) -> None:
        """Tell a developer who sees the app's page of an error of its code."""
        app_id = entry.problem.app
        if session.view is not None and session.view.app_id == app_id:
            await self.tell_now(session, app_id, entry.problem)
