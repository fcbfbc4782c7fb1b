"""What signs nobody in any more is forgotten; what still does stays."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.core import accounts
from app.core.accounts import NewLogin, Passwords, WrongPassword
from app.core.context import Core
from tests.unit.core.accounts.conftest import ADA, HOME, Standing

TABLES = ("logins", "one_time_links", "sign_in_attempts", "api_tokens")


async def rows(core: Core) -> dict[str, int]:
    """How many rows there are."""

    def count(session: Any) -> dict[str, int]:
        return {t: session.scalar(text(f"SELECT count(*) FROM {t}")) for t in TABLES}

    return await core.database.read(count)


@pytest.fixture
async def used(server: Core, passwords: Passwords, ada_in: NewLogin) -> NewLogin:
    """Ada has a login, tokens for a day and for long, an open invitation; she mistyped once."""
    found = await accounts.identity_of_login(server, ada_in.secret)
    assert found is not None
    for days in (1, 300):
        await accounts.create_token(server, found.actor, "CI", ["apps:read"], days)
    await accounts.invite(server, None, found.actor.organisation.id, "member")
    with pytest.raises(WrongPassword):
        await accounts.sign_in(server, passwords, ADA.email, "mistyped once", HOME)
    return ada_in


async def test_what_can_still_be_used_stays(server: Core, used: NewLogin) -> None:
    before = await rows(server)
    # The link that set the server up was used.
    assert await accounts.clean(server) == 1
    assert await rows(server) == {**before, "one_time_links": 1}
    assert await accounts.identity_of_login(server, used.secret) is not None
    assert await accounts.clean(server) == 0


async def test_what_is_over_goes(server: Core, used: NewLogin, clock: Standing) -> None:
    clock.passes(days=8)
    await accounts.clean(server)
    # A token is shown for a month after its end, so that people see why a program fails.
    assert await rows(server) == {**dict.fromkeys(TABLES, 0), "api_tokens": 2}
    clock.passes(days=30)
    await accounts.clean(server)
    assert (await rows(server))["api_tokens"] == 1


async def test_who_must_wait_still_waits(
    server: Core, passwords: Passwords, ada_in: NewLogin, clock: Standing
) -> None:
    for _ in range(6):
        with pytest.raises((WrongPassword, accounts.TooManyAttempts)):
            await accounts.sign_in(server, passwords, ADA.email, "guessing", HOME)
    await accounts.clean(server)
    with pytest.raises(accounts.TooManyAttempts):
        await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)


async def test_what_was_made_before_the_clock_was_set_back_lasts_no_longer_than_else(
    server: Core, used: NewLogin, clock: Standing
) -> None:
    clock.passes(days=-400)
    await accounts.clean(server)
    assert await accounts.identity_of_login(server, used.secret) is not None
    clock.passes(days=6)  # still used now and then
    assert await accounts.identity_of_login(server, used.secret) is not None
    clock.passes(days=25)
    assert await accounts.identity_of_login(server, used.secret) is None
    await accounts.clean(server)
    found = await rows(server)
    assert (found["logins"], found["one_time_links"]) == (0, 0)
    clock.passes(days=300)
    await accounts.clean(server)
    assert (await rows(server))["api_tokens"] == 0


async def test_what_is_used_after_the_clock_was_set_back_is_noted(
    server: Core, used: NewLogin, clock: Standing
) -> None:
    clock.passes(days=-400)
    await accounts.clean(server)
    clock.passes(hours=1)
    found = await accounts.identity_of_login(server, used.secret)
    assert found is not None
    (login,) = await accounts.logins_of(server, found.actor.user.id)
    assert login.seen_at == clock.now
