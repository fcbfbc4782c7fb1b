"""The public functions of accounts.

Those that take a `Core` are for the core (sign-in, administration, commands) and refuse client
apps; `members` is for everybody.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from uuid import uuid4

from sqlmodel import Session

from app.core import audit
from app.core.accounts import store
from app.core.accounts.model import checked_email, checked_name
from app.core.context import Core, core
from app.kernel.actor import Actor, Organisation, User, actor, refuse_apps
from app.kernel.contexts import accounts as declared
from app.kernel.contexts.accounts import Membership
from app.kernel.contexts.exposing import implements
from app.kernel.errors import NotFound


@implements(declared.members)
async def members() -> list[Membership]:
    """See `app.kernel.contexts.accounts`."""
    work = partial(store.members, organisation_id=actor().organisation.id)
    return await core().database.read(work)


async def create_organisation(core: Core, name: str) -> Organisation:
    """Store a new organisation.

    Raises:
        Invalid: the name cannot be accepted, or another organisation has it.
        Forbidden: a client app asks.
    """
    refuse_apps("create organisations")
    organisation = Organisation(uuid4().hex, checked_name(name))
    stamp = audit.stamp(core)

    def work(session: Session) -> Organisation:
        store.refuse_taken_name(session, organisation.name)
        detail = {"name": organisation.name}
        audit.append(session, stamp, "organisation.create", organisation.id, detail)
        return store.add_organisation(session, organisation, stamp.at)

    return await core.database.write(work)


async def create_user(core: Core, name: str, email: str, subject: str | None = None) -> User:
    """Store a new user, who is in no organisation yet.

    `subject` is how a way to sign in names them, "<way>:<name>".

    Raises:
        Invalid: name or address cannot be accepted, or somebody has the address or subject.
        Forbidden: a client app asks.
    """
    refuse_apps("create users")
    user = User(uuid4().hex, checked_name(name), checked_email(email))
    work = partial(store.add_user, user=user, at=core.clock(), subject=subject)
    return await core.database.write(work)


async def organisations_of(core: Core, user_id: str) -> list[Organisation]:
    """Return the organisations that the user is in, by name.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list organisations")
    return await core.database.read(partial(store.organisations_of, user_id=user_id))


async def actor_of(core: Core, user_id: str, organisation_id: str) -> Actor:
    """Return the user as an actor of the organisation, with their roles there.

    Raises:
        NotFound: the user is not in it.
        Forbidden: a client app asks.
    """
    refuse_apps("act as somebody else")
    work = partial(store.actor_of, user_id=user_id, organisation_id=organisation_id)
    return await core.database.read(work)


async def all_organisations(core: Core) -> list[Organisation]:
    """Return every organisation of the server, by name.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list organisations")
    return await core.database.read(store.all_organisations)


async def members_of(core: Core, organisation_id: str) -> list[Membership]:
    """Return everybody in an organisation, by name.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list users")
    return await core.database.read(partial(store.members, organisation_id=organisation_id))


async def user_ids(core: Core, organisations: Collection[str] | None) -> frozenset[str]:
    """Return the ids of all users of some organisations; of all organisations when it is None.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list users")
    return await core.database.read(partial(store.user_ids, organisations=organisations))


async def user_by_email(core: Core, email: str) -> User:
    """Return the user with an address.

    Raises:
        NotFound: nobody has it.
        Invalid: it is not an address.
        Forbidden: a client app asks.
    """
    refuse_apps("look up users")
    found = await core.database.read(partial(store.user_by_email, email=checked_email(email)))
    if found is None:
        raise NotFound(f"nobody has the address {email[:254]}")
    return found
