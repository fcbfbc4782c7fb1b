"""Forgetting ways to prove who one is that work no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session, col, or_, select, update

from app.core.accounts.sign_in_tables import ApiTokenRow, AttemptsRow, LinkRow, LoginRow
from app.core.accounts.signing_in import throttle
from app.core.accounts.signing_in.logins import is_over
from app.core.context import Core
from app.core.pruning import prune
from app.kernel.actor import refuse_apps

TOKENS_SHOWN_FOR = timedelta(days=30)
"""So long after its end the list of tokens still says why a program does not get in any more."""


async def clean(core: Core) -> int:
    """Remove logins, links and tokens that are over, and counted attempts that are forgotten.

    Returns how many rows went; nobody notices that they did. First see `bring_back`.

    Raises:
        Unavailable: the database is locked or cannot be reached.
        Forbidden: a client app asks.
    """
    refuse_apps("clean up accounts")
    await bring_back(core)
    now = core.clock()
    link_over = or_(col(LinkRow.expires_at) <= now, col(LinkRow.used_at).is_not(None))
    attempts_over = col(AttemptsRow.last_at) < now - throttle.FORGOTTEN_AFTER
    tokens_over = col(ApiTokenRow.expires_at) <= now - TOKENS_SHOWN_FOR
    return (
        await prune(core, LoginRow.id, is_over(now))
        + await prune(core, LinkRow.id, link_over)
        + await prune(core, AttemptsRow.key, attempts_over)
        + await prune(core, ApiTokenRow.id, tokens_over)
    )


async def bring_back(core: Core) -> None:
    """Let what was made before the clock was set back count as made now: it would last for longer
    than anything may.

    Raises:
        Unavailable: the database is locked or cannot be reached.
        Forbidden: a client app asks.
    """
    refuse_apps("clean up accounts")
    await core.database.write(partial(_bring_back, now=core.clock()))


def _bring_back(session: Session, now: datetime) -> None:
    for row in (
        *session.exec(select(LoginRow).where(col(LoginRow.created_at) > now)),
        *session.exec(select(LinkRow).where(col(LinkRow.created_at) > now)),
        *session.exec(select(ApiTokenRow).where(col(ApiTokenRow.created_at) > now)),
    ):
        row.expires_at -= row.created_at - now
        row.created_at = now
        session.add(row)
    # While these are yet to come, it is not noted that something is used.
    seen, used = col(LoginRow.seen_at), col(ApiTokenRow.used_at)
    session.exec(update(LoginRow).where(seen > now).values(seen_at=now))
    session.exec(update(ApiTokenRow).where(used > now).values(used_at=now))
