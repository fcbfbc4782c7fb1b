"""Telling a browser tab what its page shows from now on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.bridge.sockets.delivery import send_whole
from app.bridge.sockets.outbox import Outbox
from app.bridge.states.route_params import page_delta
from app.bridge.types import BaseState
from app.cell.attach import current_values, mark_unstored
from app.node.cells.versions import VersionInCell
from app.node.events.scopes import Scopes
from app.node.observe.observed import Observed
from app.node.pages.messages import Message, as_delta
from app.node.pages.problem_view import ProblemView
from app.node.sessions.sessions import Session


class Presenter:
    """Sends pages to browser tabs.

    Args:
        outbox: ways to the sessions.
        scopes: in which code of apps runs.
        observed: told of errors.
        view: shows developers what keeps a part of a page from being shown.
    """

    def __init__(
        self, outbox: Outbox, scopes: Scopes, observed: Observed, view: ProblemView
    ) -> None:
        self._outbox = outbox
        self._scopes = scopes
        self._observed = observed
        self._view = view

    async def present(self, session: Session, root: BaseState, message: Message) -> None:
        """Send what a session's page shows from now on; the session's state lock is held.

        A value that cannot be sent does not keep the page from being shown (see `send_whole`).
        """
        version = session.attached.get(message["app"]) if message["type"] == "show" else None
        if message["type"] != "show" or version is None:
            await self._outbox.send(session.token, as_delta(message))
            return

        async def send() -> None:
            await self._outbox.send(session.token, as_delta(message))

        if isinstance(version, VersionInCell):
            # It was text already; what came meanwhile comes after it.
            await send()
            for text in session.held.pop(version.info.id, ()):
                self._outbox.send_text(session.token, text)
            return

        async def again() -> Mapping[str, Mapping[str, Any]]:
            with self._scopes.running(session, version):
                return {**page_delta(root), **await current_values(session, root, version, [])}

        error = await send_whole(message["states"], root, send, again)
        if error is not None:
            await self._view.tell_error(session, self._observed.failed(version, "opening", error))
        mark_unstored(session, root, version)
