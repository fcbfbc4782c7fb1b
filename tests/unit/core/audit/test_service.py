from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from app.core import audit
from app.core.audit import Filter, Outcome
from app.core.context import Core
from app.core.refusals import BURST
from app.kernel.actor import Actor, Organisation, User, acting_as
from app.kernel.errors import Invalid, StorageFull

ADA = Actor(User("u1", "Ada", "ada@example.com"), Organisation("o1", "Acme"))
GRACE = Actor(User("u2", "Grace", "grace@example.com"), Organisation("o2", "Globex"))


async def _record(core: Core, action: str, target: str = "", **detail: Any) -> None:
    stamp = audit.stamp(core)
    await core.database.write(lambda session: audit.append(session, stamp, action, target, detail))


async def _read(stream: AsyncIterator[bytes]) -> str:
    return b"".join([chunk async for chunk in stream]).decode()


async def test_an_entry_says_who_when_and_from_where(core: Core) -> None:
    with acting_as(ADA), audit.coming_from("192.0.2.7"):
        await _record(core, "app.promote", "acme/counter", number=2)
    assert audit.client_address() == ""
    (entry,) = (await audit.query(core)).entries
    assert (entry.actor_id, entry.actor_name) == (ADA.user.id, "Ada")
    assert entry.organisation_id == ADA.organisation.id
    assert (entry.action, entry.target, entry.outcome) == ("app.promote", "acme/counter", "done")
    assert (entry.detail, entry.ip, entry.node) == ({"number": 2}, "192.0.2.7", core.node)


async def test_what_the_server_does_by_itself_has_no_user(core: Core) -> None:
    await _record(core, "app.fail")
    (entry,) = (await audit.query(core)).entries
    assert (entry.actor_id, entry.actor_name, entry.organisation_id) == ("", "Graft", "")


async def test_an_entry_goes_with_the_change_it_tells_of(core: Core) -> None:
    stamp = audit.stamp(core)

    def change_and_fail(session: Any) -> None:
        audit.append(session, stamp, "app.promote", "acme/counter")
        session.flush()
        raise KeyError

    with pytest.raises(KeyError):
        await core.database.write(change_and_fail)
    assert (await audit.query(core)).entries == ()


async def test_pages_are_the_newest_first_without_gaps_or_repetitions(core: Core) -> None:
    for number in range(7):
        await _record(core, "test.entry", str(number))
    seen: list[str] = []
    before = None
    for _ in range(3):
        page = await audit.query(core, limit=3, before=before)
        seen += [entry.target for entry in page.entries]
        before = page.next
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    assert before is None
    assert (await audit.query(core, limit=7)).next is None


async def test_filters_narrow_and_combine(core: Core) -> None:
    for who in (ADA, GRACE):
        with acting_as(who):
            await _record(core, "app.promote", "acme/counter")
            await _record(core, "app.disable", "acme/editor")
            await _record(core, "apple", "globex/x_y")
            await _record(core, "user.create", "globex/xzy")

    async def count(**fields: Any) -> int:
        return len((await audit.query(core, Filter(**fields))).entries)

    assert await count() == 8
    assert await count(actor_id=ADA.user.id) == 4
    assert await count(organisation_id=GRACE.organisation.id) == 4
    assert await count(action="app.promote") == 2
    assert await count(action="app.*") == 4
    assert await count(action="app") == 0
    assert await count(target="acme/*") == 4
    assert await count(target="globex/x_*") == 2
    assert await count(target="acme/*", action="app.promote", actor_id=ADA.user.id) == 1
    assert await count(outcome=Outcome.REFUSED) == 0
    entries = (await audit.query(core)).entries
    middle = entries[3].at
    assert await count(since=middle) == 4
    assert await count(until=middle) == 4
    assert await count(since=middle, until=middle + timedelta(microseconds=1)) == 1


@pytest.mark.parametrize("limit", [0, 1_001])
async def test_a_page_has_one_to_a_thousand_entries(core: Core, limit: int) -> None:
    with pytest.raises(Invalid):
        await audit.query(core, limit=limit)


