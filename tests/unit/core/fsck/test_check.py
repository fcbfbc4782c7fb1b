from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.core import apps, audit
from app.core.apps import Action, State
from app.core.code_store import memory_store, s3_store
from app.core.context import Core
from app.core.database import begun_for_migration
from app.core.fsck.check import fsck
from app.core.fsck.report import Kind
from app.kernel.errors import Unavailable
from tests.unit.core.apps.packages import COUNTER, bundle_of, upload

LATER = datetime.now(UTC) + timedelta(hours=2)


@pytest.fixture
async def served(core: Core) -> Core:
    """An app with three versions, of which the second one is served."""
    for number in (1, 2, 3):
        await upload(core, b"version %d" % number)
    await apps.promote(core, COUNTER, 1, base_revision=None)
    await apps.promote(core, COUNTER, 2, base_revision=None)
    return core


@pytest.fixture
def code(tmp_path: Path) -> Path:
    return tmp_path / "data" / "code"


async def _digest(core: Core, number: int) -> str:
    return (await apps.version(core, COUNTER, number)).package_digest


async def _damage(core: Core, code: Path, digest: str) -> None:
    (code / "sha256" / digest[:2] / digest[2:]).write_bytes(b"something else")


async def _kinds(core: Core, **arguments: Any) -> list[Kind]:
    report = await fsck(core, now=LATER, **arguments)
    return [finding.kind for finding in report.findings]


async def test_a_sound_store_is_counted_and_left_alone(served: Core) -> None:
    await apps.add_bundle(served, COUNTER, 2, "build", b"compiled")
    entries = len((await audit.query(served)).entries)
    report = await fsck(served, repair=True, now=LATER)
    assert report.is_sound
    assert (report.versions, report.bundles, report.contents) == (3, 1, 4)
    assert report.size == 3 * len("version 1") + len("compiled")
    assert report.findings == ()
    assert len((await audit.query(served)).entries) == entries


async def test_an_empty_installation_is_sound(core: Core) -> None:
    report = await fsck(core, repair=True)
    assert (report.is_sound, report.findings) == (True, ())


@pytest.mark.parametrize("how", ["missing", "damaged"])
async def test_when_the_package_of_the_current_version_is_lost_the_last_good_one_is_served(
    served: Core, code: Path, how: str
) -> None:
    digest = await _digest(served, 2)
    if how == "missing":
        await served.code.delete(digest)
    else:
        await _damage(served, code, digest)
    (finding,) = (await fsck(served, now=LATER)).findings
    assert (finding.kind, finding.what) == (f"package {how}", f"{COUNTER} version 2")
    assert digest in finding.message
    assert (await apps.get(served, COUNTER)).current == 2
    report = await fsck(served, repair=True, now=LATER)
    assert report.is_sound
    app = await apps.get(served, COUNTER)
    assert app.current == 1
    version = await apps.version(served, COUNTER, 2)
    assert version.state is State.FAILED
    assert digest in str(version.problems[0]["message"])
    # As it is told: upload the same package again, and promote it.
    assert not (await upload(served, b"version 2")).new
    assert (await apps.promote(served, COUNTER, 2, base_revision=None)).current == 2
    assert await _kinds(served) == []


async def test_a_lost_bundle_is_forgotten_and_may_be_compiled_again(
    served: Core, code: Path
) -> None:
    missing = await apps.add_bundle(served, COUNTER, 1, "build", b"compiled 1")
    damaged = await apps.add_bundle(served, COUNTER, 2, "build", b"compiled 2")
    await served.code.delete(missing)
    await _damage(served, code, damaged)
    assert await _kinds(served) == [Kind.BUNDLE_MISSING, Kind.BUNDLE_DAMAGED]
    assert (await fsck(served, repair=True, now=LATER)).is_sound
    for number in (1, 2):
        assert await bundle_of(served, number, "build") is None
    assert not await served.code.has(damaged)
    assert (await apps.get(served, COUNTER)).current == 2
    assert await _kinds(served) == []


async def test_what_nobody_names_is_removed_once_it_is_an_hour_old(served: Core) -> None:
    digest = await served.code.put(b"of an upload that died")
    assert (await fsck(served, repair=True)).findings == ()
    assert await served.code.has(digest)
    (finding,) = (await fsck(served, now=LATER)).findings
    assert (finding.kind, finding.what, finding.is_harmless) == (Kind.ORPHAN, digest, True)
    assert (await fsck(served, now=LATER)).is_sound
    await fsck(served, repair=True, now=LATER)
    assert not await served.code.has(digest)
    assert await _kinds(served) == []
    (entry,) = (await audit.query(served, audit.Filter(action="store.repair"))).entries
    assert entry.detail == {"orphan": 1}


