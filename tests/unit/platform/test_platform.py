"""Looking after installed apps, as seen by people who have them open."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from app.cell.compiling.bundle import Bundle
from app.core import accounts, apps, audit
from app.kernel.actor import Actor, Organisation, User
from app.kernel.errors import NotFound
from app.packages.pack import pack
from app.platform.operations.allowing import Grant, Sharing
from app.platform.operations.lifecycle import Delete, Disable, Enable, Undelete
from app.platform.operations.serving import EndPreview, Promote, Rollback
from app.platform.permissions import NotAllowed, Requester
from app.source.app_source import read_source
from app.source.problems import AppError
from app.testing import EventRefused
from tests.unit.apps.helpers import COUNTER, KITCHEN, find
from tests.unit.platform.conftest import APPS, Server, chunks, heading


def developer(organisation: Organisation) -> Requester:
    user = User("d", "Dan", "d@example.org")
    return Requester(
        Actor(user, organisation, frozenset({accounts.Role.DEVELOPER})), confirmed=True
    )


async def test_a_promoted_app_opens_and_swaps_with_its_state(server: Server) -> None:
    await server.deploy(COUNTER)
    page = await server.open("/apps/acme-counter")
    state = find(await server.node.engine.version_of(COUNTER), "CounterState")
    await page.send(state.increment)
    before = page.message["module"]

    uploaded = await server.upload(COUNTER, heading("Second"))
    await server.settle()
    assert page.message["module"] == before, "an upload activates nothing"

    await server.platform.do(server.operator, COUNTER, Promote(number=uploaded.version.number))
    await server.settle()
    assert page.message["module"] != before
    assert (page.message["number"], page.get(state.count)) == (2, 1)


async def test_code_of_an_earlier_version_finds_its_assets_for_as_long_as_it_runs(
    server: Server,
) -> None:
    await server.upload(COUNTER)
    (server.sources / COUNTER / "assets").mkdir()
    await server.deploy(COUNTER, {"assets/logo.svg": "<svg/>"})
    asset_url = server.node.engine.versions.asset_url
    former = await server.node.engine.version_of(COUNTER)
    address = asset_url(former.info, "logo.svg")
    await server.deploy(COUNTER, heading("Third") | {"assets/logo.svg": "<svg></svg>"})
    assert (await server.node.engine.version_of(COUNTER)).info.number == 3
    assert asset_url(former.info, "logo.svg") == address
    with pytest.raises(FileNotFoundError):
        asset_url(replace(former.info, number=4), "logo.svg")


async def test_a_rollback_serves_exactly_the_earlier_bytes(server: Server) -> None:
    first = await server.deploy(COUNTER)
    page = await server.open("/apps/acme-counter")
    module = page.message["module"]
    await server.deploy(COUNTER, heading("Second"))
    app = await server.platform.do(server.operator, COUNTER, Rollback())
    await server.settle()
    assert (app.current, page.message["module"]) == (1, module)
    package = await server.platform.package(server.operator, COUNTER, 1)
    assert hashlib.sha256(package).hexdigest() == first.version.package_digest


async def test_the_same_package_twice_is_one_version(server: Server) -> None:
    first = await server.upload(COUNTER)
    again = await server.upload(COUNTER)
    assert (first.new, again.new) == (True, False)
    assert first.version.number == again.version.number == 1


async def test_an_upload_does_not_touch_open_pages(server: Server) -> None:
    await server.deploy(COUNTER)
    page = await server.open("/apps/acme-counter")
    shown = page.message
    await server.upload(COUNTER, heading("Second"))
    await server.settle()
    assert page.message is shown


async def test_a_disabled_app_stops_and_comes_back_with_its_state(server: Server) -> None:
    await server.deploy(COUNTER)
    page = await server.open("/apps/acme-counter")
    state = find(await server.node.engine.version_of(COUNTER), "CounterState")
    await page.send(state.increment)
    await server.platform.do(server.operator, COUNTER, Disable())
    await server.settle()
    assert page.message["kind"] == "disabled"
    with pytest.raises(EventRefused, match="is off"):
        await page.send(state.increment)
    late = await server.open("/apps/acme-counter", user="Grace")
    assert late.message["kind"] == "disabled"

    await server.platform.do(server.operator, COUNTER, Enable())
    await server.settle()
    assert (page.message["type"], page.get(state.count)) == ("show", 1)
    assert late.message["type"] == "show"


async def test_an_app_that_nobody_had_open_while_it_was_off_is_whole_again(server: Server) -> None:
    entry = (APPS / COUNTER / "entry.py").read_text()
    late = "from .labels import heading as late\n\n        self.count += late is heading"
    await server.deploy(COUNTER, {"entry.py": entry.replace("self.count += 1", late, 1)})
    await server.node.engine.version_of(COUNTER)
    await server.platform.do(server.operator, COUNTER, Disable())
    await server.settle()
    await server.platform.do(server.operator, COUNTER, Enable())
    await server.settle()
    page = await server.open("/apps/acme-counter")
    state = find(await server.node.engine.version_of(COUNTER), "CounterState")
    await page.send(state.increment)
    assert page.get(state.count) == 1


async def test_only_people_named_and_holders_of_the_link_get_a_preview(server: Server) -> None:
    await server.deploy(COUNTER)
    ada, grace, alan = [
        await server.open("/apps/acme-counter", user=name) for name in ("Ada", "Grace", "Alan")
    ]
    second = await server.upload(COUNTER, heading("Second"))
    started = await server.platform.start_preview(
        server.operator, COUNTER, second.version.number, users=[server.people["Ada"].user.id]
    )
    await server.settle()
    await grace.goto(f"/apps/acme-counter?preview={started.token}")
    await alan.goto("/apps/acme-counter?preview=guessed")
    assert [page.message["number"] for page in (ada, grace, alan)] == [2, 2, 1]

    await server.platform.do(server.operator, COUNTER, EndPreview(preview_id=started.preview.id))
    await server.settle()
    assert [page.message["number"] for page in (ada, grace, alan)] == [1, 1, 1]


async def test_what_python_finds_by_name_is_the_version_that_is_served(server: Server) -> None:
    def found() -> str:
        return str(sys.modules["client_apps.acme.counter.labels"].heading())

    await server.deploy(COUNTER, heading("First"))
    await server.open("/apps/acme-counter", user="Grace")
    second = await server.upload(COUNTER, heading("Second"))
    grace = server.people["Grace"].user.id
    number = second.version.number
    await server.platform.start_preview(server.operator, COUNTER, number, users=[grace])
    await server.settle()
    page = await server.open("/apps/acme-counter", user="Grace")
    assert (page.message["number"], found()) == (number, "First")
    await server.platform.do(server.operator, COUNTER, Promote(number=number))
    await server.settle()
    assert found() == "Second"


async def test_a_deleted_app_is_gone_until_it_is_brought_back(server: Server) -> None:
    await server.deploy(COUNTER)
    page = await server.open("/apps/acme-counter")
    await server.platform.do(server.operator, COUNTER, Delete())
    await server.settle()
    assert page.message["kind"] == "not-found"
    await server.platform.do(server.operator, COUNTER, Undelete())
    await server.settle()
    again = await server.open("/apps/acme-counter", user="Grace")
    assert again.message["type"] == "show"


async def test_a_package_that_does_not_load_is_refused_with_its_place(server: Server) -> None:
    with pytest.raises(AppError) as refused:
        await server.upload(COUNTER, {"labels.py": "raise RuntimeError('no luck')\n"})
    (problem,) = refused.value.problems
    assert "no luck" in problem.message
    assert problem.place == "labels.py:1"
    assert await apps.all_apps(server.core) == ()
    wanted = audit.Filter(action="app.upload", outcome=audit.Outcome.REFUSED)
    [entry] = (await server.platform.audit.query(server.operator, wanted)).entries
    assert (entry.actor_name, entry.target) == ("Olga", COUNTER)
    assert "no luck" in entry.detail["first"]


async def test_an_app_of_another_organisation_is_not_there(server: Server) -> None:
    await server.deploy(COUNTER)
    page = await server.open("/apps/acme-counter", user="Ada")
    state = find(await server.node.engine.version_of(COUNTER), "CounterState")
    another = await accounts.create_organisation(server.core, "Another")
    only = apps.Visibility({another.id: None})
    await server.platform.do(server.operator, COUNTER, Sharing(organisations=only.lists))
    await server.settle()
    assert page.message["kind"] == "not-found"
    count = page.get(state.count)
    with pytest.raises(EventRefused):
        await page.send(state.increment)
    assert page.get(state.count) == count


async def test_the_second_of_two_admins_sees_what_the_first_did(server: Server) -> None:
    uploaded = await server.upload(COUNTER)
    app = await server.platform.do(
        server.operator, COUNTER, Grant(capabilities=uploaded.version.capabilities)
    )
    seen = app.revision
    await server.platform.do(server.operator, COUNTER, Promote(number=1, base_revision=seen))
    with pytest.raises(apps.Changed) as refused:
        await server.platform.do(server.operator, COUNTER, Disable(base_revision=seen))
    assert [step.action for step in refused.value.since] == [apps.Action.PROMOTE]


async def test_who_may_not_look_after_an_app_cannot_tell_whether_it_exists(server: Server) -> None:
    await server.upload(COUNTER)
    organisation = Organisation("acme", "Acme")
    member = Actor(
        User("m", "Max", "m@example.org"), organisation, frozenset({accounts.Role.MEMBER})
    )
    for app_id in (COUNTER, "acme/nothing"):
        with pytest.raises(NotFound):
            await server.platform.do(Requester(member, confirmed=True), app_id, Promote(number=1))
    with pytest.raises(NotAllowed):
        await server.platform.upload(Requester(member, confirmed=True), _nothing())
    assert await server.platform.apps(Requester(member, confirmed=True)) == []


async def test_an_organisation_updates_its_apps_and_adds_some_where_no_others_are(
    server: Server,
) -> None:
    own, others = [await accounts.create_organisation(server.core, n) for n in ("Own", "Others")]
    await server.upload(COUNTER)
    olga, server.operator = server.operator, developer(own)

    async def see(*organisations: Organisation) -> None:
        seeing = apps.Visibility({one.id: None for one in organisations})
        await server.platform.do(olga, COUNTER, Sharing(organisations=seeing.lists))

    entry = (APPS / COUNTER / "entry.py").read_text().replace('"acme-counter"', '"elsewhere"')
    await see(own, others)
    with pytest.raises(NotFound, match="there is no app 'acme/counter', and only an operator"):
        await server.upload(COUNTER, {"entry.py": entry})
    assert (await server.upload(KITCHEN)).app.visible_to == apps.Visibility({own.id: None})
    await see(others)
    assert (await server.upload(KITCHEN, {"more.py": ""})).version.number == 2
    with pytest.raises(NotFound, match="there is no app 'acme/viewer', and only an operator"):
        await server.upload("acme/viewer")
    await see(own)
    assert (await server.upload(COUNTER)).version.number == 2
    assert (await server.upload("acme/viewer")).new


async def test_a_new_app_is_for_the_organisation_of_whoever_uploads_it(server: Server) -> None:
    package = pack(read_source(APPS / COUNTER))
    uploaded = await server.platform.upload(server.operator, chunks(package))
    own = apps.Visibility({server.operator.actor.organisation.id: None})
    assert uploaded.app.visible_to == own
    # In one step with the upload: there is no moment in which others see it.
    assert [step.action for step in await apps.history(server.core, COUNTER)] == ["upload"]


async def test_of_two_organisations_that_add_an_app_at_once_the_first_has_it(
    server: Server,
) -> None:
    names = ("First", "Second")
    first, second = [await accounts.create_organisation(server.core, name) for name in names]
    own = pack(read_source(APPS / COUNTER))

    async def meanwhile() -> AsyncIterator[bytes]:
        server.operator = developer(first)
        await server.upload(COUNTER, heading("Theirs"))
        yield own

    with pytest.raises(NotFound, match="there is no app 'acme/counter', and only an operator"):
        await server.platform.upload(developer(second), meanwhile())
    app = await apps.get(server.core, COUNTER)
    assert (app.newest, app.visible_to) == (1, apps.Visibility({first.id: None}))


async def test_an_app_that_comes_in_at_the_last_moment_stays_with_its_organisation(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("First", "Second")
    first, second = [await accounts.create_organisation(server.core, name) for name in names]
    gate = server.platform._uploads._gate
    place = gate.place

    async def slow(*arguments: Any) -> apps.App | None:
        monkeypatch.undo()
        found = await place(*arguments)
        server.operator = developer(first)
        await server.upload(COUNTER, heading("Theirs"))
        return found

    monkeypatch.setattr(gate, "place", slow)
    package = pack(read_source(APPS / COUNTER))
    with pytest.raises(NotFound, match="there is no app 'acme/counter', and only an operator"):
        await server.platform.upload(developer(second), chunks(package))
    app = await apps.get(server.core, COUNTER)
    assert (app.newest, app.visible_to) == (1, apps.Visibility({first.id: None}))


async def test_what_was_compiled_is_kept_for_the_next_start(server: Server) -> None:
    await server.deploy(COUNTER)
    page = await server.open("/apps/acme-counter")
    digest = (await apps.contents(server.core, "build", COUNTER, 1)).bundle
    assert digest is not None
    bundle = Bundle.model_validate_json(await server.core.code.get(digest))
    assert page.message["module"].endswith(f"/{bundle.digest}.js")
    assert server.node.engine.modules.get(COUNTER, bundle.digest) == bundle.code.encode()


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
