"""API tokens: with one, a program acts as a user, and may do what the token was made for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from sqlmodel import Session, col, select, update

from app.core import audit
from app.core.accounts import store
from app.core.accounts.authority import Identity, checked_scopes, scopes_of
from app.core.accounts.model import checked_name
from app.core.accounts.sign_in_tables import ApiTokenRow
from app.core.accounts.signing_in.noting import note_use
from app.core.accounts.signing_in.secret_values import digest_of, new_secret
from app.core.context import Core
from app.kernel.actor import Actor, refuse_apps
from app.kernel.errors import Invalid, NotFound

PREFIX = "graft_"  # lets scanners find tokens that were published by mistake
MAX_DAYS = 366
NOTED_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret. Times are UTC."""

    id: str
    user_id: str
    organisation_id: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewApiToken:
    """A token that was just made. `secret` is what goes into the header, and never seen again."""

    token: ApiToken
    secret: str


async def create_token(
    core: Core, owner: Actor, name: str, scopes: Iterable[str], days: int
) -> NewApiToken:
    """Make a token with which a program acts as `owner`, for so many days.

    Raises:
        Invalid: the name, the number of days or a scope cannot be accepted.
        Forbidden: a client app asks.
    """
    refuse_apps("make API tokens")
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"a token is valid for 1 to {MAX_DAYS} days, not {days}")
    wanted = checked_scopes(scopes, owner.roles)
    stamp = audit.stamp(core)
    secret = PREFIX + new_secret()
    row = ApiTokenRow(
        id=uuid4().hex,
        digest=digest_of(secret),
        user_id=owner.user.id,
        organisation_id=owner.organisation.id,
        name=checked_name(name),
        scopes=" ".join(sorted(wanted)),
        created_at=stamp.at,
        expires_at=stamp.at + timedelta(days=days),
    )

    def work(session: Session) -> NewApiToken:
        session.add(row)
        session.flush()
        detail = {"name": row.name, "scopes": sorted(wanted), "days": days}
        audit.append(session, stamp, "token.create", owner.user.id, detail)
        return NewApiToken(_token(row), secret)

    return await core.database.write(work)


async def identity_of_token(core: Core, secret: str) -> Identity | None:
    """Return who has the API token `secret`, or None if it is not, or no longer, one."""
    if not secret.startswith(PREFIX):
        return None
    at = core.clock()
    found = await core.database.read(partial(_find, digest=digest_of(secret), at=at))
    if found is None:
        return None
    token, actor = found
    if token.used_at is None or token.used_at < at - NOTED_EVERY:
        await note_use(core, partial(_note, id=token.id, at=at))
    return Identity(actor, token.scopes & scopes_of(actor.roles), token=token.id)


async def tokens_of(core: Core, user_id: str) -> list[ApiToken]:
    """Return a user's tokens, the newest first, also those that expired.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list API tokens")
    query = select(ApiTokenRow).where(ApiTokenRow.user_id == user_id)
    ordered = query.order_by(col(ApiTokenRow.created_at).desc(), col(ApiTokenRow.id))
    return await core.database.read(lambda session: [_token(row) for row in session.exec(ordered)])


async def revoke_token(core: Core, user_id: str, token_id: str) -> None:
    """Delete a token of a user; it ends at once.

    Raises:
        NotFound: the user has no such token.
        Forbidden: a client app asks.
    """
    refuse_apps("revoke API tokens")
    stamp = audit.stamp(core)

    def work(session: Session) -> None:
        row = session.get(ApiTokenRow, token_id)
        if row is None or row.user_id != user_id:
            raise NotFound("there is no such token")
        session.delete(row)
        audit.append(session, stamp, "token.revoke", user_id, {"name": row.name})

    await core.database.write(work)


def _find(session: Session, digest: str, at: datetime) -> tuple[ApiToken, Actor] | None:
    row = session.exec(select(ApiTokenRow).where(ApiTokenRow.digest == digest)).first()
    if row is None or row.expires_at <= at:
        return None
    try:
        return _token(row), store.actor_of(session, row.user_id, row.organisation_id)
    except NotFound:
        return None


def _note(session: Session, id: str, at: datetime) -> None:
    session.exec(update(ApiTokenRow).where(col(ApiTokenRow.id) == id).values(used_at=at))


def _token(row: ApiTokenRow) -> ApiToken:
    return ApiToken(
        id=row.id,
        user_id=row.user_id,
        organisation_id=row.organisation_id,
        name=row.name,
        scopes=frozenset(row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
