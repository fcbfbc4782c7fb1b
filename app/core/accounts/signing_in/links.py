"""Links that work once: made, found and used. What they are for is in `joining` and `resets`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from uuid import uuid4

from sqlmodel import Session, col, delete, select, update

from app.core.accounts import store
from app.core.accounts.sign_in_tables import LinkRow
from app.core.accounts.signing_in.secret_values import digest_of, new_secret
from app.core.context import Core
from app.kernel.actor import Organisation, User, refuse_apps
from app.kernel.contexts.accounts import Role
from app.kernel.errors import NotFound


class Kind(StrEnum):
    """What a link is for."""

    SET_UP = "set-up"
    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105 - what it is for


class LinkOver(NotFound):
    """The link does not work: used already, too old, replaced by a newer one, or mistyped."""

    def __init__(self) -> None:
        super().__init__("this link does not work any more: each works once, and not for ever")


@dataclass(frozen=True, slots=True)
class Link:
    """A link that still works. `email` is "" when whoever opens it may choose one."""

    kind: Kind
    organisation: Organisation | None
    role: str
    email: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that was just made. `secret` is its last part and is never seen again."""

    id: str
    secret: str
    expires_at: datetime


async def find_link(core: Core, kind: Kind, secret: str) -> Link:
    """Return a link that still works.

    Raises:
        LinkOver: it does not.
        Forbidden: a client app asks.
    """
    refuse_apps("open one-time links")
    work = partial(_find, kind=kind, secret=secret, at=core.clock())
    return await core.database.read(work)


def new_row(kind: Kind, role: Role, at: datetime, expires_at: datetime) -> LinkRow:
    """Return a link without its secret, which `add` makes."""
    return LinkRow(
        id=uuid4().hex,
        digest="",
        kind=kind.value,
        role=role.value,
        email="",
        created_by="",
        created_at=at,
        expires_at=expires_at,
    )


def add(session: Session, row: LinkRow) -> NewLink:
    """Write a new link, with a secret."""
    secret = new_secret()
    row.digest = digest_of(secret)
    session.add(row)
    session.flush()
    return NewLink(row.id, secret, row.expires_at)


def _find(session: Session, kind: Kind, secret: str, at: datetime) -> Link:
    row = session.exec(select(LinkRow).where(LinkRow.digest == digest_of(secret))).first()
    if row is None or row.kind != kind or row.used_at is not None or row.expires_at <= at:
        raise LinkOver
    home = store.find_organisation(session, row.organisation_id) if row.organisation_id else None
    return Link(kind, home, row.role, row.email, row.expires_at)


def use(session: Session, kind: Kind, secret: str, at: datetime) -> None:
    """Mark a link as used, in the transaction of what it is used for.

    Raises:
        LinkOver: it does not work any more; of several who use it at once, one succeeds.
    """
    done = session.exec(
        update(LinkRow)
        .where(
            col(LinkRow.digest) == digest_of(secret),
            col(LinkRow.kind) == kind.value,
            col(LinkRow.used_at).is_(None),
            col(LinkRow.expires_at) > at,
        )
        .values(used_at=at)
    )
    if done.rowcount != 1:
        raise LinkOver


def end_password_links(session: Session, user: User) -> None:
    """End the links of a user for a new password, when there is one: whoever still has one of them
    must not choose another.
    """
    session.exec(
        delete(LinkRow).where(
            col(LinkRow.kind) == Kind.PASSWORD.value,
            col(LinkRow.email) == user.email,
            col(LinkRow.used_at).is_(None),
        )
    )
