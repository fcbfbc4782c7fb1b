from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, func, select

from app.core import documents
from app.core.bus import InMemoryBus, in_organisation
from app.core.context import Core, use
from app.core.documents import Conflict, Document, Invalid, NotFound, TooLarge, store
from app.core.documents.tables import RevisionRow
from app.kernel.actor import Actor, Forbidden, acting_as
from tests.unit.core.strategies import json_objects


@pytest.fixture
def as_ada(ada: Actor) -> Iterator[Actor]:
    with acting_as(dataclasses.replace(ada, session="tab 1")) as who:
        yield who


def _heard(core: Core, who: Actor, topic: str) -> list[dict[str, Any]]:
    heard: list[dict[str, Any]] = []

    async def hear(payload: dict[str, Any]) -> None:
        heard.append(payload)

    core.bus.subscribe(in_organisation(who.organisation.id, topic), hear)
    return heard


async def _idle(core: Core) -> None:
    assert isinstance(core.bus, InMemoryBus)
    await core.bus.idle()


async def test_a_new_document_is_at_revision_1_and_can_be_read_back(as_ada: Actor) -> None:
    created = await documents.create("plan", " Ground floor ", {"rooms": [1]})
    assert created == Document(
        id=created.id,
        kind="plan",
        title="Ground floor",
        content={"rooms": [1]},
        revision=1,
        created_at=created.created_at,
        updated_at=created.created_at,
        updated_by=as_ada.user.id,
        updated_by_name="Ada",
    )
    assert await documents.get(created.id) == created


async def test_a_save_makes_the_next_revision_and_keeps_the_title(as_ada: Actor) -> None:
    first = await documents.create("plan", "Plan", {"n": 1})
    second = await documents.save(first.id, {"n": 2}, base_revision=1)
    third = await documents.save(first.id, {"n": 3}, base_revision=2, title="New plan")
    assert (second.revision, second.title, second.content) == (2, "Plan", {"n": 2})
    assert (third.revision, third.title, third.content) == (3, "New plan", {"n": 3})
    assert third.created_at == first.created_at < second.updated_at < third.updated_at
    assert await documents.get(first.id) == third


async def test_every_revision_can_be_read_as_it_was_saved(as_ada: Actor) -> None:
    first = await documents.create("plan", "Plan", {"n": 1})
    second = await documents.save(first.id, {"n": 2}, base_revision=1, title="New plan")
    assert await documents.get(first.id, revision=1) == first
    assert await documents.get(first.id, revision=2) == second
    for missing in (0, 3):
        with pytest.raises(NotFound, match=f"at revision {missing}"):
            await documents.get(first.id, revision=missing)


async def test_history_tells_who_saved_what_when_the_newest_first(as_ada: Actor) -> None:
    first = await documents.create("plan", "Plan", {})
    await documents.save(first.id, {}, base_revision=1, note=" moved a wall ")
    revisions = await documents.history(first.id)
    assert [(each.number, each.saved_by_name, each.note) for each in revisions] == [
        (2, "Ada", "moved a wall"),
        (1, "Ada", ""),
    ]
    assert revisions[1].saved_at == first.updated_at
    assert revisions[1].saved_by == as_ada.user.id
    assert await documents.history(first.id, limit=1) == revisions[:1]


async def test_a_save_on_a_stale_revision_is_refused_and_shows_the_current_document(
    as_ada: Actor,
) -> None:
    first = await documents.create("plan", "Plan", {"n": 1})
    second = await documents.save(first.id, {"n": 2}, base_revision=1)
    for stale in (1, 0, 3):
        with pytest.raises(Conflict, match="at revision 2") as caught:
            await documents.save(first.id, {"n": 9}, base_revision=stale)
        assert caught.value.current == second
    assert [each.number for each in await documents.history(first.id)] == [2, 1]


async def test_of_many_who_save_at_once_on_one_revision_one_wins(as_ada: Actor) -> None:
    first = await documents.create("plan", "Plan", {"by": None})
    saves = [documents.save(first.id, {"by": n}, base_revision=1) for n in range(20)]
    results = await asyncio.gather(*saves, return_exceptions=True)
    won = [result for result in results if isinstance(result, Document)]
    assert len(won) == 1
    assert all(
        isinstance(result, Conflict) and result.current == won[0]
        for result in results
        if result is not won[0]
    )


async def test_who_merges_and_tries_again_loses_nothing(core: Core, as_ada: Actor) -> None:
    first = await documents.create("plan", "Plan", {})
    heard = _heard(core, as_ada, documents.topic(first.id))

    async def add(key: str) -> None:
        current = first
        while True:
            try:
                merged = {**current.content, key: True}
                await documents.save(first.id, merged, base_revision=current.revision)
            except Conflict as conflict:
                current = conflict.current
            else:
                return

    async with asyncio.TaskGroup() as group:
        for number in range(15):
            group.create_task(add(f"key {number}"))
    last = await documents.get(first.id)
    assert len(last.content) == 15
    assert last.revision == 16
    await _idle(core)
    assert [payload["revision"] for payload in heard] == list(range(2, 17))


