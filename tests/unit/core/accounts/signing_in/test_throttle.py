from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.core import accounts
from app.core.accounts import Client, NewLogin, Passwords, TooManyAttempts, WrongPassword
from app.core.accounts.signing_in.throttle import (
    key_of_account,
    key_of_address,
    wait_after,
    waiting_time,
)
from app.core.context import Core, use
from app.core.opening import open_core
from tests.unit.core.accounts.conftest import ADA, HOME, Standing


async def fail(core: Core, passwords: Passwords, times: int, email: str = ADA.email) -> None:
    for _ in range(times):
        with pytest.raises(WrongPassword):
            await accounts.sign_in(core, passwords, email, "wrong", HOME)


@pytest.mark.parametrize("email", [ADA.email, "nobody@example.com"])
async def test_five_wrong_passwords_lock_an_account_whether_it_exists_or_not(
    server: Core, passwords: Passwords, ada_in: NewLogin, email: str
) -> None:
    await fail(server, passwords, 5, email)
    with pytest.raises(TooManyAttempts, match="try again in 30 seconds") as caught:
        await accounts.sign_in(server, passwords, email, ADA.password, HOME)
    assert caught.value.seconds == 30


async def test_the_right_password_is_taken_after_the_wait_and_forgets_the_failures(
    server: Core, passwords: Passwords, ada_in: NewLogin, clock: Standing
) -> None:
    await fail(server, passwords, 5)
    clock.passes(seconds=31)
    await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)
    await fail(server, passwords, 5)


async def test_every_further_failure_doubles_the_wait(
    server: Core, passwords: Passwords, ada_in: NewLogin, clock: Standing
) -> None:
    await fail(server, passwords, 5)
    clock.passes(seconds=31)
    await fail(server, passwords, 1)
    with pytest.raises(TooManyAttempts) as caught:
        await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)
    assert caught.value.seconds == 60


async def test_nobody_waits_for_a_clock_that_was_set_back(
    server: Core, passwords: Passwords, ada_in: NewLogin, clock: Standing
) -> None:
    await fail(server, passwords, 5)
    clock.passes(days=-1)
    await fail(server, passwords, 1)
    with pytest.raises(TooManyAttempts) as caught:
        await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)
    assert caught.value.seconds == 60
    clock.passes(seconds=61)
    await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)


async def test_a_restart_forgets_nothing(
    server: Core, passwords: Passwords, ada_in: NewLogin, clock: Standing, tmp_path: object
) -> None:
    await fail(server, passwords, 5)
    again = open_core(tmp_path / "server", clock=clock)  # type: ignore[operator]
    with use(again), pytest.raises(TooManyAttempts):
        await accounts.sign_in(again, passwords, ADA.email, ADA.password, HOME)
    await again.close()


async def test_many_attempts_at_once_are_not_more_than_many_in_turn(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    calls = [accounts.sign_in(server, passwords, ADA.email, "wrong", HOME) for _ in range(20)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(answer, WrongPassword) for answer in answers) == 5
    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 15


async def test_one_address_cannot_try_many_accounts(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    for n in range(30):
        await fail(server, passwords, 1, f"user{n}@example.com")
    with pytest.raises(TooManyAttempts):
        await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)
    elsewhere = Client("198.51.100.7")
    await accounts.sign_in(server, passwords, ADA.email, ADA.password, elsewhere)


async def test_signing_in_does_not_wash_an_address_clean(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    for n in range(29):
        await fail(server, passwords, 1, f"user{n}@example.com")
    await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)
    await fail(server, passwords, 1, "user30@example.com")
    with pytest.raises(TooManyAttempts):
        await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)


async def test_failures_are_forgotten_after_an_hour(
    server: Core, passwords: Passwords, ada_in: NewLogin, clock: Standing
) -> None:
    await fail(server, passwords, 4)
    clock.passes(minutes=61)
    await fail(server, passwords, 4)


def test_the_wait_grows_to_a_quarter_of_an_hour_and_no_further() -> None:
    waits = [wait_after(failures, 5) for failures in (0, 4, 5, 6, 9, 10, 1_000)]
    assert waits == [timedelta(seconds=n) for n in (0, 0, 30, 60, 480, 900, 900)]


def test_times_are_told_as_people_say_them() -> None:
    assert [waiting_time(n) for n in (1, 30, 91, 900)] == [
        *("1 second", "30 seconds", "2 minutes", "15 minutes")
    ]


def test_an_address_of_a_network_that_anybody_can_fill_counts_as_the_network() -> None:
    assert key_of_address("2001:db8::1") == key_of_address("2001:db8::ffff:2")
    assert key_of_address("2001:db8::1") != key_of_address("2001:db8:0:1::1")
    assert key_of_address("192.0.2.1") != key_of_address("192.0.2.2")
    assert key_of_address("testclient").name == "address:testclient"


def test_an_address_is_counted_however_it_is_written_and_not_stored() -> None:
    assert key_of_account(" Ada@Example.com ") == key_of_account("ada@example.com")
    assert "ada" not in key_of_account("ada@example.com").name.removeprefix("account:")[:3]
