from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text

from app.core import app_settings, apps, audit
from app.core.app_settings import Described, SecretLost, SettingsChanged
from app.core.bus import InMemoryBus
from app.core.context import Core
from app.core.secret_box import SecretBox
from app.kernel.errors import Invalid, NotFound
from tests.unit.core.apps.packages import COUNTER, upload
from tests.unit.core.strategies import json_objects

SECRET = "swordfish-4711"


@pytest.fixture
async def installed(core: Core) -> Core:
    await upload(core, b"one")
    return core


async def _save(core: Core, values: dict[str, Any], **more: Any) -> app_settings.Settings:
    return await app_settings.save(core, COUNTER, values, base_revision=None, **more)


def _contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def test_the_runtime_gets_all_in_clear_and_people_get_no_secret(installed: Core) -> None:
    told = await _save(installed, {"host": "db", "password": SECRET}, secret={"password"})
    assert await app_settings.settings_for(installed, COUNTER) == {"host": "db", "password": SECRET}
    assert told == await app_settings.describe(installed, COUNTER)
    assert (told.values, told.secrets, told.revision) == ({"host": "db"}, {"password": True}, 1)


async def test_a_secret_is_nowhere_in_clear(installed: Core, tmp_path: Path) -> None:
    await _save(installed, {"password": SECRET, "host": "seen-4711"}, secret={"password"})
    await _save(installed, {"password": SECRET + "2"}, secret={"password"})
    files = _contents(tmp_path)
    assert any(b"seen-4711" in content for content in files)
    assert not any(SECRET.encode() in content for content in files)


async def test_an_app_without_settings_has_none(installed: Core) -> None:
    assert await app_settings.settings_for(installed, COUNTER) == {}
    assert await app_settings.settings_for(installed, "acme/on_disk_only") == {}
    described = await app_settings.describe(installed, COUNTER, secret={"password"})
    assert (described.secrets, described.revision) == ({"password": False}, 0)
    with pytest.raises(NotFound):
        await app_settings.describe(installed, "acme/nothing")


async def test_what_is_not_sent_stays_and_what_is_removed_goes(installed: Core) -> None:
    await _save(installed, {"host": "db", "port": 1, "password": SECRET}, secret={"password"})
    await _save(installed, {"host": "other"}, remove={"port", "never there"})
    expected = {"host": "other", "password": SECRET}
    assert await app_settings.settings_for(installed, COUNTER) == expected


async def test_saving_what_is_there_changes_nothing(installed: Core) -> None:
    values = {"host": "db", "password": SECRET}
    await _save(installed, values, secret={"password"})
    app = await apps.get(installed, COUNTER)
    assert (await _save(installed, values, secret={"password"})).revision == 1
    assert await apps.get(installed, COUNTER) == app


async def test_a_field_that_becomes_secret_is_encrypted_and_shown_no_more(
    installed: Core,
) -> None:
    await _save(installed, {"password": SECRET})
    described = await app_settings.describe(installed, COUNTER, secret={"password"})
    assert (described.values, described.secrets) == ({}, {"password": True})
    await _save(installed, {"password": SECRET}, secret={"password"})
    with installed.database.engine.connect() as connection:
        assert SECRET not in repr(connection.execute(text("SELECT * FROM app_settings")).all())


async def test_a_change_is_told_recorded_and_counted(installed: Core) -> None:
    messages: list[dict[str, Any]] = []

    async def take(message: dict[str, Any]) -> None:
        messages.append(message)

    installed.bus.subscribe(app_settings.TOPIC, take)
    installed.bus.subscribe(apps.TOPIC, take)
    await _save(installed, {"host": "db", "password": SECRET}, secret={"password"})
    assert isinstance(installed.bus, InMemoryBus)
    await installed.bus.idle()
    assert {"app": COUNTER, "revision": 1} in messages
    assert {"app": COUNTER, "change": 2, "action": "settings"} in messages
    app = await apps.get(installed, COUNTER)
    assert (app.revision, app.settings_revision) == (2, 1)
    (entry, _) = (await audit.query(installed)).entries
    assert (entry.action, entry.detail["fields"]) == ("app.settings", ["host", "password"])


async def test_of_two_admins_the_second_sees_what_the_first_changed(installed: Core) -> None:
    await _save(installed, {"a": 1})
    await app_settings.save(installed, COUNTER, {"a": 2, "b": 1}, base_revision=1)
    await app_settings.save(installed, COUNTER, {"key": "k"}, secret={"key"}, base_revision=2)
    with pytest.raises(SettingsChanged, match=r"a, b.*key") as caught:
        await app_settings.save(installed, COUNTER, {"a": 3}, secret={"key"}, base_revision=1)
    assert [step.note for step in caught.value.since] == ["a, b", "key"]
    assert caught.value.current.values == {"a": 2, "b": 1}
    assert "key" not in caught.value.current.values
    await app_settings.save(installed, COUNTER, {"a": 3}, base_revision=3)


async def test_other_changes_of_the_app_are_in_nobodys_way(installed: Core) -> None:
    await apps.disable(installed, COUNTER, base_revision=None)
    await app_settings.save(installed, COUNTER, {"a": 1}, base_revision=0)
    with pytest.raises(SettingsChanged):
        await app_settings.save(installed, COUNTER, {"a": 2}, base_revision=7)