async def test_documents_are_listed_newest_first_by_kind_and_page_by_page(as_ada: Actor) -> None:
    for number in range(5):
        await documents.create("plan" if number % 2 else "list", f"Number {number}", {})
    everything = await documents.list()
    assert [info.title[-1] for info in everything] == ["4", "3", "2", "1", "0"]
    assert [info.title[-1] for info in await documents.list("plan")] == ["3", "1"]
    page = await documents.list(limit=2)
    assert page + await documents.list(limit=100, after=page[-1].id) == everything
    assert await documents.list(after=everything[-1].id) == []
    with pytest.raises(NotFound):
        await documents.list(after="gone")


async def test_deleting_takes_the_history_too(core: Core, as_ada: Actor) -> None:
    first = await documents.create("plan", "Plan", {})
    await documents.save(first.id, {}, base_revision=1)
    with pytest.raises(Conflict) as caught:
        await documents.delete(first.id, base_revision=1)
    assert caught.value.current.revision == 2
    await documents.delete(first.id, base_revision=2)
    with pytest.raises(NotFound):
        await documents.get(first.id)

    def revisions(session: Session) -> int:
        return session.exec(select(func.count()).select_from(RevisionRow)).one()

    assert await core.database.read(revisions) == 0


async def test_every_change_is_told_to_the_topics_of_document_and_kind(
    core: Core, as_ada: Actor
) -> None:
    of_kind = _heard(core, as_ada, documents.topic_of_kind("plan"))
    other_kind = _heard(core, as_ada, documents.topic_of_kind("list"))
    first = await documents.create("plan", "Plan", {})
    of_document = _heard(core, as_ada, documents.topic(first.id))
    await _idle(core)
    await documents.save(first.id, {}, base_revision=1)
    await documents.delete(first.id, base_revision=2)
    await _idle(core)
    base = {
        "id": first.id,
        "kind": "plan",
        "by": as_ada.user.id,
        "by_name": "Ada",
        "session": "tab 1",
    }
    assert of_kind == [
        base | {"revision": 1, "action": "created"},
        base | {"revision": 2, "action": "saved"},
        base | {"revision": 2, "action": "deleted"},
    ]
    assert of_document == of_kind[1:]
    assert other_kind == []


async def test_who_hears_of_a_change_finds_it_committed(core: Core, as_ada: Actor) -> None:
    first = await documents.create("plan", "Plan", {"n": 1})
    found: list[Any] = []

    async def read(_: dict[str, Any]) -> None:
        found.append((await documents.get(first.id)).content)

    core.bus.subscribe(in_organisation(as_ada.organisation.id, documents.topic(first.id)), read)
    await documents.save(first.id, {"n": 2}, base_revision=1)
    await _idle(core)
    assert found == [{"n": 2}]


async def test_what_is_refused_is_not_told(core: Core, as_ada: Actor) -> None:
    first = await documents.create("plan", "Plan", {})
    heard = _heard(core, as_ada, documents.topic(first.id))
    with pytest.raises(Conflict):
        await documents.save(first.id, {}, base_revision=7)
    with pytest.raises(Invalid):
        await documents.save(first.id, {"bad": {1}}, base_revision=1)
    await _idle(core)
    assert heard == []


