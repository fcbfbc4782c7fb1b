"""The dialog that asks for the password before something is changed, and then goes on with it."""

from __future__ import annotations

import asyncio
from typing import Any

import reflex as rx

from app.bridge.sockets.events import current_token, event_of
from app.core.accounts import Client
from app.kernel.errors import CoreError, sentence
from app.node.engine import running_host
from app.web.administration import administered, administration


class ConfirmState(rx.State):
    """What waits for a confirmation; it is kept here while the dialog is open.

    The confirmation is the socket's (`Session.confirmation`): other pages of the browser, those of
    apps among them, have sockets of their own.
    """

    is_open: bool = False
    trouble: str = ""
    tries: int = 0
    _waiting: tuple[str, dict[str, Any]] | None = None

    @rx.event
    async def confirm(self, form: dict[str, Any]):
        """Look at the password, and go on with what waits."""
        session = running_host().sessions.get(current_token())
        acted_on = administered()
        if session is None or acted_on is None:
            return None
        password = str(form.get("password", ""))
        try:
            made = await acted_on.confirmations.begin(
                session.actor, password, Client(session.client_address)
            )
        except CoreError as error:
            # Counted, so that the field is made anew, empty.
            self.trouble, self.tries = sentence(str(error)), self.tries + 1
            return None
        session.confirmation = made.secret
        waiting = self._waiting
        self._close(confirmed=True)
        return event_of(*waiting) if waiting is not None else None

    @rx.event
    def close(self):
        """Leave everything as it is."""
        self._close(confirmed=False)

    @rx.event
    def set_open(self, is_open: bool):
        """Escape was pressed, or the place beside the dialog was clicked."""
        if not is_open:
            self._close(confirmed=False)

    def _ask(self, waiting: tuple[str, dict[str, Any]] | None = None) -> asyncio.Future[bool]:
        """Ask for the password.

        Args:
            waiting: name and payload of the event that is to be run then.

        Returns:
            What tells whether it was given, to whoever waits for that.
        """
        self._close(confirmed=False)
        self._waiting, self.is_open = waiting, True
        asked = asyncio.get_running_loop().create_future()
        administration().asked[current_token()] = asked
        return asked

    def _close(self, *, confirmed: bool) -> None:
        self.reset()
        acted_on = administered()
        asked = acted_on.asked.pop(current_token(), None) if acted_on else None
        if asked is not None and not asked.done():
            asked.set_result(confirmed)
