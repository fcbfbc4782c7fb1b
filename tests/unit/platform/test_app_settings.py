"""Settings of installed apps: seen, checked and saved, before and after the first promotion."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.core import accounts, app_settings, apps, audit
from app.core.accounts import Role
from app.core.app_settings import SettingsChanged
from app.kernel.errors import CoreError, Invalid, NotFound
from app.platform.app_settings import AppSettings, SettingsRefused
from app.platform.operations.allowing import Sharing
from app.platform.operations.serving import Promote
from app.platform.permissions import NotAllowed, Requester
from tests.unit.apps.helpers import APPS, COUNTER, find
from tests.unit.platform.conftest import Server

MAILER = "acme/mailer"
KEY = "sk_hunter22"
ENTRY = (APPS / MAILER / "entry.py").read_text()


async def save(server: Server, values: dict[str, Any], **more: Any) -> AppSettings:
    return await server.platform.settings.save(server.operator, MAILER, values, **more)


async def refused(server: Server, values: dict[str, Any], **more: Any) -> dict[str, str]:
    with pytest.raises(SettingsRefused) as caught:
        await save(server, values, **more)
    assert "hunter22" not in str(caught.value)
    return {problem.field: problem.message for problem in caught.value.problems}


async def requester(server: Server, name: str, *roles: str) -> Requester:
    home = await accounts.create_organisation(server.core, f"{name}'s")
    user = await accounts.create_user(server.core, name, f"{name.lower()}@x.org")
    for role in roles:
        await accounts.grant(server.core, home.id, user.id, role)
    return Requester(await accounts.actor_of(server.core, user.id, home.id), confirmed=True)


def with_code(server: Server, old: str, new: str) -> dict[str, str]:
    """Return a change of the app's entry."""
    assert old in ENTRY
    return {"entry.py": ENTRY.replace(old, new)}


async def test_what_can_be_set_is_known_before_anything_of_the_app_runs(server: Server) -> None:
    await server.upload(MAILER)
    seen = await server.platform.settings.describe(server.operator, MAILER)
    assert seen.schema is not None
    assert list(seen.schema.fields) == ["host", "port", "key"]
    assert (seen.number, seen.missing, seen.schema.secret) == (1, ("host",), {"key"})
    assert "the-default-key" not in str(seen)
    assert server.node.engine.versions.of(MAILER) == []


async def test_what_the_first_promotion_needs_is_set_before_it(server: Server) -> None:
    await server.upload(MAILER)
    saved = await save(server, {"host": "mail.example.org", "key": KEY})
    assert (saved.missing, saved.stored.values) == ((), {"host": "mail.example.org"})
    assert server.node.engine.versions.of(MAILER) == []
    await server.platform.do(server.operator, MAILER, Promote(number=1))
    await server.settle()
    page = await server.open("/apps/mailer")
    state = find(await server.node.engine.version_of(MAILER), "MailerState")
    assert page.get(state.server) == "mail.example.org:25"


@pytest.mark.parametrize("loaded", [False, True])
async def test_what_does_not_fit_is_refused_field_by_field(server: Server, loaded: bool) -> None:
    await server.deploy(MAILER)
    if loaded:
        await save(server, {"host": "localhost"})
        await server.open("/apps/mailer")
    assert bool(server.node.engine.versions.of(MAILER)) == loaded
    before = await app_settings.describe(server.core, MAILER)
    wrong = await refused(server, {"host": "nowhere", "port": 0, "key": "no_hunter22", "hots": 1})
    assert wrong == {"hots": "there is no such setting; did you mean host?"}
    wrong = await refused(server, {"host": "nowhere", "port": 0, "key": "no_hunter22"})
    assert wrong == {
        "host": "nowhere is no host",
        "port": "Input should be greater than or equal to 1",
        "key": "[redacted] does not begin with sk_",
    }
    assert await refused(server, {"port": 26}, remove=["host"]) == {"host": "Field required"}
    assert await app_settings.describe(server.core, MAILER) == before