async def test_a_save_whose_caller_is_cancelled_is_told_all_the_same(
    core: Core, as_ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await documents.create("plan", "Plan", {})
    heard = _heard(core, as_ada, documents.topic(first.id))
    begun, go_on, save = threading.Event(), threading.Event(), store.save

    def slow_save(*args: Any, **kwargs: Any) -> Document:
        begun.set()
        assert go_on.wait(10)
        return save(*args, **kwargs)

    monkeypatch.setattr(store, "save", slow_save)
    caller = asyncio.create_task(documents.save(first.id, {}, base_revision=1))
    await asyncio.to_thread(begun.wait, 10)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await core.close()
    assert [payload["revision"] for payload in heard] == [2]


class _BrokenBus(InMemoryBus):
    async def publish(self, topic: str, payload: Mapping[str, Any]) -> None:
        raise ConnectionError("the bus is away")


async def test_a_save_succeeds_when_nobody_can_be_told(
    core: Core, as_ada: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    with use(dataclasses.replace(core, bus=_BrokenBus())):
        created = await documents.create("plan", "Plan", {})
    assert await documents.get(created.id) == created
    assert "could not tell of a change" in caplog.text


@pytest.mark.parametrize(
    "call",
    [
        lambda id: documents.get(id),
        lambda id: documents.get(id, revision=1),
        lambda id: documents.save(id, {}, base_revision=1),
        lambda id: documents.save(id, {}, base_revision=9),
        lambda id: documents.history(id),
        lambda id: documents.delete(id, base_revision=1),
        lambda id: documents.list(after=id),
    ],
)
async def test_a_document_of_another_organisation_is_not_there(
    ada: Actor, grace: Actor, call: Callable[[str], Awaitable[object]]
) -> None:
    with acting_as(ada):
        created = await documents.create("plan", "Plan", {"secret": 1})
    with acting_as(grace):
        with pytest.raises(NotFound):
            await call(created.id)
        assert await documents.list() == []
    with acting_as(ada):
        assert await documents.get(created.id) == created


async def test_another_organisation_does_not_hear_of_changes(
    core: Core, ada: Actor, grace: Actor
) -> None:
    heard = _heard(core, grace, documents.topic_of_kind("plan"))
    with acting_as(ada):
        await documents.create("plan", "Plan", {})
    await _idle(core)
    assert heard == []


async def test_content_above_the_limit_is_refused(as_ada: Actor) -> None:
    with pytest.raises(TooLarge, match="at most 100,000 are allowed"):
        await documents.create("plan", "Plan", {"text": "x" * 100_000})
    assert await documents.list() == []


@pytest.mark.parametrize(
    ("granted", "may_read", "may_write"),
    [
        ("documents:read", True, False),
        ("documents:write", True, True),
        ("files:write", False, False),
    ],
)
async def test_an_app_does_what_it_was_granted(
    ada: Actor, granted: str, may_read: bool, may_write: bool
) -> None:
    with acting_as(ada):
        made = await documents.create("plan", "Plan", {})
    app = dataclasses.replace(ada, app_id="acme/x", capabilities=frozenset({granted}))
    reads = [documents.get(made.id), documents.list(), documents.history(made.id)]
    writes = [
        documents.create("plan", "Plan", {}),
        documents.save(made.id, {}, base_revision=1),
        documents.delete(made.id, base_revision=2),
    ]
    with acting_as(app):
        outcomes = [
            await asyncio.gather(*[call], return_exceptions=True) for call in [*reads, *writes]
        ]
    refused = [isinstance(outcome[0], Forbidden) for outcome in outcomes]
    assert refused == [not may_read] * 3 + [not may_write] * 3


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(contents=st.lists(json_objects, min_size=1, max_size=4))
async def test_any_json_round_trips_and_revisions_are_dense(
    as_ada: Actor, contents: list[dict[str, Any]]
) -> None:
    document = await documents.create("plan", "Plan", contents[0])
    for content in contents[1:]:
        document = await documents.save(document.id, content, base_revision=document.revision)
    numbers = [each.number for each in await documents.history(document.id)]
    assert numbers == list(range(len(contents), 0, -1))
    for number, content in enumerate(contents, start=1):
        stored = await documents.get(document.id, revision=number)
        assert repr(stored.content) == repr(content)


async def test_whoever_asks_for_a_document_by_its_key_gets_the_one_that_is_there(
    core: Core, ada: Actor, grace: Actor
) -> None:
    with acting_as(ada):
        heard = _heard(core, ada, documents.topic_of_kind("plan"))
        first = await documents.get_or_create("plan", "main", "Plan", {"rooms": []})
        await documents.save(first.id, {"rooms": [1]}, base_revision=1)
        again = await documents.get_or_create("plan", "main", "Other", {})
        assert (again.id, again.title, again.content) == (first.id, "Plan", {"rooms": [1]})
        assert (await documents.get_or_create("plan", "2", "Second", {})).id != first.id
        await _idle(core)
        assert [one["action"] for one in heard] == ["created", "saved", "created"]
        await documents.delete(first.id, base_revision=2)
        assert (await documents.get_or_create("plan", "main", "New", {})).title == "New"
    with acting_as(grace):
        assert (await documents.get_or_create("plan", "main", "Hers", {})).title == "Hers"


async def test_of_many_who_make_a_document_at_once_one_does(core: Core, as_ada: Actor) -> None:
    heard = _heard(core, as_ada, documents.topic_of_kind("plan"))
    made = await asyncio.gather(
        *(documents.get_or_create("plan", "main", f"Plan {n}", {"n": n}) for n in range(8))
    )
    assert len({one.id for one in made}) == 1
    assert len({one.content["n"] for one in made}) == 1
    assert len(await documents.list("plan")) == 1
    await _idle(core)
    assert len(heard) == 1


async def test_a_key_is_a_short_text(as_ada: Actor) -> None:
    with pytest.raises(Invalid, match="the key has 201 characters"):
        await documents.get_or_create("plan", "x" * 201, "Plan", {})