async def test_rests_of_dead_processes_go_and_what_others_put_there_stays(
    served: Core, code: Path
) -> None:
    digest = await _digest(served, 1)
    half = code / "sha256" / digest[:2] / f"{'0' * 62}#7"
    half.write_bytes(b"half")
    (code / "notes.txt").write_text("of an operator")
    report = await fsck(served, repair=True, now=LATER)
    assert {(finding.kind, finding.repaired) for finding in report.findings} == {
        (Kind.LEFTOVER, True),
        (Kind.STRANGER, False),
    }
    assert report.is_sound
    assert not half.exists()
    assert (code / "notes.txt").exists()


async def test_a_store_that_belongs_to_another_database_loses_nothing(served: Core) -> None:
    elsewhere = dataclasses.replace(served, code=memory_store())
    strange = await elsewhere.code.put(b"package of somebody else")
    report = await fsck(elsewhere, repair=True, now=LATER)
    assert not report.is_sound
    assert report.findings[0].kind is Kind.WRONG_STORE
    assert "GRAFT_CODE_STORE" in report.findings[0].repair
    assert await elsewhere.code.has(strange)
    assert not any(finding.repaired for finding in report.findings)
    assert (await apps.get(served, COUNTER)).current == 2
    assert await _kinds(served) == []


async def test_a_new_database_does_not_empty_an_old_store(core: Core) -> None:
    digest = await core.code.put(b"package that another database knows")
    report = await fsck(core, repair=True, now=LATER)
    assert [(each.kind, each.repaired) for each in report.findings] == [(Kind.ORPHAN, False)]
    assert await core.code.has(digest)


async def test_a_store_that_cannot_be_reached_changes_nothing(served: Core) -> None:
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "x"}
    store = s3_store("s3://graft", {**nowhere, "AWS_SECRET_ACCESS_KEY": "x"})
    before = await apps.get(served, COUNTER)
    with pytest.raises(Unavailable):
        await fsck(dataclasses.replace(served, code=store), repair=True, now=LATER)
    assert await apps.get(served, COUNTER) == before


def _execute(core: Core, *statements: str) -> None:
    """Change the database by hand, without foreign keys, as somebody with a shell would."""
    connection = core.database.engine.raw_connection()
    try:
        connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[attr-defined]
        for statement in statements:
            connection.execute(statement)  # type: ignore[attr-defined]
        connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]
    finally:
        connection.close()


async def test_an_app_that_serves_what_cannot_be_served_falls_back(served: Core) -> None:
    _execute(served, "UPDATE app_versions SET state = 'waiting' WHERE number = 2")
    assert await _kinds(served) == [Kind.CURRENT_UNUSABLE]
    assert (await fsck(served, repair=True, now=LATER)).is_sound
    assert (await apps.get(served, COUNTER)).current == 1
    assert (await apps.history(served, COUNTER, limit=1))[0].action is Action.FALLBACK
    _execute(served, "UPDATE apps SET current = 77")
    assert (await fsck(served, repair=True, now=LATER)).is_sound
    assert (await apps.get(served, COUNTER)).current == 1


async def test_rows_that_refer_to_nothing_are_removed(served: Core) -> None:
    await apps.add_bundle(served, COUNTER, 3, "build", b"compiled")
    await upload(served, b"stays", "globex/editor")
    _execute(served, "DELETE FROM apps WHERE id = 'acme/counter'")
    found = await fsck(served, now=LATER)
    dangling = {finding.what for finding in found.findings if finding.kind is Kind.DANGLING}
    assert dangling == {"app_history", "app_versions"}
    assert not found.is_sound
    assert (await fsck(served, repair=True, now=LATER)).is_sound
    assert await _kinds(served) == []
    contents = [await served.code.get(content.digest) async for content in served.code.all()]
    assert contents == [b"stays"]
    with begun_for_migration(served.database.engine) as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


async def test_a_gap_in_the_numbers_is_told_and_nothing_is_made_up(served: Core) -> None:
    _execute(served, "DELETE FROM app_versions WHERE number = 3")
    report = await fsck(served, repair=True, now=LATER)
    (gap,) = [finding for finding in report.findings if finding.kind is Kind.NUMBERS]
    assert (gap.what, gap.repaired) == (COUNTER, False)
    assert "backup" in gap.repair
    assert not report.is_sound


async def test_what_removed_apps_kept_is_found_and_removed_and_links_are_told_of(
    served: Core, tmp_path: Path
) -> None:
    (served.folders.make("acme/other", "o1") / "out").symlink_to("/etc")
    await apps.delete(served, COUNTER, base_revision=None)
    await apps.purge_deleted(served, served.clock() + apps.KEPT)
    (served.folders.make(COUNTER, None) / "file").write_text("x")
    report = await fsck(served, now=LATER)
    found = [(finding.kind, finding.what) for finding in report.findings]
    assert found == [
        (Kind.LEFT_FOLDER, COUNTER),
        (Kind.LINK, "acme/other/organisations/o1/out"),
    ]
    assert report.is_sound
    await fsck(served, repair=True, now=LATER)
    assert served.folders.apps() == ["acme/other"]
