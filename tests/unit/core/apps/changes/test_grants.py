from __future__ import annotations

import re
from typing import Any

import pytest

from app.core import apps, audit
from app.core.apps import TOPIC, Changed, NotReady, State
from app.core.context import Core
from app.kernel.errors import Invalid
from tests.unit.core.apps.packages import COUNTER, upload


async def test_granting_makes_ready_what_waited_for_nothing_else(core: Core) -> None:
    await upload(core, b"one", capabilities=["network", "files:read"])
    await upload(core, b"two", capabilities=["network", "broadcast"])
    app = await apps.grant(core, COUNTER, ["network", "files:write"], base_revision=None)
    assert app.granted == {"network", "files:write"}
    states = [version.state for version in await apps.versions(core, COUNTER)]
    assert states == [State.WAITING, State.READY]
    assert app.current is None


async def test_origins_are_granted_like_capabilities(core: Core) -> None:
    tile, longest = "img https://tile.example.org", f"script https://{'a.' * 120}example.org:65535"
    added = await upload(core, b"one", capabilities=["network"], origins=[tile, longest])
    assert added.version.capabilities == ("network", tile, longest)
    await apps.grant(core, COUNTER, ["network", tile], base_revision=None)
    with pytest.raises(NotReady, match=f"was not granted: {re.escape(longest)}. Grant it on"):
        await apps.promote(core, COUNTER, 1, base_revision=None)
    app = await apps.grant(core, COUNTER, [longest], base_revision=None)
    assert app.granted == {"network", tile, longest}
    assert (await apps.promote(core, COUNTER, 1, base_revision=None)).current == 1


async def test_granting_and_revoking_twice_is_as_once(core: Core) -> None:
    await upload(core, b"one")
    app = await apps.grant(core, COUNTER, ["network"], base_revision=None)
    assert await apps.grant(core, COUNTER, ["network"], base_revision=app.revision) == app
    app = await apps.revoke(core, COUNTER, ["network"], base_revision=app.revision)
    assert app.granted == frozenset()
    assert await apps.revoke(core, COUNTER, ["network"], base_revision=app.revision) == app


async def test_revoking_leaves_the_version_served_and_the_next_one_waiting(core: Core) -> None:
    await apps.grant(
        core,
        (await upload(core, b"one", capabilities=["network"])).app.id,
        ["network"],
        base_revision=None,
    )
    await apps.promote(core, COUNTER, 1, base_revision=None)
    app = await apps.revoke(core, COUNTER, ["network"], base_revision=None)
    assert app.served
    assert (await apps.version(core, COUNTER, 1)).state is State.READY
    assert (await upload(core, b"two", capabilities=["network"])).version.state is State.WAITING


@pytest.mark.parametrize("capability", ["", "Network", "a b", "x" * 61])
async def test_what_is_no_capability_is_not_granted(core: Core, capability: str) -> None:
    await upload(core, b"one")
    with pytest.raises(Invalid):
        await apps.grant(core, COUNTER, [capability], base_revision=None)


async def test_what_an_app_may_do_is_said_in_one_step(core: Core) -> None:
    await upload(core, b"one", capabilities=["network", "files:read"])
    app = await apps.grant(core, COUNTER, ["network", "broadcast"], base_revision=None)
    told: list[Any] = []

    async def hear(payload: dict[str, Any]) -> None:
        told.append(payload["action"])

    core.bus.subscribe(TOPIC, hear)
    wanted = ["files:read", "broadcast"]
    app = await apps.set_grants(core, COUNTER, wanted, base_revision=app.revision)
    await core.bus.idle()
    assert app.granted == {"files:read", "broadcast"}
    # What waits for both never had both.
    assert (await apps.version(core, COUNTER, 1)).state is State.WAITING
    revoked, granted = (await apps.history(core, COUNTER))[:2]
    assert (granted.action, granted.note) == ("grant", "files:read")
    assert (revoked.action, revoked.note) == ("revoke", "network")
    assert told == ["grant", "revoke"]
    entries = (await audit.query(core, audit.Filter(target=COUNTER))).entries[:2]
    assert [entry.action for entry in entries] == ["app.revoke", "app.grant"]
    app = await apps.set_grants(
        core, COUNTER, ["files:read", "network"], base_revision=app.revision
    )
    assert (await apps.version(core, COUNTER, 1)).state is State.READY


async def test_capabilities_are_said_for_the_app_that_somebody_saw(core: Core) -> None:
    await upload(core, b"one")
    seen = await apps.grant(core, COUNTER, ["network"], base_revision=None)
    now = await apps.set_load_at_boot(core, COUNTER, True, base_revision=None)
    for wanted in (["network"], ["broadcast"], []):  # also when nothing would differ
        with pytest.raises(Changed):
            await apps.set_grants(core, COUNTER, wanted, base_revision=seen.revision)
    with pytest.raises(Invalid):
        await apps.set_grants(core, COUNTER, ["broadcast", "No"], base_revision=None)
    assert await apps.get(core, COUNTER) == now
    assert await apps.set_grants(core, COUNTER, ["network"], base_revision=now.revision) == now