async def test_open_pages_follow_at_once(server: Server) -> None:
    await server.deploy(MAILER)
    await save(server, {"host": "one.example.org"})
    page = await server.open("/apps/mailer")
    state = find(await server.node.engine.version_of(MAILER), "MailerState")
    await save(server, {"host": "two.example.org", "port": 26})
    await server.settle()
    assert page.get(state.server) == "two.example.org:26"
    assert page.get(state.changes) == 1
    await save(server, {}, remove=["port"])
    await server.settle()
    assert (page.get(state.server), page.get(state.changes)) == ("two.example.org:25", 2)


async def test_of_two_administrators_the_second_sees_what_changed(server: Server) -> None:
    await server.upload(MAILER)
    seen = (await save(server, {"host": "a.example.org"})).stored.revision
    await save(server, {"host": "b.example.org", "key": KEY}, base_revision=seen)
    with pytest.raises(SettingsChanged, match=r"host, key.*Olga") as caught:
        await save(server, {"host": "c.example.org"}, base_revision=seen)
    assert caught.value.current.values == {"host": "b.example.org"}
    assert "hunter22" not in repr(caught.value.current)
    saved = await save(server, {"port": 26})  # who names no revision takes what is there
    assert saved.stored.values == {"host": "b.example.org", "port": 26}


async def test_a_promotion_meanwhile_is_in_nobodys_way(server: Server) -> None:
    await server.upload(MAILER)
    seen = await server.platform.settings.describe(server.operator, MAILER)
    await server.platform.do(server.operator, MAILER, Promote(number=1))
    saved = await save(server, {"host": "localhost"}, base_revision=seen.stored.revision)
    assert saved.stored.revision == 1


NEWER = ("port: int = Field(25, ge=1, le=65535)", "port: str = 'smtp'\n    sender: str")


async def test_a_version_can_be_given_what_it_needs_while_another_is_served(
    server: Server,
) -> None:
    await server.deploy(MAILER)
    await save(server, {"host": "localhost"})
    await server.upload(MAILER, with_code(server, *NEWER))
    seen = await server.platform.settings.describe(server.operator, MAILER, 2)
    assert seen.missing == ("sender",)
    assert (await server.platform.settings.describe(server.operator, MAILER)).number == 1
    saved = await save(server, {"sender": "ada@example.org"}, number=2)
    assert saved.missing == ()
    served = await server.platform.settings.describe(server.operator, MAILER)
    assert (served.number, served.unused) == (1, ("sender",))


async def test_what_would_break_the_served_version_is_refused(server: Server) -> None:
    await server.deploy(MAILER)
    await save(server, {"host": "localhost"})
    await server.upload(MAILER, with_code(server, *NEWER))
    wrong = await refused(server, {"sender": "a@b.org", "port": "submission"}, number=2)
    assert wrong["port"].startswith(
        "version 1, which is served, does not accept this: Input should"
    )


async def test_a_version_from_before_is_asked_when_it_matters(server: Server) -> None:
    await server.upload(MAILER)
    with server.core.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM app_settings_schemas"))
    seen = await server.platform.settings.describe(server.operator, MAILER)
    assert seen.missing == ("host",)
    assert await app_settings.schema_of(server.core, MAILER, 1) is not None


async def test_an_app_without_settings_has_none(server: Server) -> None:
    await server.upload(COUNTER)
    seen = await server.platform.settings.describe(server.operator, COUNTER)
    assert (seen.schema, seen.missing, seen.unused) == (None, (), ())
    with pytest.raises(SettingsRefused, match="there is no such setting"):
        await server.platform.settings.save(server.operator, COUNTER, {"a": 1})


async def test_what_no_version_declares_can_be_removed(server: Server) -> None:
    await server.upload(MAILER)
    await app_settings.save(server.core, MAILER, {"gone": 1}, base_revision=None)
    seen = await server.platform.settings.describe(server.operator, MAILER)
    assert seen.unused == ("gone",)
    saved = await save(server, {"host": "localhost"}, remove=["gone"])
    assert saved.unused == ()


