from __future__ import annotations

import pytest

from app.core import accounts, apps
from app.core.apps import EVERYBODY, NOBODY, Visibility
from app.core.context import Core
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, NotFound
from app.kernel.quotas import MOST_FOLDER_MB
from tests.unit.core.apps.packages import COUNTER, upload


async def test_everybody_sees_an_app_until_somebody_decides(
    core: Core, ada: Actor, grace: Actor
) -> None:
    app = (await upload(core, b"one")).app
    assert app.visible_to == EVERYBODY
    assert app.visible_to.admits(ada.organisation.id, ada.user.id)
    only = Visibility({ada.organisation.id: None})
    app = await apps.set_visibility(core, COUNTER, only, base_revision=app.revision)
    assert app.visible_to.admits(ada.organisation.id, ada.user.id)
    assert not app.visible_to.admits(grace.organisation.id, grace.user.id)
    app = await apps.set_visibility(core, COUNTER, NOBODY, base_revision=app.revision)
    assert not app.visible_to.admits(ada.organisation.id, ada.user.id)
    app = await apps.set_visibility(core, COUNTER, EVERYBODY, base_revision=app.revision)
    assert app.visible_to.admits(grace.organisation.id, grace.user.id)


async def test_an_app_may_be_for_some_users_of_an_organisation(
    core: Core, ada: Actor, grace: Actor
) -> None:
    await upload(core, b"one")
    other = await accounts.create_user(core, "Alan", "alan@example.com")
    await accounts.grant(core, ada.organisation.id, other.id, "member")
    some = Visibility({ada.organisation.id: frozenset({ada.user.id}), grace.organisation.id: None})
    app = await apps.set_visibility(core, COUNTER, some, base_revision=None)
    assert app.visible_to == some == (await apps.get(core, COUNTER)).visible_to
    assert app.visible_to.admits(ada.organisation.id, ada.user.id)
    assert not app.visible_to.admits(ada.organisation.id, other.id)
    assert not app.visible_to.admits(grace.organisation.id + "x", grace.user.id)
    # Being named in one organisation is nothing in another.
    assert not Visibility({ada.organisation.id: frozenset({ada.user.id})}).admits(
        grace.organisation.id, ada.user.id
    )
    assert await apps.set_visibility(core, COUNTER, some, base_revision=app.revision) == app


async def test_an_empty_list_of_users_is_nobody(core: Core, ada: Actor) -> None:
    await upload(core, b"one")
    none = Visibility({ada.organisation.id: frozenset()})
    app = await apps.set_visibility(core, COUNTER, none, base_revision=None)
    assert not app.visible_to.admits(ada.organisation.id, ada.user.id)
    assert (await apps.get(core, COUNTER)).visible_to == none


async def test_an_app_is_shown_to_those_who_exist(core: Core, ada: Actor, grace: Actor) -> None:
    app = (await upload(core, b"one")).app
    for wrong in (
        Visibility({"nowhere": None}),
        Visibility({ada.organisation.id: frozenset({grace.user.id})}),
    ):
        with pytest.raises(NotFound):
            await apps.set_visibility(core, COUNTER, wrong, base_revision=None)
    assert await apps.get(core, COUNTER) == app


async def test_an_app_can_be_loaded_when_nodes_start(core: Core) -> None:
    await upload(core, b"one")
    app = await apps.set_load_at_boot(core, COUNTER, True, base_revision=None)
    assert app.load_at_boot
    assert await apps.set_load_at_boot(core, COUNTER, True, base_revision=None) == app


async def test_an_app_may_be_let_keep_more_or_less_than_others(core: Core) -> None:
    await upload(core, b"one")
    app = await apps.set_folder_quota(core, COUNTER, 5, base_revision=None)
    assert app.folder_mb == 5
    assert await apps.set_folder_quota(core, COUNTER, 5, base_revision=None) == app
    assert (await apps.history(core, COUNTER))[0].note == "5 MB"
    app = await apps.set_folder_quota(core, COUNTER, None, base_revision=app.revision)
    assert app.folder_mb is None
    for wrong in (0, -1, MOST_FOLDER_MB + 1):
        with pytest.raises(Invalid, match="1 to 1,000,000 MB"):
            await apps.set_folder_quota(core, COUNTER, wrong, base_revision=None)
