"""API tokens over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.api.caller import Id, QueryId, Who
from app.api.errors import RESPONSES
from app.api.models import Out, Sorted
from app.core.accounts import Scope
from app.core.accounts.signing_in.api_tokens import MAX_DAYS
from app.platform.operations.operation import In, InBody
from app.platform.platform import Platform


class TokenOut(Out):
    """A token without its secret."""

    id: str
    user_id: str
    organisation_id: str
    name: str
    scopes: Sorted
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class NewTokenOut(Out):
    """A token that was just made; `secret` goes into the header, and cannot be shown again."""

    token: TokenOut
    secret: str


class NewToken(In):
    """What a token is called, what it may do, and for how many days."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    days: Annotated[int, InBody, Field(ge=1, le=MAX_DAYS)] = 30


def tokens_router(platform: Platform) -> APIRouter:
    """Return the routes; `platform` does the work."""
    router = APIRouter(prefix="/tokens", tags=["tokens"], responses=RESPONSES)

    @router.get("")
    async def tokens(who: Who, user: QueryId | None = None) -> list[TokenOut]:
        """List your API tokens, or those of a member. A token needs the scope `users:admin`."""
        return [TokenOut.of(token) for token in await platform.tokens.all(who, user)]

    @router.post("", status_code=201)
    async def create(who: Who, body: NewToken) -> NewTokenOut:
        """Create an API token that acts for you. A token cannot do this: sign in."""
        made = await platform.tokens.create(who, body.name, body.scopes, body.days)
        return NewTokenOut.of(made)

    @router.delete("/{token_id}", status_code=204)
    async def revoke(who: Who, token_id: Id, user: QueryId | None = None) -> None:
        """Revoke one of your tokens, or one of a member; it stops working at once."""
        await platform.tokens.revoke(who, token_id, user)

    return router
