"""Switching accounts off and on."""

from __future__ import annotations

from sqlmodel import Session

from app.core import audit
from app.core.accounts.announce import announce
from app.core.accounts.reach import has_operator, require_operator, user_in_reach
from app.core.accounts.signing_in import logins
from app.core.accounts.tables import UserRow
from app.core.context import Core
from app.kernel.actor import Actor, refuse_apps


async def disable_user(core: Core, by: Actor | None, user_id: str) -> None:
    """Switch an account off: sign it out everywhere, and let nobody in with it or its tokens.

    Roles, tokens and documents stay. Doing it again changes nothing.

    Args:
        core: where it is.
        by: the admin; None is whoever runs commands on the server.
        user_id: the user.

    Raises:
        NotFound: there is no such user.
        Invalid: it is that of the last operator.
        Forbidden: `by` may not, or a client app asks.
    """
    refuse_apps("switch accounts off")
    stamp = audit.stamp(core)

    def work(session: Session) -> list[str]:
        user_in_reach(session, by, user_id)
        row = session.get_one(UserRow, user_id)
        if row.disabled_at is not None:
            return []
        operated = has_operator(session)
        row.disabled_at = stamp.at
        session.add(row)
        session.flush()
        if operated:
            require_operator(session)
        audit.append(session, stamp, "user.disable", user_id)
        return logins.end_all(session, user_id, None)

    async def both() -> None:
        ended = await core.database.write(work)
        await announce(core, logins=ended, users=[user_id])

    await core.finish(both())


async def enable_user(core: Core, by: Actor | None, user_id: str) -> None:
    """Switch an account on again. Doing it again changes nothing.

    Raises:
        NotFound: there is no such user.
        Forbidden: `by` may not, or a client app asks.
    """
    refuse_apps("switch accounts on")
    stamp = audit.stamp(core)

    def work(session: Session) -> None:
        user_in_reach(session, by, user_id)
        row = session.get_one(UserRow, user_id)
        if row.disabled_at is None:
            return
        row.disabled_at = None
        session.add(row)
        audit.append(session, stamp, "user.enable", user_id)

    await core.finish(core.database.write(work))
