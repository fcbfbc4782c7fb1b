"""Logins: the browsers in which people are signed in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, or_, select, update

from app.core import audit
from app.core.accounts import store
from app.core.accounts.announce import announce
from app.core.accounts.authority import Identity, require_role, scopes_of
from app.core.accounts.sign_in_tables import LoginRow
from app.core.accounts.signing_in.noting import note_use
from app.core.accounts.signing_in.secret_values import digest_of, new_secret
from app.core.audit.model import shown
from app.core.context import Core
from app.kernel.actor import Actor, Forbidden, refuse_apps
from app.kernel.contexts.accounts import Role
from app.kernel.errors import NotFound

IDLE = timedelta(days=7)
LONGEST = timedelta(days=30)
# A login is noted as used at most so often: not every request is a write.
NOTED_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: its network address, and what the browser calls itself."""

    address: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """One browser in which a user is signed in. Times are UTC."""

    id: str
    user_id: str
    organisation_id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    browser: str
    address: str


@dataclass(frozen=True, slots=True)
class NewLogin:
    """A login that just began. `secret` goes into the cookie and is never seen again."""

    login: Login
    secret: str


def begin(
    session: Session, user_id: str, organisation_id: str, client: Client, at: datetime
) -> NewLogin:
    """Write a new login, and forget the user's old ones that are over."""
    session.exec(delete(LoginRow).where(col(LoginRow.user_id) == user_id, is_over(at)))
    secret = new_secret()
    row = LoginRow(
        id=uuid4().hex,
        digest=digest_of(secret),
        user_id=user_id,
        organisation_id=organisation_id,
        created_at=at,
        seen_at=at,
        expires_at=at + LONGEST,
        browser=shown(client.browser, 200),
        address=shown(client.address, 60),
    )
    session.add(row)
    session.flush()
    return NewLogin(_login(row), secret)


async def identity_of_login(core: Core, secret: str) -> Identity | None:
    """Return who has the session cookie `secret`, or None if it is not, or no longer, one."""
    return await _identity(core, col(LoginRow.digest) == digest_of(secret))


async def identity_of_login_id(core: Core, login_id: str) -> Identity | None:
    """Return who has the login, or None if it is over; for whoever proved it in another way."""
    return await _identity(core, col(LoginRow.id) == login_id)


async def _identity(core: Core, wanted: ColumnElement[bool]) -> Identity | None:
    at = core.clock()
    found = await core.database.read(partial(_find, wanted=wanted, at=at))
    if found is None:
        return None
    login, actor = found
    if login.seen_at < at - NOTED_EVERY:
        await note_use(core, partial(_note, ids=(login.id,), at=at))
    signed_in = dataclasses.replace(actor, login=login.id)
    return Identity(signed_in, scopes_of(actor.roles), login=login.id)


async def logins_of(core: Core, user_id: str) -> list[Login]:
    """Return where the user is signed in, the most recently used first.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list logins")
    return await core.database.read(partial(_of_user, user_id=user_id, at=core.clock()))


async def end_login(core: Core, by: Actor | None, login_id: str, *, left: bool = False) -> None:
    """Sign one browser out: one's own, or, as an admin, that of a member. None: whoever runs
    commands on the server. `left`: in the very browser that signs out.

    Raises:
        NotFound: there is none, or it is not the actor's business.
        Forbidden: a client app asks.
    """
    refuse_apps("end logins")

    def work(session: Session) -> None:
        row = session.get(LoginRow, login_id)
        if row is None or not _may_end(by, row):
            raise NotFound("there is no such session")
        session.delete(row)
        audit.append(session, stamp, "login.end", row.user_id, {"login": login_id})

    stamp = audit.stamp(core)
    await _change(core, work, [login_id], left=left)


async def end_logins(core: Core, user_id: str, *, keep: str | None = None) -> int:
    """Sign a user out of all browsers but the login `keep`; return of how many.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("end logins")
    stamp = audit.stamp(core)

    def work(session: Session) -> list[str]:
        ended = end_all(session, user_id, keep)
        audit.append(session, stamp, "login.end_all", user_id, {"ended": len(ended)})
        return ended

    async def both() -> int:
        ended = await core.database.write(work)
        await announce(core, logins=ended)
        return len(ended)

    return await core.finish(both())


