from __future__ import annotations

import asyncio
import contextlib

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from app.core.accounts import Passwords
from app.core.accounts.signing_in.passwords import CONCURRENT, MAX_WAITING, checked_password
from app.kernel.errors import Invalid, Unavailable
from tests.unit.core.accounts.conftest import QUICK

NAME, EMAIL = "Ada Lovelace", "lovelace.ada@example.com"


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("elevenchars", "at least 12"),
        ("x" * 300, "at most 256"),
        ("aaaaaaaaaaaabbbb", "different characters"),
        ("Password1234!", "most common"),
        ("qwertyuiop123", "most common"),
        ("012345678901", "most common"),
        ("Ada  Lovelace!", "name or e-mail"),
        ("LOVELACE.ADA@example.com", "name or e-mail"),
        ("lovelace.ada1815", "name or e-mail"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        checked_password(password, NAME, EMAIL)


@pytest.mark.parametrize(
    "password", ["violet river stone", "пароль-длинный-7", "0918 2736 4554 63"]
)
def test_a_long_password_of_any_characters_is_accepted(password: str) -> None:
    assert checked_password(password, NAME, EMAIL) == password


@given(st.text(max_size=400))
def test_any_text_is_accepted_or_refused(password: str) -> None:
    with contextlib.suppress(Invalid):
        assert 12 <= len(checked_password(password, NAME, EMAIL)) <= 256


async def test_only_the_right_password_is_right(passwords: Passwords) -> None:
    stored = await passwords.hash("violet river stone")
    assert stored.startswith("$argon2id$")
    assert (await passwords.verify("violet river stone", stored)).right
    assert not (await passwords.verify("violet river stones", stored)).right
    assert not (await passwords.verify("violet river stone", None)).right
    assert not (await passwords.verify("violet river stone", "no hash")).right


async def test_the_same_password_has_another_hash_each_time(passwords: Passwords) -> None:
    assert await passwords.hash("violet river stone") != await passwords.hash("violet river stone")


async def test_letters_that_look_the_same_are_the_same_on_every_keyboard(
    passwords: Passwords,
) -> None:
    stored = await passwords.hash("caf\u00e9 by the river")
    assert (await passwords.verify("cafe\u0301 by the river", stored)).right


async def test_a_hash_of_older_parameters_is_replaced_when_the_password_is_right() -> None:
    stored = await Passwords(QUICK).hash("violet river stone")
    newer = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    assert (await newer.verify("wrong river stone", stored)).rehashed is None
    rehashed = (await newer.verify("violet river stone", stored)).rehashed
    assert rehashed is not None
    assert "t=2" in rehashed
    assert await newer.verify("violet river stone", rehashed) == await newer.verify(
        "violet river stone", rehashed
    )
    assert (await newer.verify("violet river stone", rehashed)).rehashed is None


async def test_an_unknown_account_costs_as_much_work_as_a_known_one() -> None:
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            verified.append(str(hash))
            return super().verify(hash, password)

    passwords = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    stored = await passwords.hash("violet river stone")
    await passwords.verify("wrong", stored)
    await passwords.verify("wrong", None)
    assert len(verified) == 2
    assert verified[0].rsplit("$", 2)[0] == verified[1].rsplit("$", 2)[0]


async def test_a_crowd_is_turned_away_instead_of_kept_waiting(passwords: Passwords) -> None:
    calls = [passwords.verify("wrong", None) for _ in range(MAX_WAITING + 20)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert len(refused) == 20 - CONCURRENT