async def test_a_secret_whose_key_is_gone_asks_to_be_set_again(server: Server) -> None:
    await server.upload(MAILER)
    await save(server, {"host": "localhost", "key": KEY})
    with server.core.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE app_settings SET value = 'v1.00000000.AAAA' WHERE field = 'key'")
        )
    seen = await server.platform.settings.describe(server.operator, MAILER)
    assert seen.stored.lost == ("key",)
    await save(server, {"port": 26})  # it has a default
    assert (await save(server, {"key": KEY})).stored.lost == ()


async def test_code_of_a_model_cannot_act_in_the_administrators_name(server: Server) -> None:
    spying = """        from app.core.actor import acting
        if acting() is not None:
            raise ValueError(f"in the name of {acting().user.name}")
        if "." not in host"""
    await server.deploy(MAILER, with_code(server, '        if "." not in host', spying))
    await save(server, {"host": "localhost"})
    await server.open("/apps/mailer")
    assert server.node.engine.versions.of(MAILER)
    with server.platform._gate.acting(server.operator):
        assert (await save(server, {"host": "a.example.org"})).missing == ()


async def test_who_may_not_configure_is_refused_and_audited(server: Server) -> None:
    await server.upload(MAILER)
    await server.platform.do(
        server.operator, MAILER, Sharing(organisations=apps.Visibility(None).lists)
    )
    for name, roles, error in (
        ("Ben", [Role.MEMBER], NotFound),
        ("Dora", [Role.DEVELOPER], NotFound),
        ("Eve", [Role.ADMIN], NotFound),
    ):
        who = await requester(server, name, *roles)
        with pytest.raises(error):
            await server.platform.settings.describe(who, MAILER)
        with pytest.raises(error):
            await server.platform.settings.save(who, MAILER, {"host": "evil.example.org"})
        wanted = audit.Filter(actor_id=who.actor.user.id, outcome=audit.Outcome.REFUSED)
        entries = (await audit.query(server.core, wanted)).entries
        assert [(e.action, e.target) for e in entries] == [("configure", MAILER)] * 2
    assert (await app_settings.describe(server.core, MAILER)).revision == 0


async def test_a_developer_sees_the_app_but_not_its_settings(server: Server) -> None:
    dora = await requester(server, "Dora", Role.DEVELOPER)
    await server.upload(MAILER)
    home = apps.Visibility({dora.actor.organisation.id: None})
    await server.platform.do(server.operator, MAILER, Sharing(organisations=home.lists))
    assert (await server.platform.app(dora, MAILER)).id == MAILER
    with pytest.raises(NotAllowed):
        await server.platform.settings.describe(dora, MAILER)
    anna = await requester(server, "Anna", Role.ADMIN)
    both = apps.Visibility({anna.actor.organisation.id: None})
    await server.platform.do(server.operator, MAILER, Sharing(organisations=both.lists))
    scoped = Requester(anna.actor, frozenset({"apps:deploy"}))
    with pytest.raises(NotAllowed):
        await server.platform.settings.save(scoped, MAILER, {"host": "localhost"})
    saved = await server.platform.settings.save(anna, MAILER, {"host": "localhost"})
    assert saved.stored.touched["host"].by_name == "Anna"


async def test_history_and_audit_log_have_names_and_no_values(server: Server) -> None:
    await server.upload(MAILER)
    await save(server, {"host": "shown.example.org", "key": KEY})
    step = (await server.platform.history(server.operator, MAILER))[0]
    assert (step.action, step.note) == (apps.Action.SETTINGS, "host, key")
    lines = b"".join([part async for part in audit.export(server.core)])
    assert b"app.settings" in lines
    assert b"hunter22" not in lines
    assert b"shown.example.org" not in lines


@pytest.mark.parametrize(
    ("values", "error"),
    [({"host": "x" * 70_000 + "."}, Invalid), ({"port": float("nan")}, CoreError)],
)
async def test_what_cannot_be_stored_is_refused(
    server: Server, values: dict[str, Any], error: type[Exception]
) -> None:
    await server.upload(MAILER)
    with pytest.raises(error):
        await save(server, {"host": "localhost", **values})


async def test_a_version_that_is_not_there_has_no_settings(server: Server) -> None:
    await server.upload(MAILER)
    for number in (2, 2**31 - 1):
        with pytest.raises(NotFound):
            await server.platform.settings.describe(server.operator, MAILER, number)
