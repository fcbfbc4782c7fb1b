"""The editor as its users use it: several pages on one server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.core import documents
from app.core.actor import acting_as
from app.testing import Kit, Page, kit
from client_apps.globex.live_editor.history_state import HistoryState
from client_apps.globex.live_editor.list_state import ListState
from client_apps.globex.live_editor.report import with_value
from client_apps.globex.live_editor.state import EditorState

APP = "globex/live_editor"


@pytest.fixture
async def server() -> AsyncIterator[Kit]:
    async with kit(only=APP) as running:
        yield running


async def create(server: Kit, title: str = "Tower crane") -> Page:
    """A page of Ada's that shows a report she has just created."""
    page = await server.open(APP, user="Ada")
    await page.send(ListState.create, {"title": title})
    await page.settle()
    return page


async def join(server: Kit, page: Page, user: str) -> Page:
    return await server.open(APP, page.path.removeprefix("/apps/globex-live-editor"), user=user)


def field(page: Page, name: str) -> dict[str, Any]:
    found: dict[str, Any] = page.get(EditorState.sheet)[name]
    return found


def sections(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.get(EditorState.sheet)["sections"]
    return found


async def write(page: Page, name: str, value: str) -> None:
    """Type into a head field, pausing once."""
    await page.send(EditorState.enter, name)
    await page.send(EditorState.typed, name, field(page, name)["stamp"], value)


async def leave(page: Page, name: str, value: str) -> None:
    await page.send(EditorState.exit, name, field(page, name)["stamp"], value)


async def test_creating_a_report_opens_it(server: Kit) -> None:
    page = await create(server)
    assert page.path.startswith("/apps/globex-live-editor/documents/")
    assert page.get(EditorState.phase) == "ready"
    assert field(page, "title")["value"] == "Tower crane"


async def test_a_report_without_title_is_not_created(server: Kit) -> None:
    page = await server.open(APP)
    await page.send(ListState.create, {"title": "  "})
    assert [toast.kind for toast in page.toasts] == ["error"]
    assert page.get(ListState.reports) == []


async def test_the_list_learns_of_new_and_changed_reports_by_itself(server: Kit) -> None:
    listing = await server.open(APP, user="Grace")
    page = await create(server)
    await write(page, "title", "Mobile crane")
    assert [row["title"] for row in listing.get(ListState.found)] == ["Mobile crane"]
    await listing.send(ListState.search, "ADA mobile")
    assert len(listing.get(ListState.found)) == 1
    await listing.send(ListState.search, "bridge")
    assert listing.get(ListState.found) == []


async def test_a_report_that_does_not_exist_is_told_so(server: Kit) -> None:
    page = await server.open(APP, "/documents/nothing")
    assert page.get(EditorState.phase) == "missing"


async def test_reports_of_another_organisation_do_not_exist(server: Kit) -> None:
    page = await create(server)
    path = page.path.removeprefix("/apps/globex-live-editor")
    stranger = await server.open(APP, path, user="Mallory", organisation="Other")
    assert stranger.get(EditorState.phase) == "missing"


async def test_what_one_types_the_others_see(server: Kit) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    await write(ada, "summary", "Leaning")
    assert field(grace, "summary")["value"] == "Leaning"
    assert grace.get(EditorState.announcement) == "Ada changed Summary"
    assert ada.get(EditorState.announcement) == "Saved"


async def test_own_typing_never_draws_the_own_field_anew(server: Kit) -> None:
    ada = await create(server)
    key = field(ada, "summary")["key"]
    for text in ("L", "Lean", "Leaning"):
        await write(ada, "summary", text)
    await leave(ada, "summary", "Leaning")
    assert field(ada, "summary")["key"] == key


async def test_people_see_who_is_here_and_in_which_field(server: Kit) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    assert [person["name"] for person in ada.get(EditorState.here)] == ["Ada", "Grace"]
    await grace.send(EditorState.enter, "summary")
    assert field(ada, "summary")["editor"] == "Grace"
    assert field(grace, "summary")["editor"] == ""
    await leave(grace, "summary", "")
    assert field(ada, "summary")["editor"] == ""
    await grace.disconnect()
    await ada.wait_for(lambda: len(ada.get(EditorState.here)) == 1)


async def test_going_back_to_the_list_leaves_the_report(server: Kit) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    await grace.goto("/apps/globex-live-editor")
    assert [person["name"] for person in ada.get(EditorState.here)] == ["Ada"]


async def test_changes_of_different_fields_at_once_are_all_kept(server: Kit) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    await ada.send(EditorState.enter, "summary")
    await grace.send(EditorState.enter, "site")
    await write(ada, "summary", "Leaning")
    await write(grace, "site", "Dock 4")
    for page in (ada, grace):
        assert field(page, "summary")["value"] == "Leaning"
        assert field(page, "site")["value"] == "Dock 4"
        assert page.get(EditorState.questions) == 0


@pytest.mark.parametrize(("mine", "kept"), [(True, "Upright"), (False, "Leaning")])
async def test_a_conflict_is_shown_with_both_values_and_decided(
    server: Kit, mine: bool, kept: str
) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    await grace.send(EditorState.enter, "summary")
    await write(ada, "summary", "Leaning")
    assert field(grace, "summary")["value"] == ""
    assert field(grace, "summary")["pending"] == "Ada changed this to: Leaning"
    await leave(grace, "summary", "Upright")
    question = field(grace, "summary")
    assert (question["clash_mine"], question["clash_theirs"]) == ("Upright", "Leaning")
    assert question["clash_author"] == "Ada"
    assert field(ada, "summary")["value"] == "Leaning"
    await grace.send(EditorState.decide, "summary", mine)
    assert grace.get(EditorState.questions) == 0
    assert field(grace, "summary")["value"] == kept
    await leave(ada, "summary", "Leaning")
    assert field(ada, "summary")["value"] == kept


async def test_sections_are_added_moved_and_removed_for_everybody(server: Kit) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    for _ in range(2):
        await ada.send(EditorState.add_section)
    first, second = (section["id"] for section in sections(grace))
    await grace.send(EditorState.move_section, second, -1)
    assert [section["id"] for section in sections(ada)] == [second, first]
    await ada.send(EditorState.choose, f"items/{first}/done", True)
    assert sections(grace)[1]["done"]["checked"] is True
    await grace.send(EditorState.remove_section, first)
    assert [section["id"] for section in sections(ada)] == [second]


async def test_typing_in_a_section_that_somebody_removes_asks_what_to_do(server: Kit) -> None:
    ada = await create(server)
    await ada.send(EditorState.add_section)
    grace = await join(server, ada, "Grace")
    key = sections(grace)[0]["id"]
    path = f"items/{key}/text"
    await grace.send(EditorState.enter, path)
    await ada.send(EditorState.remove_section, key)
    assert sections(ada) == []
    await grace.send(EditorState.exit, path, 0, "Cracked")
    assert sections(grace)[0]["whole"]["clash"]
    assert sections(ada)[0]["text"]["value"] == "Cracked"
    await grace.send(EditorState.decide, f"items/{key}", False)
    assert sections(ada) == sections(grace) == []


@pytest.mark.parametrize("path", ["title", "status", "nonsense", "items/none/text"])
async def test_a_value_that_a_field_cannot_hold_is_refused(server: Kit, path: str) -> None:
    ada = await create(server)
    before = ada.get(EditorState.sheet)
    await ada.send(EditorState.choose, path, "")
    assert [toast.kind for toast in ada.toasts] == ["error"]
    assert ada.get(EditorState.sheet) == before


async def test_leaving_the_title_empty_brings_the_old_one_back(server: Kit) -> None:
    ada = await create(server)
    key = field(ada, "title")["key"]
    await leave(ada, "title", "")
    assert field(ada, "title")["value"] == "Tower crane"
    assert field(ada, "title")["key"] != key


async def test_history_shows_who_did_what_and_brings_a_revision_back(server: Kit) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    await write(ada, "summary", "Leaning")
    await leave(ada, "summary", "Leaning")
    await write(grace, "summary", "Fallen")
    await grace.send(HistoryState.toggle, True)
    listed = grace.get(HistoryState.listed)
    assert [(entry["who"], entry["what"]) for entry in listed] == [
        ("Grace", "Summary"),
        ("Ada", "Summary"),
        ("Ada", "Created"),
    ]
    await grace.send(HistoryState.select, 2)
    (line,) = grace.get(HistoryState.visible_lines)
    assert (line["then"], line["now"]) == ("Leaning", "Fallen")
    await leave(grace, "summary", "Fallen")
    await grace.send(HistoryState.restore)
    for page in (ada, grace):
        assert field(page, "summary")["value"] == "Leaning"
    assert not grace.get(HistoryState.shown)


async def test_a_report_that_is_deleted_is_told_so(server: Kit) -> None:
    ada = await create(server)
    with acting_as(ada.actor):
        await documents.delete(ada.path.rpartition("/")[2], base_revision=1)
    await ada.settle()
    assert ada.get(EditorState.phase) == "deleted"


@pytest.mark.parametrize("theirs", ["site", "summary"])
async def test_a_save_that_comes_second_is_merged_with_the_first(
    server: Kit, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    """Grace's save slips in between Ada's look at the report and Ada's save."""
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    save = documents.save

    async def second(document_id: str, *args: Any, **kwargs: Any) -> documents.Document:
        monkeypatch.setattr(documents, "save", save)
        now = await documents.get(document_id)
        with acting_as(grace.actor):
            content = with_value(now.content, theirs, "Dock 4")
            await save(document_id, content, base_revision=now.revision)
        return await save(document_id, *args, **kwargs)

    monkeypatch.setattr(documents, "save", second)
    await write(ada, "summary", "Leaning")
    assert field(ada, "summary")["value"] == "Leaning"
    if theirs == "site":
        assert field(ada, "site")["value"] == field(grace, "site")["value"] == "Dock 4"
        assert field(grace, "summary")["value"] == "Leaning"
    else:
        question = field(ada, "summary")
        assert (question["clash_theirs"], question["clash_author"]) == ("Dock 4", "Grace")
        assert field(grace, "summary")["value"] == "Dock 4"


async def test_what_could_not_be_stored_is_kept_and_stored_on_retry(
    server: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    with monkeypatch.context() as broken:
        broken.setattr(documents, "save", _refuse)
        await write(ada, "summary", "Leaning")
        assert ada.get(EditorState.problem) == "Not saved: the document has too many bytes"
    await ada.send(EditorState.retry)
    assert ada.get(EditorState.problem) == ""
    assert field(grace, "summary")["value"] == "Leaning"


async def test_a_retry_does_not_write_over_what_others_stored_meanwhile(
    server: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    with monkeypatch.context() as broken:
        broken.setattr(documents, "save", _refuse)
        await write(ada, "summary", "Leaning")
    await leave_without_value(ada)
    await write(grace, "summary", "Upright")
    await ada.send(EditorState.retry)
    assert field(ada, "summary")["clash_theirs"] == "Upright"
    assert field(grace, "summary")["value"] == "Upright"


async def leave_without_value(page: Page) -> None:
    await page.send(EditorState.exit_choice, "summary")


async def _refuse(*_: object, **__: object) -> None:
    raise documents.Invalid("the document has too many bytes")


async def test_an_update_of_the_app_keeps_what_is_open(server: Kit) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    await grace.send(EditorState.enter, "summary")
    await write(ada, "summary", "Leaning")
    await leave(grace, "summary", "Upright")
    source = server.source(APP, "people.py")
    await server.swap(APP, {"people.py": source.replace('"?"', '"-"')})
    question = field(grace, "summary")
    assert (question["clash_mine"], question["clash_theirs"]) == ("Upright", "Leaning")
    await write(ada, "site", "Dock 4")
    assert field(grace, "site")["value"] == "Dock 4"
    assert len(ada.get(EditorState.here)) == 2


async def test_saved_is_told_only_when_everything_is(
    server: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await create(server)
    await write(ada, "site", "Dock 4")
    assert ada.get(EditorState.announcement) == "Saved"
    with monkeypatch.context() as broken:
        broken.setattr(documents, "save", _refuse)
        await write(ada, "summary", "Leaning")
    assert ada.get(EditorState.announcement) == ""
    # Another change is stored; this one still is not.
    await write(ada, "site", "Dock 5")
    assert ada.get(EditorState.problem).startswith("Not saved")
    assert ada.get(EditorState.announcement) == ""
    await ada.send(EditorState.retry)
    assert (ada.get(EditorState.problem), ada.get(EditorState.announcement)) == ("", "Saved")


async def test_saved_is_told_still_when_the_connection_is_back(server: Kit) -> None:
    ada = await create(server)
    await write(ada, "site", "Dock 4")
    await ada.disconnect()
    await ada.connect()
    assert field(ada, "site")["value"] == "Dock 4"
    assert ada.get(EditorState.announcement) == "Saved"


async def test_a_change_that_clashes_is_not_told_to_be_saved(server: Kit) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    await ada.send(EditorState.enter, "summary")
    await write(grace, "summary", "Upright")
    await write(ada, "summary", "Leaning")
    assert ada.get(EditorState.questions) == 1
    assert ada.get(EditorState.announcement) != "Saved"


async def test_what_could_not_be_stored_is_still_there_when_the_connection_is_back(
    server: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    await write(ada, "site", "Dock 4")
    with monkeypatch.context() as broken:
        broken.setattr(documents, "save", _refuse)
        await write(ada, "summary", "Leaning")
        await ada.disconnect()
        await ada.connect()
        await ada.send(EditorState.enter, "summary")
        assert field(ada, "summary")["value"] == "Leaning"
        assert field(ada, "summary")["pending"] == ""
        assert ada.get(EditorState.problem).startswith("Not saved")
        assert ada.get(EditorState.announcement) == ""
    # It is stored at the next connection, or when the person asks for it.
    await ada.disconnect()
    await ada.connect()
    assert (ada.get(EditorState.problem), ada.get(EditorState.announcement)) == ("", "Saved")
    assert field(grace, "summary")["value"] == "Leaning"


@pytest.mark.parametrize("event", [EditorState.typed, EditorState.exit])
async def test_what_is_typed_before_the_report_is_open_again_is_stored_then(
    server: Kit, event: Any
) -> None:
    """The server lost the page's state; what the person types may be there before `open` is."""
    ada = await create(server)
    grace = await join(server, ada, "Grace")
    await write(ada, "site", "Dock 4")
    state = await ada.state(EditorState)
    state._document, state._desk, state.phase = "", "", "loading"
    acknowledged = ada.get(EditorState.stored)
    await ada.send(event, "summary", 0, "Leaning")
    assert ada.get(EditorState.stored) == acknowledged
    await ada.disconnect()
    await ada.connect()
    assert ada.get(EditorState.stored) == "summary Leaning"
    assert field(ada, "summary")["value"] == field(grace, "summary")["value"] == "Leaning"


async def test_what_could_not_be_stored_stays_with_its_own_report(
    server: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await create(server)
    first = ada.path
    with monkeypatch.context() as broken:
        broken.setattr(documents, "save", _refuse)
        await write(ada, "summary", "Leaning")
    await ada.goto("/apps/globex-live-editor")
    await ada.send(ListState.create, {"title": "Another"})
    await ada.settle()
    assert ada.path != first
    assert field(ada, "summary")["value"] == ""
    assert ada.get(EditorState.problem) == ""
