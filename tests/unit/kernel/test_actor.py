from __future__ import annotations

import asyncio
import dataclasses

import anyio.to_thread
import pytest

from app.kernel.actor import (
    Actor,
    Forbidden,
    NoActor,
    Organisation,
    User,
    acting_as,
    actor,
    refuse_apps,
    require,
)

ADA = Actor(User("1", "Ada", "ada@example.com"), Organisation("2", "Acme"))
GRACE = Actor(User("3", "Grace", "grace@example.com"), Organisation("4", "Globex"))


def test_outside_a_block_nobody_acts() -> None:
    with pytest.raises(NoActor, match="acting_as"):
        actor()


def test_the_outer_actor_is_back_after_an_inner_block_that_fails() -> None:
    def fail_as_grace() -> None:
        with acting_as(GRACE):
            assert actor() is GRACE
            raise KeyError

    with acting_as(ADA):
        with pytest.raises(KeyError):
            fail_as_grace()
        assert actor() is ADA


async def test_tasks_and_worker_threads_inherit_the_actor() -> None:
    async def in_task() -> Actor:
        return await anyio.to_thread.run_sync(actor)

    with acting_as(ADA):
        assert await asyncio.create_task(in_task()) is ADA


@pytest.mark.parametrize(
    ("granted", "wanted", "allowed"),
    [
        (None, "documents:write", True),
        (frozenset(), "documents:read", False),
        (frozenset({"documents:write"}), "documents:write", True),
        (frozenset({"documents:write"}), "documents:read", True),
        (frozenset({"documents:read"}), "documents:write", False),
        (frozenset({"files:write"}), "documents:read", False),
    ],
)
def test_capabilities_restrict_what_an_app_may_do(
    granted: frozenset[str] | None, wanted: str, allowed: bool
) -> None:
    with acting_as(dataclasses.replace(ADA, app_id="acme/counter", capabilities=granted)) as who:
        if allowed:
            assert require(wanted) is who
        else:
            with pytest.raises(Forbidden, match=f"acme/counter was not granted '{wanted}'"):
                require(wanted)


def test_what_is_for_the_core_only_is_refused_to_apps_and_not_to_people() -> None:
    refuse_apps("do this")
    with acting_as(ADA):
        refuse_apps("do this")
    with (
        acting_as(dataclasses.replace(ADA, app_id="acme/counter")),
        pytest.raises(Forbidden, match="acme/counter may not do this"),
    ):
        refuse_apps("do this")
