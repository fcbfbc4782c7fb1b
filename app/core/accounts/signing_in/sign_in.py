"""Signing in with e-mail address and password, and changing the password."""

from __future__ import annotations

import dataclasses
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlmodel import Session, select

from app.core import audit
from app.core.accounts import store
from app.core.accounts.announce import announce
from app.core.accounts.model import checked_email
from app.core.accounts.sign_in_tables import CredentialRow
from app.core.accounts.signing_in import links, logins, throttle
from app.core.accounts.signing_in.logins import Client, NewLogin
from app.core.accounts.signing_in.passwords import Passwords, Verdict, checked_password
from app.core.accounts.tables import UserRow
from app.core.context import Core
from app.kernel.actor import Actor, Organisation, User, refuse_apps
from app.kernel.errors import CoreError, Invalid


class WrongPassword(CoreError):
    """Address and password do not belong together; which of them is wrong is not told."""

    def __init__(self, text: str = "the e-mail address or the password is wrong") -> None:
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Credential:
    """A user with the hash of their password."""

    user: User
    password_hash: str


async def sign_in(
    core: Core, passwords: Passwords, email: str, password: str, client: Client
) -> NewLogin:
    """Sign a browser in.

    Takes as long for an address that nobody has as for one that somebody has.

    Raises:
        WrongPassword: there is no such account, or it has another password.
        TooManyAttempts: too many wrong ones, for this account or from this address.
        Invalid: the user is in no organisation.
        Unavailable: too many sign in at this moment.
        Forbidden: the account is off, or a client app asks.
    """
    proof = await prove(core, passwords, email, password, client)
    stamp = dataclasses.replace(audit.stamp(core), actor=proof.user, ip=client.address)

    def work(session: Session) -> NewLogin:
        proof.accept(session, stamp.at)
        home = first_home(session, proof.user.id)
        mine = dataclasses.replace(stamp, organisation_id=home.id)
        audit.append(session, mine, "login.begin", proof.user.id, {"browser": client.browser[:200]})
        return logins.begin(session, proof.user.id, home.id, client, stamp.at)

    return await core.finish(core.database.write(work))


async def change_password(
    core: Core, passwords: Passwords, actor: Actor, current: str, new: str, client: Client
) -> int:
    """Set a new password, end all other logins of the user, and links for a new password; return of
    how many browsers.

    Raises:
        WrongPassword: `current` is not the password.
        TooManyAttempts: too many wrong ones.
        Invalid: the new password cannot be accepted.
        Unavailable: too many sign in at this moment.
        Forbidden: a client app asks.
    """
    refuse_apps("change passwords")
    checked = checked_password(new, actor.user.name, actor.user.email)
    proof = await prove(core, passwords, actor.user.email, current, client)
    hashed = await passwords.hash(checked)
    stamp = audit.stamp(core)

    def work(session: Session) -> list[str]:
        proof.accept(session, stamp.at)
        set_hash(session, proof.user.id, hashed, stamp)
        links.end_password_links(session, proof.user)
        return logins.end_all(session, proof.user.id, actor.login)

    async def both() -> int:
        ended = await core.database.write(work)
        await announce(core, logins=ended)
        return len(ended)

    return await core.finish(both())


def set_hash(session: Session, user_id: str, password_hash: str, stamp: audit.Stamp) -> None:
    """Write a user's first or next password."""
    row = session.get(CredentialRow, user_id)
    action = "password.set" if row is None else "password.change"
    row = row or CredentialRow(user_id=user_id, password_hash="", changed_at=stamp.at)
    row.password_hash, row.changed_at = password_hash, stamp.at
    session.add(row)
    session.flush()
    audit.append(session, stamp, action, user_id)


@dataclass(frozen=True, slots=True)
class Proof:
    """A right password. What it is good for happens in one transaction with `accept`."""

    user: User
    password_hash: str
    verdict: Verdict
    account: throttle.Key
    address: throttle.Key

    def accept(self, session: Session, at: datetime) -> None:
        """Take back the counted attempt, and store the new hash if parameters changed.

        Raises:
            WrongPassword: the password was changed since it was looked at.
            Forbidden: the account is off.
        """
        row = session.get(CredentialRow, self.user.id, with_for_update=True)
        if row is None or row.password_hash != self.password_hash:
            raise WrongPassword
        store.refuse_disabled(session, self.user.id)
        throttle.forget_failures(session, self.account, self.address, at)
        if self.verdict.rehashed is not None:
            row.password_hash = self.verdict.rehashed
            session.add(row)
            session.flush()


async def prove(
    core: Core,
    passwords: Passwords,
    email: str,
    password: str,
    client: Client,
    *,
    action: str = "login.begin",
) -> Proof:
    """Count an attempt and look at the password; a wrong one is a refused `action`.

    Raises:
        WrongPassword, TooManyAttempts, Unavailable, Forbidden: see `sign_in`.
    """
    refuse_apps("sign in")
    account, address = throttle.key_of_account(email), throttle.key_of_address(client.address)
    admit = partial(throttle.admit, keys=(account, address), at=core.clock())
    await core.database.write(admit)
    found = await core.database.read(partial(_by_email, email=email))
    verdict = await passwords.verify(password, found.password_hash if found else None)
    if found is None or not verdict.right:
        target = found.user.id if found else ""
        with audit.coming_from(client.address):
            await audit.refused(core, action, target)
        raise WrongPassword
    return Proof(found.user, found.password_hash, verdict, account, address)


def first_home(session: Session, user_id: str) -> Organisation:
    """Return the organisation that a new login works in.

    Raises:
        Invalid: the user is in none.
    """
    homes = store.organisations_of(session, user_id)
    if not homes:
        raise Invalid("your account is in no organisation: ask an admin for an invitation")
    return homes[0]


def has_password(session: Session, email: str) -> bool:
    """Tell whether there is an account with a password for a checked address."""
    return _by_email(session, email) is not None


def _by_email(session: Session, email: str) -> Credential | None:
    if any(unicodedata.category(character)[0] == "C" for character in email):
        return None  # PostgreSQL takes no NUL, and no account has such an address
    try:
        checked = checked_email(email)
    except Invalid:
        return None
    query = select(UserRow, CredentialRow.password_hash).where(
        UserRow.email == checked, UserRow.id == CredentialRow.user_id
    )
    found = session.exec(query).first()
    if found is None:
        return None
    return Credential(User(found[0].id, found[0].name, found[0].email), found[1])