def end_all(session: Session, user_id: str, keep: str | None) -> list[str]:
    """Remove all logins of a user but `keep`; return their ids, to be announced."""
    mine = col(LoginRow.user_id) == user_id
    ended = [
        id for id in session.exec(select(LoginRow.id).where(mine)) if keep is None or id != keep
    ]
    session.exec(delete(LoginRow).where(mine, col(LoginRow.id).in_(ended)))
    return ended


async def choose_organisation(
    core: Core, user_id: str, login_id: str, organisation_id: str
) -> None:
    """Let a login act for another organisation of its user; its open pages begin anew.

    Raises:
        NotFound: the user is not in it, or the login is over.
        Forbidden: a client app asks.
    """
    refuse_apps("change organisations")

    def work(session: Session) -> None:
        try:
            store.actor_of(session, user_id, organisation_id)
        except NotFound:
            raise NotFound("you are in no such organisation") from None
        row = session.get(LoginRow, login_id)
        if row is None or row.user_id != user_id:
            raise NotFound("there is no such session")
        row.organisation_id = organisation_id
        session.add(row)

    await _change(core, work, [login_id])


async def actors_of(
    core: Core, login_ids: Collection[str], used: Collection[str]
) -> dict[str, Actor]:
    """Return login id -> actor, of those that still hold; notes those in `used` as used.

    For open pages: their sockets prove who they are only once.
    """
    at = core.clock()
    if used:
        await note_use(core, partial(_note, ids=tuple(used), at=at))
    found = await core.database.read(partial(_holding, ids=tuple(login_ids), at=at))
    return {id: dataclasses.replace(actor, login=id) for id, actor in found.items()}


async def _change(
    core: Core, work: Callable[[Session], None], login_ids: list[str], *, left: bool = False
) -> None:
    async def both() -> None:
        await core.database.write(work)
        await announce(core, logins=login_ids, left=left)

    await core.finish(both())


def _may_end(by: Actor | None, row: LoginRow) -> bool:
    if by is None or row.user_id == by.user.id:
        return True
    try:
        require_role(by, Role.ADMIN, row.organisation_id)
    except Forbidden:
        return False
    return True


def _find(
    session: Session, wanted: ColumnElement[bool], at: datetime
) -> tuple[Login, Actor] | None:
    row = session.exec(select(LoginRow).where(wanted, ~is_over(at))).first()
    if row is None:
        return None
    try:
        return _login(row), store.actor_of(session, row.user_id, row.organisation_id)
    except NotFound:
        return None


def _holding(session: Session, ids: tuple[str, ...], at: datetime) -> dict[str, Actor]:
    found: dict[str, Actor] = {}
    for row in session.exec(select(LoginRow).where(col(LoginRow.id).in_(ids), ~is_over(at))):
        try:
            found[row.id] = store.actor_of(session, row.user_id, row.organisation_id)
        except NotFound:
            continue
    return found


def _of_user(session: Session, user_id: str, at: datetime) -> list[Login]:
    query = select(LoginRow).where(LoginRow.user_id == user_id, ~is_over(at))
    return [_login(row) for row in session.exec(query.order_by(col(LoginRow.seen_at).desc()))]


def _note(session: Session, ids: tuple[str, ...], at: datetime) -> None:
    # An update, not a changed row: a login that was ended meanwhile must stay ended.
    session.exec(update(LoginRow).where(col(LoginRow.id).in_(ids)).values(seen_at=at))


def is_over(at: datetime) -> ColumnElement[bool]:
    """Tell of logins whether they were used too long ago, or are too old."""
    return or_(col(LoginRow.expires_at) <= at, col(LoginRow.seen_at) <= at - IDLE)


def _login(row: LoginRow) -> Login:
    return Login(
        id=row.id,
        user_id=row.user_id,
        organisation_id=row.organisation_id,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        browser=row.browser,
        address=row.address,
    )
