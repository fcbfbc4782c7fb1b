"""Telling a browser tab what its page shows from now on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from app.bridge.delivery import send_whole
from app.bridge.outbox import Outbox
from app.bridge.route_params import parameters_delta
from app.bridge.types import BaseState
from app.cell.attach import current_values
from app.cell.loading.version import LoadedVersion
from app.node.pages.messages import Message, as_delta
from app.node.sessions.sessions import Session


class Presenter:
    """Sends pages to browser tabs.

    Args:
        outbox: ways to the sessions.
        running: enters the scope of a session's use of a version.
        failed: told of an error of the app that keeps a part of it from being shown.
    """

    def __init__(
        self,
        outbox: Outbox,
        running: Callable[[Session, LoadedVersion], AbstractContextManager[None]],
        failed: Callable[[Session, LoadedVersion, Exception], Awaitable[None]],
    ) -> None:
        self._outbox = outbox
        self._running = running
        self._failed = failed

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

        async def again() -> Mapping[str, Mapping[str, Any]]:
            with self._running(session, version):
                return {**parameters_delta(root), **await current_values(session, root, version)}

        error = await send_whole(message["states"], root, send, again)
        if error is not None:
            await self._failed(session, version, error)
