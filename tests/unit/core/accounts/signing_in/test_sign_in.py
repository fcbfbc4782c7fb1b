from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from app.core import accounts, audit
from app.core.accounts import Invalid, NewLogin, Passwords, WrongPassword
from app.core.context import Core
from app.kernel.actor import Actor, Forbidden, acting_as
from tests.unit.core.accounts.conftest import ADA, HOME


async def actor_of(core: Core, login: NewLogin) -> Actor:
    found = await accounts.identity_of_login(core, login.secret)
    assert found is not None
    return found.actor


async def test_the_right_password_signs_in(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    new = await accounts.sign_in(server, passwords, " ADA@example.com", ADA.password, HOME)
    who = await actor_of(server, new)
    assert (who.user.name, who.organisation.name) == ("Ada Lovelace", "Acme")
    assert who.roles == {"admin", "operator"}
    assert who.login == new.login.id


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ADA.email, "Violet river stone"),
        (ADA.email, ""),
        ("nobody@example.com", ADA.password),
        ("no address", ADA.password),
        ("ada\x00@example.com", ADA.password),
        ("", ""),
    ],
)
async def test_whatever_is_wrong_is_told_in_the_same_words(
    server: Core, passwords: Passwords, ada_in: NewLogin, email: str, password: str
) -> None:
    with pytest.raises(WrongPassword, match="the e-mail address or the password is wrong"):
        await accounts.sign_in(server, passwords, email, password, HOME)


async def test_a_user_without_a_password_cannot_sign_in(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    await accounts.create_user(server, "Grace", "grace@example.com")
    with pytest.raises(WrongPassword):
        await accounts.sign_in(server, passwords, "grace@example.com", "", HOME)


async def test_who_is_in_no_organisation_is_told_what_to_do(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    who = await actor_of(server, ada_in)
    # Somebody else must be left who can operate the server.
    grace = accounts.Person("Grace", "grace@example.com", "compilers are fine")
    await accounts.add_person(server, passwords, grace, who.organisation.id, "operator")
    for role in who.roles:
        await accounts.revoke(server, who.organisation.id, who.user.id, role)
    with pytest.raises(Invalid, match="ask an admin"):
        await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)


async def test_signing_in_renews_a_hash_of_older_parameters(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    newer = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    await accounts.sign_in(server, newer, ADA.email, ADA.password, HOME)

    def stored(session: Any) -> str:
        return str(session.scalar(text("SELECT password_hash FROM credentials")))

    assert "t=2" in await server.database.read(stored)
    await accounts.sign_in(server, newer, ADA.email, ADA.password, HOME)


async def test_a_new_password_ends_all_other_logins_and_the_old_password(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    other = await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)
    who = await actor_of(server, ada_in)
    new = "a wholly different one"
    ended = await accounts.change_password(server, passwords, who, ADA.password, new, HOME)
    assert ended == 1
    assert await accounts.identity_of_login(server, other.secret) is None
    assert await accounts.identity_of_login(server, ada_in.secret) is not None
    with pytest.raises(WrongPassword):
        await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)
    await accounts.sign_in(server, passwords, ADA.email, new, HOME)


async def test_a_new_password_needs_the_old_one_and_must_be_good(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    who = await actor_of(server, ada_in)
    with pytest.raises(WrongPassword):
        await accounts.change_password(
            server, passwords, who, "wrong", "a wholly different one", HOME
        )
    with pytest.raises(Invalid):
        await accounts.change_password(server, passwords, who, ADA.password, "short", HOME)
    await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)


async def test_the_audit_log_has_who_signed_in_and_who_failed_and_no_secret(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)
    with pytest.raises(WrongPassword):
        await accounts.sign_in(server, passwords, ADA.email, "not the password", HOME)
    entries = (await audit.query(server, audit.Filter(action="login.begin"))).entries
    assert [(entry.outcome, entry.actor_name, entry.ip) for entry in entries] == [
        ("refused", "anonymous", HOME.address),
        ("done", "Ada Lovelace", HOME.address),
    ]
    assert ADA.password not in str(entries)
    assert "not the password" not in str(entries)


async def test_a_client_app_cannot_try_passwords(
    server: Core, passwords: Passwords, ada_in: NewLogin
) -> None:
    who = dataclasses.replace(await actor_of(server, ada_in), app_id="acme/counter")
    with acting_as(who), pytest.raises(Forbidden):
        await accounts.sign_in(server, passwords, ADA.email, ADA.password, HOME)
    with acting_as(who), pytest.raises(Forbidden):
        await accounts.change_password(server, passwords, who, ADA.password, "x" * 20, HOME)