@pytest.mark.parametrize("action", ["", "App.Promote", "a b", "x" * 61])
async def test_an_action_has_a_name(core: Core, action: str) -> None:
    with pytest.raises(Invalid):
        await _record(core, action)


async def test_an_export_has_all_that_was_there_oldest_first(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.audit.service.MAX_PAGE", 3)
    for number in range(7):
        await _record(core, "test.entry", str(number), number=number)
    stream = audit.export(core)
    first = await anext(stream)
    # What comes while it is read is not in it, so that it ends.
    await _record(core, "test.entry", "later")
    lines = (first.decode() + await _read(stream)).splitlines()
    assert [json.loads(line)["target"] for line in lines] == [str(number) for number in range(7)]
    assert json.loads(lines[3])["detail"] == {"number": 3}
    assert await _read(audit.export(core, Filter(target="none"))) == ""


async def test_a_table_for_spreadsheets_runs_no_formulas(core: Core) -> None:
    await _record(core, "test.entry", "=HYPERLINK(1)", text='with "quotes", and\nlines')
    await _record(core, "test.entry", "@evil")
    text = await _read(audit.export(core, format="csv"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["target"] for row in rows] == ["'=HYPERLINK(1)", "'@evil"]
    assert json.loads(rows[0]["detail"]) == {"text": 'with "quotes", and\nlines'}


async def test_a_refused_attempt_is_recorded(core: Core) -> None:
    with acting_as(ADA):
        assert await audit.refused(core, "socket.event", "acme/secret", {"event": "drop"})
    with audit.coming_from("192.0.2.9"):
        assert await audit.refused(core, "api.call", "/api/v1/apps")
    anonymous, known = (await audit.query(core, Filter(outcome=Outcome.REFUSED))).entries
    assert (known.actor_name, known.detail) == ("Ada", {"event": "drop"})
    assert (anonymous.actor_id, anonymous.actor_name) == ("", "anonymous")
    assert anonymous.ip == "192.0.2.9"


async def test_what_a_client_app_was_refused_is_recorded_too(core: Core) -> None:
    with acting_as(dataclasses.replace(ADA, app_id="acme/counter")):
        assert await audit.refused(core, "documents.write", "acme/counter")


async def test_an_attacker_cannot_fill_the_log(core: Core) -> None:
    with audit.coming_from("192.0.2.9"):
        recorded = [await audit.refused(core, "login", "x" * 10_000) for _ in range(BURST + 30)]
    assert recorded.count(True) == BURST
    with audit.coming_from("192.0.2.10"):
        assert await audit.refused(core, "login")
    entries = (await audit.query(core)).entries
    assert len(entries) == BURST + 1
    assert max(len(entry.target) for entry in entries) == 200


async def test_what_an_attacker_writes_is_one_short_visible_line(core: Core) -> None:
    target, detail = "a\r\nb\x1b[2J\u202e\ud800", {"text": "y" * 5_000}
    assert await audit.refused(core, "login", target, detail)
    (entry,) = (await audit.query(core)).entries
    assert entry.target == "a��b�[2J��"
    assert len(json.dumps(entry.detail)) < 600
    assert entry.detail["cut"].startswith('{"text": "yyy')


async def test_details_can_be_sent_whatever_an_attacker_wrote(core: Core) -> None:
    await audit.refused(core, "socket.event", detail={"event": "\ud800\0é"})
    (entry,) = (await audit.query(core)).entries
    assert entry.detail == {"event": "?\0é"}


async def test_a_log_that_cannot_be_written_does_not_undo_the_refusal(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(work: object) -> None:
        raise StorageFull("the disk is full")

    monkeypatch.setattr(core.database, "write", full)
    assert await audit.refused(core, "login") is False


async def test_the_log_has_no_way_to_change_or_choose_an_entry_to_remove() -> None:
    words = ("update", "delete", "remove", "clear", "purge", "edit")
    assert not [name for name in audit.__all__ if any(word in name.lower() for word in words)]
