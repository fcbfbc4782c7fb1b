from __future__ import annotations

import asyncio

from app.core.accounts import Organisation
from app.core.accounts.development import VISITORS, development_actor
from app.core.context import Core


async def test_the_same_visitor_is_the_same_developer_of_the_demo_organisation(core: Core) -> None:
    first = await development_actor(core, "browser 1")
    assert first == await development_actor(core, "browser 1")
    assert first.organisation == Organisation("demo", "Demo")
    assert first.roles == {"developer"}
    assert first.capabilities is None


async def test_without_a_visitor_there_is_one_developer(core: Core) -> None:
    assert await development_actor(core) == await development_actor(core)


async def test_visitors_get_names_of_their_own_and_guests_come_last(core: Core) -> None:
    people = [await development_actor(core, f"browser {n}") for n in range(len(VISITORS) + 2)]
    names = [person.user.name for person in people]
    assert names == [*VISITORS, "Guest 17", "Guest 18"]
    assert len({person.user.email for person in people}) == len(people)


async def test_visitors_who_come_at_once_are_told_apart(core: Core) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(development_actor(core, f"browser {n % 5}")) for n in range(20)]
    users = {task.result().user for task in tasks}
    assert {user.name for user in users} == set(VISITORS[:5])
    assert len(users) == 5
