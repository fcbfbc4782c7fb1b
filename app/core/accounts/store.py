"""The SQL of accounts: functions of a session, run in worker threads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

import sqlalchemy
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, func, select

from app.core.accounts.tables import MembershipRow, OrganisationRow, UserRow
from app.kernel.actor import Actor, Organisation, User
from app.kernel.contexts.accounts import Membership, Role
from app.kernel.errors import Forbidden, Invalid, NotFound


def add_organisation(session: Session, organisation: Organisation, at: datetime) -> Organisation:
    """Write a new organisation."""
    session.add(OrganisationRow(id=organisation.id, name=organisation.name, created_at=at))
    session.flush()
    return organisation


def lock_organisation(session: Session, organisation: Organisation, at: datetime) -> None:
    """Hold the organisation's row, written if it is not there, until the transaction ends."""
    if session.get(OrganisationRow, organisation.id, with_for_update=True) is not None:
        return
    try:
        with session.begin_nested():
            add_organisation(session, organisation, at)
    except IntegrityError:
        # Another node wrote it between the two statements.
        session.get_one(OrganisationRow, organisation.id, with_for_update=True)


def refuse_taken_name(session: Session, name: str) -> None:
    """Refuse a name for a new organisation that another one has, whatever its capitals are.

    Until the transaction ends nobody else makes an organisation: two at once must not both succeed.

    Raises:
        Invalid: one has it.
    """
    oldest = select(OrganisationRow).order_by(col(OrganisationRow.created_at), OrganisationRow.id)
    session.exec(oldest.limit(1).with_for_update()).first()
    for known in all_organisations(session):
        if known.name.casefold() == name.casefold():
            raise Invalid(f"there is an organisation {known.name!r} already: choose another name")


def find_organisation(session: Session, id: str) -> Organisation:
    """Return the organisation.

    Raises:
        NotFound: there is none.
    """
    row = session.get(OrganisationRow, id)
    if row is None:
        raise NotFound(f"there is no organisation {id[:64]!r}")
    return Organisation(row.id, row.name)


def add_user(session: Session, user: User, at: datetime, subject: str | None = None) -> User:
    """Write a new user.

    Raises:
        Invalid: somebody has the address, or the subject, already.
    """
    row = UserRow(id=user.id, name=user.name, email=user.email, subject=subject, created_at=at)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Invalid(f"{user.email} has an account already") from error
    return user


def user_by_subject(session: Session, subject: str) -> User | None:
    """Return the user whom a way to sign in names `subject`."""
    row = session.exec(select(UserRow).where(UserRow.subject == subject)).one_or_none()
    return None if row is None else _user(row)


def user_by_id(session: Session, id: str) -> User | None:
    """Return the user with this id."""
    row = session.get(UserRow, id)
    return None if row is None else _user(row)


def user_by_email(session: Session, email: str) -> User | None:
    """Return the user with this address, in lower case."""
    row = session.exec(select(UserRow).where(UserRow.email == email)).one_or_none()
    return None if row is None else _user(row)


def grant(session: Session, organisation_id: str, user_id: str, role: Role, at: datetime) -> None:
    """Give a role; giving it again changes nothing.

    Raises:
        NotFound: there is no such organisation or user.
    """
    find_organisation(session, organisation_id)
    if session.get(UserRow, user_id) is None:
        raise NotFound(f"there is no user {user_id[:64]!r}")
    if session.get(MembershipRow, (organisation_id, user_id, role.value)) is None:
        session.add(
            MembershipRow(
                organisation_id=organisation_id, user_id=user_id, role=role.value, created_at=at
            )
        )


def revoke(session: Session, organisation_id: str, user_id: str, role: Role) -> None:
    """Take a role away; taking one that is not there changes nothing."""
    session.exec(
        delete(MembershipRow).where(
            col(MembershipRow.organisation_id) == organisation_id,
            col(MembershipRow.user_id) == user_id,
            col(MembershipRow.role) == role.value,
        )
    )


