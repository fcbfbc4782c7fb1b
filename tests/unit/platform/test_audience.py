"""Who can be named for a preview."""

from __future__ import annotations

from functools import partial

import pytest

from app.core import accounts, apps
from app.core.accounts import Role
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, NotFound
from app.platform.operations.allowing import Sharing
from app.platform.permissions import Requester
from tests.unit.apps.helpers import COUNTER
from tests.unit.platform.conftest import Server


async def person(server: Server, name: str) -> Actor:
    """Somebody of an organisation of their own."""
    await server.open("/", user=name)
    return server.people[name]


async def test_a_preview_is_only_for_people_who_may_see_the_app(server: Server) -> None:
    await server.upload(COUNTER)
    ada, grace = await person(server, "Ada"), await person(server, "Grace")
    await server.platform.do(
        server.operator,
        COUNTER,
        Sharing(organisations=apps.Visibility({ada.organisation.id: None}).lists),
    )
    start = partial(server.platform.start_preview, server.operator, COUNTER, 1)
    remedy = "make the app visible to their organisation first"
    for named in (grace.user.id, f" {grace.user.email.upper()} "):
        with pytest.raises(Invalid, match=f"Grace may not see {COUNTER}, .*{remedy}"):
            await start(users=[ada.user.id, named])
    for unknown in ("nobody", "nobody@home.org"):
        with pytest.raises(NotFound, match=unknown):
            await start(users=[unknown])
    assert await apps.previews(server.core) == []
    started = await start(users=[ada.user.email])
    assert started.preview.users == {ada.user.id}


async def test_previews_tell_nothing_of_people_of_other_organisations(server: Server) -> None:
    await server.upload(COUNTER)
    ada, grace = await person(server, "Ada"), await person(server, "Grace")
    await server.platform.do(
        server.operator,
        COUNTER,
        Sharing(organisations=apps.Visibility({ada.organisation.id: None}).lists),
    )
    await accounts.grant(server.core, ada.organisation.id, ada.user.id, Role.DEVELOPER)
    developer = Requester(
        await accounts.actor_of(server.core, ada.user.id, ada.organisation.id), confirmed=True
    )
    for named in (grace.user.email, grace.user.id, "x@y.zz", "x"):
        with pytest.raises(NotFound) as refused:
            await server.platform.start_preview(developer, COUNTER, 1, users=[named])
        told = f"nobody of Ada's has the address {named}" if "@" in named else "there is no user"
        assert str(refused.value).startswith(told)
    # Of one's own organisation, and yet not among those who see the app.
    await accounts.grant(server.core, ada.organisation.id, grace.user.id, Role.MEMBER)
    chosen = apps.Visibility({ada.organisation.id: frozenset({ada.user.id})})
    await server.platform.do(server.operator, COUNTER, Sharing(organisations=chosen.lists))
    with pytest.raises(Invalid, match="Grace may not see"):
        await server.platform.start_preview(developer, COUNTER, 1, users=[grace.user.email])