async def test_who_set_what_is_known(installed: Core) -> None:
    first = await _save(installed, {"a": 1, "key": SECRET}, secret={"key"})
    assert set(first.touched) == {"a", "key"}
    second = await _save(installed, {"a": 2})
    assert second.touched["key"] == first.touched["key"]
    assert second.touched["a"].at > first.touched["a"].at


async def test_a_secret_stays_one_for_a_version_that_has_it_in_clear(installed: Core) -> None:
    await _save(installed, {"key": SECRET}, secret={"key"})
    told = await _save(installed, {"key": SECRET + "2"})
    assert (told.values, told.secrets) == ({}, {"key": True})


async def test_what_a_version_says_about_its_settings_is_kept(installed: Core) -> None:
    assert await app_settings.schema_of(installed, COUNTER, 1) is None
    for described in (Described({"properties": {"a": {}}}, frozenset({"a"})), Described(None)):
        await app_settings.keep_schema(installed, COUNTER, 1, described)
        assert await app_settings.schema_of(installed, COUNTER, 1) == described
    with pytest.raises(NotFound):
        await app_settings.keep_schema(installed, COUNTER, 2, Described(None))
    with pytest.raises(NotFound):
        await app_settings.schema_of(installed, COUNTER, 2)


async def test_what_becomes_secret_with_a_version_is_encrypted_as_it_comes(
    installed: Core, tmp_path: Path
) -> None:
    await _save(installed, {"key": SECRET, "host": "db"})
    described = Described({}, frozenset({"key", "never set"}))
    await app_settings.keep_schema(installed, COUNTER, 1, described)
    with installed.database.engine.connect() as connection:
        assert SECRET not in repr(connection.execute(text("SELECT * FROM app_settings")).all())
    assert (await app_settings.describe(installed, COUNTER)).values == {"host": "db"}
    assert (await app_settings.settings_for(installed, COUNTER))["key"] == SECRET


@pytest.mark.parametrize(
    ("field", "value"),
    [("", 1), ("a b", 1), ("1a", 1), ("x" * 101, 1), ("a", float("nan")), ("a", "x" * 70_000)],
)
async def test_what_cannot_be_a_setting_is_refused(
    installed: Core, field: str, value: object
) -> None:
    with pytest.raises(Invalid):
        await _save(installed, {field: value})


async def test_a_secret_that_cannot_be_saved_is_not_in_the_error(installed: Core) -> None:
    with pytest.raises(Invalid) as caught:
        await _save(installed, {"password": {SECRET: object()}}, secret={"password"})
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def _with_keys(core: Core, *keys: bytes) -> Core:
    return dataclasses.replace(core, secrets=SecretBox(keys))


async def test_keys_are_changed_without_losing_a_secret(installed: Core) -> None:
    old, new = b"o" * 32, b"n" * 32
    before = _with_keys(installed, old)
    await _save(before, {"password": SECRET, "host": "db"}, secret={"password"})
    during = _with_keys(installed, new, old)
    assert (await app_settings.settings_for(during, COUNTER))["password"] == SECRET
    assert await app_settings.encrypt_again(during) == 1
    assert await app_settings.encrypt_again(during) == 0
    after = _with_keys(installed, new)
    assert (await app_settings.settings_for(after, COUNTER))["password"] == SECRET


async def test_a_lost_key_is_told_with_the_fields_and_a_new_value_helps(installed: Core) -> None:
    lost = _with_keys(installed, b"o" * 32)
    await _save(lost, {"password": SECRET, "host": "db"}, secret={"password"})
    for ask in (
        app_settings.settings_for(installed, COUNTER),
        app_settings.encrypt_again(installed),
    ):
        with pytest.raises(SecretLost, match="password") as caught:
            await ask
        assert caught.value.fields == ("password",)
    described = await app_settings.describe(installed, COUNTER)
    assert (described.secrets, described.lost) == ({"password": True}, ("password",))
    readable = await app_settings.readable_settings(installed, COUNTER)
    assert readable == ({"host": "db"}, ("password",))
    await _save(installed, {"password": "new"}, secret={"password"})
    assert (await app_settings.settings_for(installed, COUNTER))["password"] == "new"


async def test_a_secret_moved_to_another_app_or_field_does_not_open(installed: Core) -> None:
    await upload(installed, b"two", "globex/editor")
    await _save(installed, {"password": SECRET}, secret={"password"})
    with installed.database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO app_settings SELECT 'globex/editor', field, value, secret, set_at,"
                " set_by, set_by_name FROM app_settings"
            )
        )
        connection.execute(
            text("UPDATE app_settings SET field = 'shown' WHERE app_id = 'acme/counter'")
        )
    for app_id in (COUNTER, "globex/editor"):
        with pytest.raises(SecretLost):
            await app_settings.settings_for(installed, app_id)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(json_objects)
async def test_every_value_comes_back_as_it_was_secret_or_not(
    installed: Core, value: dict[str, Any]
) -> None:
    for secret in ((), ("field",)):
        await _save(installed, {"field": value}, secret=secret)
        assert await app_settings.settings_for(installed, COUNTER) == {"field": value}
