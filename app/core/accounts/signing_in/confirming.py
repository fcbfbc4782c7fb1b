"""Confirming: somebody who is signed in proves again, with their password, that it is them.

A login's cookie is sent by every page of its origin, those of client apps included, so it does not
tell that a person wants a change. What a confirmation is good for ends after a few minutes. It is a
secret in the hands of who asked for it (a page's memory, a socket), and never a property of the
login: the other pages of the browser do not have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app.core import audit
from app.core.accounts.signing_in.logins import Client
from app.core.accounts.signing_in.passwords import Passwords
from app.core.accounts.signing_in.secret_values import digest_of, new_secret
from app.core.accounts.signing_in.sign_in import Proof, WrongPassword, prove
from app.core.context import Core
from app.kernel.actor import Actor, acting_as, refuse_apps

LASTS = timedelta(minutes=5)
_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Proof that a person was there. `secret` is told once; `expires_at` is UTC."""

    secret: str
    expires_at: datetime


class Confirmations:
    """The confirmations of this server, in its memory: after a restart one confirms again.

    Args:
        core: where accounts are.
        passwords: looks at passwords.
    """

    def __init__(self, core: Core, passwords: Passwords) -> None:
        self._core = core
        self._passwords = passwords
        # Digest of the secret -> whose it is, and until when.
        self._held: dict[str, tuple[str, str | None, datetime]] = {}

    async def check(self, actor: Actor, password: str, client: Client) -> None:
        """Look at the password of whoever is signed in; each attempt counts as one to sign in.

        Raises:
            WrongPassword, TooManyAttempts, Unavailable, Forbidden: see `accounts.sign_in`.
        """
        refuse_apps("confirm anything")
        with acting_as(actor), audit.coming_from(client.address):
            try:
                proof = await self._prove(actor.user.email, password, client)
            except WrongPassword:
                raise WrongPassword("the password is wrong") from None
            stamp = audit.stamp(self._core)

            def work(session: Session) -> None:
                proof.accept(session, stamp.at)
                audit.append(session, stamp, "login.confirm", actor.user.id)

            await self._core.finish(self._core.database.write(work))

    async def _prove(self, email: str, password: str, client: Client) -> Proof:
        action = "login.confirm"
        return await prove(self._core, self._passwords, email, password, client, action=action)

    async def begin(self, actor: Actor, password: str, client: Client) -> Confirmation:
        """Return a confirmation for somebody who knows their password.

        Raises:
            WrongPassword, TooManyAttempts, Unavailable, Forbidden: see `check`.
        """
        await self.check(actor, password, client)
        now = self._core.clock()
        made = Confirmation(new_secret(), now + LASTS)
        held = {key: one for key, one in self._held.items() if one[2] > now}
        held[digest_of(made.secret)] = (actor.user.id, actor.login, made.expires_at)
        while len(held) > _REMEMBERED:
            del held[next(iter(held))]
        self._held = held
        return made

    async def missing(self, actor: Actor, target: str) -> None:
        """Write down that the browser of somebody asked for a change without a confirmation."""
        with acting_as(actor):
            await audit.refused(self._core, "request.unconfirmed", target, source=actor.user.id)

    def holds(self, actor: Actor, secret: str) -> bool:
        """Tell whether `secret` is a confirmation of this login that is not over."""
        found = self._held.get(digest_of(secret)) if secret else None
        if found is None:
            return False
        user_id, login, until = found
        # Further off than any is made: the clock was set back.
        is_on = timedelta() < until - self._core.clock() <= LASTS
        return is_on and (user_id, login) == (actor.user.id, actor.login)
