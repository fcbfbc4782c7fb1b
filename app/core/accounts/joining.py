"""Joining: setting a new server up, accepting an invitation, accounts made by a command."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import uuid4

from sqlmodel import Session, col, delete

from app.core import audit
from app.core.accounts import store
from app.core.accounts.model import checked_email, checked_name, checked_role
from app.core.accounts.reach import has_operator
from app.core.accounts.sign_in_tables import LinkRow
from app.core.accounts.signing_in import links, logins, sign_in
from app.core.accounts.signing_in.links import Kind, Link, LinkOver, NewLink
from app.core.accounts.signing_in.logins import Client, NewLogin
from app.core.accounts.signing_in.passwords import Passwords, checked_password
from app.core.context import Core
from app.kernel.actor import Organisation, User, refuse_apps
from app.kernel.contexts.accounts import Role

SET_UP_VALID = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody who opens a link tells of themselves."""

    name: str
    email: str
    password: str


async def new_set_up_link(core: Core) -> NewLink | None:
    """Make the link that sets the server up, in place of an older one.

    Returns None when there is an operator who can sign in.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("set the server up")
    at = core.clock()

    def work(session: Session) -> NewLink | None:
        session.exec(delete(LinkRow).where(col(LinkRow.kind) == Kind.SET_UP.value))
        if has_operator(session):
            return None
        return links.add(session, links.new_row(Kind.SET_UP, Role.OPERATOR, at, at + SET_UP_VALID))

    return await core.database.write(work)


async def set_up(
    core: Core, passwords: Passwords, secret: str, organisation: str, person: Person, client: Client
) -> NewLogin:
    """Make the first organisation and its first user, its admin and the operator; sign them in.

    Raises:
        LinkOver: the link does not work any more.
        Invalid: a name, the address or the password cannot be accepted.
        Unavailable, Forbidden: as in `sign_in`.
    """
    refuse_apps("set the server up")
    await links.find_link(core, Kind.SET_UP, secret)
    user, hashed = await _new_user(passwords, person)
    home = Organisation(uuid4().hex, checked_name(organisation))
    stamp = _stamp(core, user, home, client)

    def work(session: Session) -> NewLogin:
        links.use(session, Kind.SET_UP, secret, stamp.at)
        if has_operator(session):
            raise LinkOver
        store.add_organisation(session, home, stamp.at)
        store.add_user(session, user, stamp.at)
        sign_in.set_hash(session, user.id, hashed, stamp)
        for role in (Role.OPERATOR, Role.ADMIN):
            store.grant(session, home.id, user.id, role, stamp.at)
        audit.append(session, stamp, "server.set_up", home.id, {"organisation": home.name})
        return logins.begin(session, user.id, home.id, client, stamp.at)

    return await core.finish(core.database.write(work))


async def accept(
    core: Core, passwords: Passwords, secret: str, person: Person, client: Client
) -> NewLogin:
    """Join the organisation of an invitation, and sign in.

    Whoever has an account already joins with its address and password; others get one.

    Raises:
        LinkOver: the link does not work any more.
        Invalid: name, address or password cannot be accepted.
        WrongPassword, TooManyAttempts: there is an account, and this is not its password.
        Unavailable, Forbidden: as in `sign_in`.
    """
    link = await links.find_link(core, Kind.INVITATION, secret)
    home = link.organisation
    if home is None:
        raise LinkOver
    person = dataclasses.replace(person, email=link.email or checked_email(person.email))
    has_password = partial(sign_in.has_password, email=person.email)
    if await core.database.read(has_password):
        proof = await sign_in.prove(core, passwords, person.email, person.password, client)
        return await _join(core, secret, link, home, proof.user, client, proof=proof)
    user, hashed = await _new_user(passwords, person)
    return await _join(core, secret, link, home, user, client, hashed=hashed)


async def add_person(
    core: Core, passwords: Passwords, person: Person, organisation_id: str, role: str
) -> User:
    """Make an account with a password in an organisation; for commands run on the server.

    Raises:
        NotFound: there is no such organisation.
        Invalid: role, name, address or password cannot be accepted, or the address has an account.
        Forbidden: a client app asks.
    """
    refuse_apps("create users")
    wanted, stamp = checked_role(role), audit.stamp(core)
    user, hashed = await _new_user(passwords, person)

    def work(session: Session) -> User:
        store.add_user(session, user, stamp.at)
        sign_in.set_hash(session, user.id, hashed, stamp)
        store.grant(session, organisation_id, user.id, wanted, stamp.at)
        audit.append(session, stamp, "user.create", user.id, {"role": wanted.value})
        return user

    return await core.database.write(work)


async def _join(
    core: Core,
    secret: str,
    link: Link,
    home: Organisation,
    user: User,
    client: Client,
    *,
    proof: sign_in.Proof | None = None,
    hashed: str = "",
) -> NewLogin:
    stamp = _stamp(core, user, home, client)

    def work(session: Session) -> NewLogin:
        links.use(session, Kind.INVITATION, secret, stamp.at)
        if proof is not None:
            proof.accept(session, stamp.at)
        else:
            store.add_user(session, user, stamp.at)
            sign_in.set_hash(session, user.id, hashed, stamp)
        store.grant(session, home.id, user.id, Role(link.role), stamp.at)
        audit.append(session, stamp, "invitation.accept", user.id, {"role": link.role})
        return logins.begin(session, user.id, home.id, client, stamp.at)

    return await core.finish(core.database.write(work))


async def _new_user(passwords: Passwords, person: Person) -> tuple[User, str]:
    user = User(uuid4().hex, checked_name(person.name), checked_email(person.email))
    checked = checked_password(person.password, user.name, user.email)
    return user, await passwords.hash(checked)


def _stamp(core: Core, user: User, home: Organisation, client: Client) -> audit.Stamp:
    return dataclasses.replace(
        audit.stamp(core), actor=user, organisation_id=home.id, ip=client.address
    )
