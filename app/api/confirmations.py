"""Confirming over HTTP that a person is at the browser."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from app.api.caller import Who
from app.api.errors import RESPONSES
from app.api.models import Out
from app.core import audit
from app.core.accounts import Client, Confirmations
from app.kernel.errors import Forbidden
from app.platform.operations.operation import In


class PasswordIn(In):
    """The password of whoever is signed in."""

    password: str = Field(max_length=1_000)


class ConfirmationOut(Out):
    """What to send in the header `Graft-Confirmation` until then."""

    confirmation: str
    expires_at: datetime


def confirmations_router(confirmations: Confirmations) -> APIRouter:
    """Return the routes; `confirmations` looks at passwords."""
    router = APIRouter(prefix="/confirmations", tags=["sessions"], responses=RESPONSES)

    @router.post("", status_code=201)
    async def confirm(who: Who, given: PasswordIn) -> ConfirmationOut:
        """Prove with your password that a person wants what the login of a browser asks for.

        Changes by cookie need it, in the header `Graft-Confirmation`, and it lasts five minutes. A
        program with a token needs none.
        """
        if who.scopes is not None:
            raise Forbidden("a token needs no confirmation")
        made = await confirmations.begin(who.actor, given.password, Client(audit.client_address()))
        return ConfirmationOut(confirmation=made.secret, expires_at=made.expires_at)

    return router
