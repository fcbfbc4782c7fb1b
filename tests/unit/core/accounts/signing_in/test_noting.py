"""Whoever is signed in stays so where nothing can be written."""

from __future__ import annotations

import pytest

from app.core import accounts
from app.core.accounts import NewLogin
from app.core.context import Core
from app.kernel.errors import CoreError, StorageFull, Unavailable
from tests.unit.core.accounts.conftest import Standing


@pytest.mark.parametrize("error", [StorageFull("full"), Unavailable("read only")])
async def test_logins_and_tokens_work_where_their_use_cannot_be_noted(
    server: Core,
    ada_in: NewLogin,
    clock: Standing,
    error: CoreError,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = await accounts.identity_of_login(server, ada_in.secret)
    assert found is not None
    token = await accounts.create_token(server, found.actor, "CI", ["apps:read"], 30)
    clock.passes(hours=3)

    async def fail(work: object) -> None:
        raise error

    monkeypatch.setattr(server.database, "write", fail)
    assert await accounts.identity_of_login(server, ada_in.secret) == found
    assert await accounts.identity_of_token(server, token.secret) is not None
    held = await accounts.actors_of(server, [ada_in.login.id], [ada_in.login.id])
    assert held == {ada_in.login.id: found.actor}
    assert str(error) in caplog.text
