"""What a server clears up by itself, and what it leaves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.core import accounts, app_settings, apps, audit, files
from app.core.context import Core, use
from app.core.limits import Retention
from app.core.opening import open_core
from app.core.secret_box import VARIABLE, new_key
from app.kernel.actor import acting_as
from app.kernel.errors import Unavailable
from app.server.upkeep.housekeeping import Job, clean_up, housekeeping, jobs
from tests.unit.core.apps.packages import COUNTER, upload

DAY = timedelta(days=1)
OLD = (datetime.now(UTC) - 2 * DAY).timestamp()
KEPT = Retention(audit=timedelta(days=30))


def steady() -> bool:
    return True


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    opened = open_core(tmp_path)
    with use(opened):
        yield opened
    await opened.close()


def folder(path: Path, *, old: bool = True) -> Path:
    """A folder with something in it that did not change for two days."""
    (path / "inside").mkdir(parents=True)
    (path / "inside" / "file").write_text("x")
    if old:
        os.utime(path, (OLD, OLD))
    return path


async def test_everything_that_is_over_goes_in_one_round(core: Core, tmp_path: Path) -> None:
    past = open_core(tmp_path, clock=lambda: datetime.now(UTC) - timedelta(days=40))
    await upload(past, b"package")
    await apps.start_preview(past, COUNTER, 1, base_revision=None, lifetime=DAY)
    await apps.delete(past, COUNTER, base_revision=None)
    assert await accounts.new_set_up_link(past) is not None
    await past.close()
    (tmp_path / "files" / "incoming").mkdir(parents=True, exist_ok=True)
    await clean_up(jobs(core, tmp_path, KEPT, steady))
    assert await apps.all_apps(core, deleted=True) == ()
    assert [content async for content in core.code.all()] == []
    actions = [entry.action for entry in (await audit.query(core)).entries]
    assert actions == ["audit.expire", "app.purge"]
    with capture_logs() as logged:
        await clean_up(jobs(core, tmp_path, KEPT, steady))
    assert logged == []


async def test_a_clock_that_went_wrong_removes_nothing_for_ever(core: Core, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    server = open_core(tmp_path, clock=lambda: now)
    await upload(server, b"package")
    await apps.start_preview(server, COUNTER, 1, base_revision=None, lifetime=DAY)
    await apps.delete(server, COUNTER, base_revision=None)
    assert await accounts.new_set_up_link(server) is not None
    rounds = jobs(server, tmp_path, KEPT)
    for _ in range(26):
        await clean_up(rounds)
        now += timedelta(hours=1)
    before = (await audit.query(core)).entries
    now += timedelta(days=400)
    with capture_logs() as logged:
        await clean_up(rounds)
    assert [line["event"][:21] for line in logged] == ["the clock was changed"]
    assert len(await apps.all_apps(core, deleted=True)) == 1
    assert (await audit.query(core)).entries == before
    # Nobody set it right within a day: so it is.
    for _ in range(24):
        now += timedelta(hours=1)
        await clean_up(rounds)
    assert await apps.all_apps(core, deleted=True) == ()
    await server.close()


async def test_after_the_clock_was_set_back_nothing_lasts_longer(
    core: Core, tmp_path: Path
) -> None:
    later = open_core(tmp_path, clock=lambda: datetime.now(UTC) + timedelta(days=400))
    await upload(later, b"package")
    await apps.start_preview(later, COUNTER, 1, base_revision=None, lifetime=DAY)
    await later.close()
    await clean_up(jobs(core, tmp_path, KEPT))
    (preview,) = await apps.previews(core)
    assert preview.expires_at <= datetime.now(UTC) + DAY


async def test_the_log_says_what_was_done(core: Core, tmp_path: Path) -> None:
    folder(tmp_path / "intake" / "intake-left")
    with capture_logs() as logged:
        await clean_up(jobs(core, tmp_path, KEPT, steady))
    assert [(line["event"], line["job"], line["count"]) for line in logged] == [
        ("housekeeping", "folders of uploads removed", 1)
    ]


async def test_folders_that_a_killed_server_left_go_and_those_in_use_stay(
    core: Core, tmp_path: Path
) -> None:
    left = [
        folder(tmp_path / "intake" / "intake-left"),
        folder(tmp_path / "intake" / "package-left"),
        folder(tmp_path / "unpacking" / "left"),
    ]
    used = folder(tmp_path / "intake" / "intake-used", old=False)
    elsewhere = folder(tmp_path / "elsewhere")
    (tmp_path / "intake" / "linked").symlink_to(elsewhere)
    await clean_up(jobs(core, tmp_path, KEPT, steady))
    assert not any(path.exists() for path in left)
    assert (used / "inside" / "file").exists()
    assert (elsewhere / "inside" / "file").exists()
    assert list((tmp_path / "unpacking").iterdir()) == []


async def test_unpacked_packages_go_when_no_version_names_them(core: Core, tmp_path: Path) -> None:
    added = await upload(core, b"package")
    unpacked = tmp_path / "unpacked"
    named = folder(unpacked / added.version.package_digest)
    gone = folder(unpacked / ("0" * 64))
    fresh = folder(unpacked / ("1" * 64), old=False)  # its upload is not in the database yet
    await clean_up(jobs(core, tmp_path, KEPT, steady))
    assert (named.exists(), gone.exists(), fresh.exists()) == (True, False, True)


async def test_the_audit_log_can_be_kept_for_ever(core: Core, tmp_path: Path) -> None:
    past = open_core(tmp_path, clock=lambda: datetime.now(UTC) - timedelta(days=4_000))
    await upload(past, b"package")
    await past.close()
    before = (await audit.query(core)).entries
    await clean_up(jobs(core, tmp_path, Retention(None), steady))
    assert (await audit.query(core)).entries == before
    assert before


async def test_secrets_get_the_new_key(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    before = open_core(tmp_path, {VARIABLE: old})
    await upload(before, b"package")
    await app_settings.save(
        before, COUNTER, {"token": "hush"}, secret=["token"], base_revision=None
    )
    await before.close()
    both = open_core(tmp_path, {VARIABLE: f"{new} {old}"})
    await clean_up(jobs(both, tmp_path, KEPT, steady))
    await both.close()
    after = open_core(tmp_path, {VARIABLE: new})
    assert await app_settings.settings_for(after, COUNTER) == {"token": "hush"}
    await after.close()


async def test_a_file_that_nobody_has_goes(core: Core, tmp_path: Path) -> None:
    home = await accounts.create_organisation(core, "Acme")
    user = await accounts.create_user(core, "Ada", "ada@example.com")
    await accounts.grant(core, home.id, user.id, "member")
    with acting_as(await accounts.actor_of(core, user.id, home.id)):
        kept = await files.save("plan.txt", b"plan")
    incoming = core.blobs.receive(100)
    incoming.write([b"nobody's"])
    digest = incoming.finish()
    core.blobs.keep(incoming, digest)
    assert digest in {stored.digest for stored in core.blobs.all()}
    await clean_up(jobs(core, tmp_path, KEPT, steady))
    assert [stored.digest for stored in core.blobs.all()] == [kept.sha256]


async def test_two_nodes_may_do_it_at_once(core: Core, tmp_path: Path) -> None:
    other = open_core(tmp_path)
    for number in range(20):
        folder(tmp_path / "intake" / f"intake-{number}")
        folder(tmp_path / "unpacked" / f"{number:064}")
    past = open_core(tmp_path, clock=lambda: datetime.now(UTC) - timedelta(days=40))
    for number in range(5):
        await upload(past, b"%d" % number, f"acme/app{number}")
        await apps.delete(past, f"acme/app{number}", base_revision=None)
    await past.close()
    with capture_logs() as logged:
        both = (clean_up(jobs(node, tmp_path, KEPT, steady)) for node in (core, other))
        await asyncio.gather(*both)
    await other.close()
    assert not [line for line in logged if line["event"] != "housekeeping"]
    assert await apps.all_apps(core, deleted=True) == ()
    for name in ("intake", "unpacked", "unpacking"):
        assert list((tmp_path / name).iterdir()) == []


class Recorded:
    """Jobs that note when they run."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.ran = asyncio.Event()

    def job(self, name: str, error: Exception | None = None) -> Job:
        async def run() -> int:
            self.done.append(name)
            if len(self.done) >= 6:
                self.ran.set()
            if error is not None:
                raise error
            return 0

        return Job(name, run)


@pytest.mark.parametrize("error", [Unavailable("the database did not answer"), OSError("disk")])
async def test_a_job_that_fails_is_logged_and_keeps_no_other_from_its_turn(
    error: Exception,
) -> None:
    recorded = Recorded()
    todo = (recorded.job("one", error), recorded.job("two"))
    with capture_logs() as logged:
        await clean_up(todo)
    assert recorded.done == ["one", "two"]
    (line,) = logged
    assert (line["event"], line["job"]) == ("housekeeping failed", "one")
    assert str(error) in str(line) or "exc_info" in line


async def test_it_is_done_at_once_and_then_again_and_again() -> None:
    recorded = Recorded()
    async with housekeeping([recorded.job("one"), recorded.job("two")], every=0.001) as task:
        await recorded.ran.wait()
    assert recorded.done[:6] == ["one", "two"] * 3
    assert task.done()


async def test_a_job_that_hangs_does_not_keep_the_server_from_stopping() -> None:
    begun = asyncio.Event()

    async def hang() -> int:
        begun.set()
        await asyncio.Event().wait()
        return 0

    async with housekeeping([Job("hangs", hang)]):
        await begun.wait()
