"""Links with which somebody who forgot their password chooses a new one."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from sqlmodel import Session

from app.core import audit
from app.core.accounts import store
from app.core.accounts.announce import announce
from app.core.accounts.reach import user_in_reach
from app.core.accounts.sign_in_tables import CredentialRow
from app.core.accounts.signing_in import links, logins, sign_in, throttle
from app.core.accounts.signing_in.links import Kind, LinkOver, NewLink
from app.core.accounts.signing_in.logins import Client, NewLogin
from app.core.accounts.signing_in.passwords import Passwords, checked_password
from app.core.context import Core
from app.kernel.actor import Actor, refuse_apps
from app.kernel.contexts.accounts import Role

VALID = timedelta(hours=24)


async def password_link(core: Core, by: Actor | None, user_id: str) -> NewLink:
    """Make a link with which a user chooses a new password.

    Whoever has the link becomes the user, so `user_in_reach` says who may make one.

    Args:
        core: where it is kept.
        by: the admin; None is whoever runs commands on the server.
        user_id: the user.

    Raises:
        NotFound: there is no such user.
        Forbidden: `by` may not, or a client app asks.
    """
    refuse_apps("reset passwords")
    stamp = audit.stamp(core)

    def work(session: Session) -> NewLink:
        user = user_in_reach(session, by, user_id)
        row = links.new_row(Kind.PASSWORD, Role.MEMBER, stamp.at, stamp.at + VALID)
        row.email, row.created_by = user.email, by.user.id if by else ""
        audit.append(session, stamp, "password.link", user.id)
        return links.add(session, row)

    return await core.database.write(work)


async def reset_password(
    core: Core, passwords: Passwords, secret: str, password: str, client: Client
) -> NewLogin:
    """Set the password of the user of a link, end all their logins and other such links, and sign
    them in.

    Raises:
        LinkOver: the link does not work any more.
        Invalid: the password cannot be accepted.
        Unavailable, Forbidden: as in `sign_in`.
    """
    link = await links.find_link(core, Kind.PASSWORD, secret)
    user = await core.database.read(lambda session: store.user_by_email(session, link.email))
    if user is None:
        raise LinkOver
    hashed = await passwords.hash(checked_password(password, user.name, user.email))
    stamp = dataclasses.replace(audit.stamp(core), actor=user, ip=client.address)

    def work(session: Session) -> tuple[NewLogin, list[str]]:
        # First: of two links used at once, the second finds that it was ended.
        session.get(CredentialRow, user.id, with_for_update=True)
        links.use(session, Kind.PASSWORD, secret, stamp.at)
        store.refuse_disabled(session, user.id)
        sign_in.set_hash(session, user.id, hashed, stamp)
        links.end_password_links(session, user)
        throttle.forget(session, throttle.key_of_account(user.email))
        ended = logins.end_all(session, user.id, None)
        home = sign_in.first_home(session, user.id)
        return logins.begin(session, user.id, home.id, client, stamp.at), ended

    async def both() -> NewLogin:
        new, ended = await core.database.write(work)
        await announce(core, logins=ended)
        return new

    return await core.finish(both())
