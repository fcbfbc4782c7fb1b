"""`python -m app session …` on a data folder."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from app.core import accounts
from app.core.accounts.signing_in import logins
from app.core.opening import open_core
from tests.unit.cli.test_user import PASSWORD, invoke, told

ADA = "ada@example.com"


async def sign_in(data: Path) -> None:
    core = open_core(data)
    try:
        ada = await accounts.user_by_email(core, ADA)
        (home,) = await accounts.organisations_of(core, ada.id)
        client = accounts.Client("192.0.2.1", "Firefox")
        begin = partial(
            logins.begin,
            user_id=ada.id,
            organisation_id=home.id,
            client=client,
            at=core.clock(),
        )
        await core.database.write(begin)
    finally:
        await core.close()


def test_sessions_are_listed_and_ended(tmp_path: Path) -> None:
    create = ("user", "create", ADA, "--name", "Ada", "--password")
    where = ("--organisation", "Acme", "--new-organisation")
    invoke(tmp_path, *create, *where, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert "not signed in anywhere" in invoke(tmp_path, "session", "list", ADA).stdout
    for _ in range(3):
        asyncio.run(sign_in(tmp_path))
    found = told(tmp_path, "session", "list", ADA)["sessions"]
    assert {(one["browser"], one["address"]) for one in found} == {("Firefox", "192.0.2.1")}
    assert "Firefox  192.0.2.1" in invoke(tmp_path, "session", "list", ADA).stdout
    one = ("session", "end", ADA, found[0]["id"])
    assert invoke(tmp_path, *one).stdout.strip() == f"{ADA} is signed out in 1 browser."
    again = invoke(tmp_path, *one)
    assert (again.exit_code, "has no session" in again.stderr) == (1, True)
    assert told(tmp_path, "session", "end", ADA) == {"ended": 2}
