"""Signing everybody in, in development mode. The composition root decides whether it is used."""

from __future__ import annotations

import hashlib
from uuid import uuid4

from sqlmodel import Session

from app.core.accounts import store
from app.core.accounts.model import first_free
from app.core.context import Core
from app.kernel.actor import Actor, Organisation, User, refuse_apps
from app.kernel.contexts.accounts import Role

DEMO = Organisation("demo", "Demo")
VISITORS = (
    *("Ada", "Grace", "Alan", "Barbara", "Edsger", "Frances", "Donald", "Margaret"),
    *("Tony", "Radia", "Niklaus", "Adele", "Dennis", "Hedy", "Joe", "Katherine"),
)


async def development_actor(core: Core, visitor: str = "") -> Actor:
    """Return a developer of the demo organisation; the same one for the same `visitor`.

    `visitor` is anything that tells browsers apart; only a digest of it is stored. The first
    visitors are called Ada, Grace, Alan …, and when the names are used up, Guest 17, Guest 18 …

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("sign in")
    subject = f"development:{hashlib.sha256(visitor.encode()).hexdigest()}"

    def known(session: Session) -> User | None:
        return store.user_by_subject(session, subject)

    def known_or_new(session: Session) -> User:
        # One at a time, on any database: two visitors at once must not get one name.
        store.lock_organisation(session, DEMO, core.clock())
        return known(session) or _new_visitor(session, core, subject)

    user = await core.database.read(known)
    if user is None:
        user = await core.database.write(known_or_new)
    return Actor(user, DEMO, frozenset({Role.DEVELOPER.value}))


def _new_visitor(session: Session, core: Core, subject: str) -> User:
    at = core.clock()
    name = first_free(VISITORS, store.count_members(session, DEMO.id))
    email = f"{name.lower().replace(' ', '')}@demo.invalid"
    user = store.add_user(session, User(uuid4().hex, name, email), at, subject)
    store.grant(session, DEMO.id, user.id, Role.DEVELOPER, at)
    return user
