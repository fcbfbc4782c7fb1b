from __future__ import annotations

import dataclasses

import pytest

from app.core import accounts, audit
from app.core.accounts import Confirmations, NewLogin, Passwords, TooManyAttempts, WrongPassword
from app.core.context import Core
from app.kernel.actor import Actor, Forbidden, acting_as
from tests.unit.core.accounts.conftest import ADA, HOME, Standing


@pytest.fixture
def confirmations(server: Core, passwords: Passwords) -> Confirmations:
    return Confirmations(server, passwords)


@pytest.fixture
async def ada(server: Core, ada_in: NewLogin) -> Actor:
    found = await accounts.identity_of_login(server, ada_in.secret)
    assert found is not None
    return found.actor


async def test_a_confirmation_holds_for_five_minutes(
    confirmations: Confirmations, ada: Actor, clock: Standing
) -> None:
    made = await confirmations.begin(ada, ADA.password, HOME)
    assert confirmations.holds(ada, made.secret)
    clock.passes(minutes=5, seconds=-1)
    assert confirmations.holds(ada, made.secret)
    clock.passes(seconds=1)
    assert not confirmations.holds(ada, made.secret)


async def test_a_clock_that_is_set_back_lets_none_last_longer(
    confirmations: Confirmations, ada: Actor, clock: Standing
) -> None:
    made = await confirmations.begin(ada, ADA.password, HOME)
    clock.passes(days=-1)
    assert not confirmations.holds(ada, made.secret)


async def test_it_is_of_one_login_and_of_who_has_its_secret(
    confirmations: Confirmations, ada: Actor
) -> None:
    made = await confirmations.begin(ada, ADA.password, HOME)
    assert not confirmations.holds(ada, "")
    assert not confirmations.holds(ada, "made up")
    other = dataclasses.replace(ada, user=dataclasses.replace(ada.user, id="other"))
    for somebody in (other, dataclasses.replace(ada, login="another browser")):
        assert not confirmations.holds(somebody, made.secret)


async def test_a_wrong_password_confirms_nothing_and_is_counted_and_audited(
    server: Core, confirmations: Confirmations, ada: Actor
) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword, match=r"^the password is wrong$"):
            await confirmations.begin(ada, "a wrong one", HOME)
    with pytest.raises(TooManyAttempts):
        await confirmations.begin(ada, ADA.password, HOME)
    entries = (await audit.query(server, audit.Filter(action="login.confirm"))).entries
    assert [entry.outcome for entry in entries] == [audit.Outcome.REFUSED] * 5
    assert {(entry.actor_id, entry.ip) for entry in entries} == {(ada.user.id, HOME.address)}


async def test_client_apps_confirm_nothing(confirmations: Confirmations, ada: Actor) -> None:
    with pytest.raises(Forbidden), acting_as(dataclasses.replace(ada, app_id="acme/counter")):
        await confirmations.begin(ada, ADA.password, HOME)
