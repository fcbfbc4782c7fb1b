"""What the ids in records are called by people, and whose the addresses are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.core.accounts.tables import MembershipRow, OrganisationRow, UserRow
from app.core.context import Core
from app.kernel.actor import refuse_apps


async def names_of(
    core: Core, ids: Collection[str], organisation_id: str | None = None
) -> Mapping[str, str]:
    """Return the names of users and organisations by id; ids of anything else are left out.

    Args:
        core: where they are.
        ids: a few thousand at most.
        organisation_id: only this organisation, and who is in it; None: all.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("look up names")
    if not ids:
        return {}
    work = partial(_names, ids=frozenset(ids), organisation_id=organisation_id)
    return await core.database.read(work)


async def ids_of(
    core: Core, addresses: Collection[str], organisation_id: str | None = None
) -> Mapping[str, str]:
    """Return the ids of users by their addresses, in lower case; those that nobody has are left
    out.

    Args:
        core: where they are.
        addresses: a few thousand at most.
        organisation_id: only who is in this organisation; None: all.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("look up users")
    if not addresses:
        return {}
    query = select(UserRow.email, UserRow.id).where(col(UserRow.email).in_(addresses))
    if organisation_id is not None:
        query = query.where(col(UserRow.id).in_(_inside(organisation_id)))
    return await core.database.read(lambda session: dict(session.exec(query).all()))


def _names(session: Session, ids: frozenset[str], organisation_id: str | None) -> dict[str, str]:
    users = select(UserRow.id, UserRow.name).where(col(UserRow.id).in_(ids))
    homes = select(OrganisationRow.id, OrganisationRow.name).where(col(OrganisationRow.id).in_(ids))
    if organisation_id is not None:
        users = users.where(col(UserRow.id).in_(_inside(organisation_id)))
        homes = homes.where(OrganisationRow.id == organisation_id)
    return {id: name for query in (users, homes) for id, name in session.exec(query)}


def _inside(organisation_id: str) -> SelectOfScalar[str]:
    return select(MembershipRow.user_id).where(MembershipRow.organisation_id == organisation_id)