def members(session: Session, organisation_id: str) -> list[Membership]:
    """Return everybody in the organisation, by name."""
    query = (
        select(UserRow, MembershipRow.role)
        .join(MembershipRow, col(MembershipRow.user_id) == col(UserRow.id))
        .where(MembershipRow.organisation_id == organisation_id)
        .order_by(col(UserRow.name), col(UserRow.id))
    )
    found: dict[str, UserRow] = {}
    roles: defaultdict[str, set[str]] = defaultdict(set)
    for row, role in session.exec(query):
        found[row.id] = row
        roles[row.id].add(role)
    return [
        Membership(_user(row), frozenset(roles[id]), row.disabled_at is not None)
        for id, row in found.items()
    ]


def count_members(session: Session, organisation_id: str) -> int:
    """Return how many people are in the organisation."""
    query = select(func.count(col(MembershipRow.user_id).distinct()))
    return session.exec(query.where(MembershipRow.organisation_id == organisation_id)).one()


def user_ids(session: Session, organisations: Collection[str] | None) -> frozenset[str]:
    """Return the ids of all users of some organisations; of all when it is None."""
    query = select(MembershipRow.user_id).distinct()
    if organisations is not None:
        query = query.where(col(MembershipRow.organisation_id).in_(organisations))
    return frozenset(session.exec(query))


def organisations_of(session: Session, user_id: str) -> list[Organisation]:
    """Return the organisations that the user is in, by name."""
    query = (
        select(OrganisationRow)
        .where(
            col(OrganisationRow.id).in_(
                select(MembershipRow.organisation_id).where(MembershipRow.user_id == user_id)
            )
        )
        .order_by(col(OrganisationRow.name), col(OrganisationRow.id))
    )
    return [Organisation(row.id, row.name) for row in session.exec(query)]


def all_organisations(session: Session) -> list[Organisation]:
    """Return every organisation, by name."""
    query = select(OrganisationRow).order_by(col(OrganisationRow.name), col(OrganisationRow.id))
    return [Organisation(row.id, row.name) for row in session.exec(query)]


def actor_of(session: Session, user_id: str, organisation_id: str) -> Actor:
    """Return the user as an actor of the organisation, with their roles.

    Raises:
        NotFound: they are not in it, or their account is off.
    """
    values = {"user_id": user_id, "organisation_id": organisation_id}
    found = session.execute(_ACTOR, values).all()
    if not found:
        raise NotFound(f"user {user_id[:64]!r} is not in organisation {organisation_id[:64]!r}")
    name, email, organisation, _ = found[0]
    roles = frozenset(role for *_, role in found)
    return Actor(User(user_id, name, email), Organisation(organisation_id, organisation), roles)


def roles_of(session: Session, organisation_id: str, user_id: str) -> frozenset[str]:
    """Return the roles that a user has in an organisation."""
    query = select(MembershipRow.role).where(
        MembershipRow.organisation_id == organisation_id, MembershipRow.user_id == user_id
    )
    return frozenset(session.exec(query))


def refuse_disabled(session: Session, user_id: str) -> None:
    """Refuse to let somebody in whose account is off.

    Raises:
        Forbidden: it is.
    """
    row = session.get(UserRow, user_id)
    if row is not None and row.disabled_at is not None:
        raise Forbidden("this account is switched off: ask an administrator")


def _user(row: UserRow) -> User:
    return User(row.id, row.name, row.email)


# A row for each role. Asked with every request, and made once: making it takes longer than running
# it.
_ACTOR = (
    sqlalchemy.select(
        col(UserRow.name), col(UserRow.email), col(OrganisationRow.name), col(MembershipRow.role)
    )
    .join(MembershipRow, col(MembershipRow.user_id) == col(UserRow.id))
    .join(OrganisationRow, col(OrganisationRow.id) == col(MembershipRow.organisation_id))
    .where(
        col(UserRow.id) == sqlalchemy.bindparam("user_id"),
        col(OrganisationRow.id) == sqlalchemy.bindparam("organisation_id"),
        col(UserRow.disabled_at).is_(None),
    )
)
