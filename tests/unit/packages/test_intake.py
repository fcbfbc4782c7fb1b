from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.packages.checks import Server
from app.packages.intake import Accepted, Progress, intake
from app.packages.limits import DryRunLimits, PackageLimits
from app.packages.pack import pack
from app.packages.signing import SigningKey, TrustedKeys, Verdict
from app.packages.trying.dry_run import DryRunner
from app.source.problems import AppError
from tests.unit.packages.archives import ENTRY, FILES, sound, source_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = SigningKey.generate("Ada")
SERVER = Server(taken_urls={}, has_library=lambda _: True)


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """The bytes, as they would come from a network."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def taken_in(data: bytes, workspace: Path, runner: DryRunner, **options: Any) -> Accepted:
    """Intake of some bytes."""
    options = {"trusted": TrustedKeys([KEY.public]), "server": SERVER, **options}
    return await intake(pieces(data), workspace=workspace, runner=runner, **options)


async def refused(data: bytes, workspace: Path, runner: DryRunner, **options: Any) -> str:
    """Messages of a package that must be refused and leave nothing behind."""
    with pytest.raises(AppError) as caught:
        await taken_in(data, workspace, runner, **options)
    assert left_in(workspace) == []
    return "\n".join(problem.message for problem in caught.value.problems)


def left_in(workspace: Path) -> list[Path]:
    """What lies in the workspace."""
    return list(workspace.iterdir())


async def test_signed_package_is_accepted(workspace: Path, runner: DryRunner) -> None:
    data = pack(source_of(FILES), key=KEY)
    seen: list[Progress] = []
    async with await taken_in(data, workspace, runner, progress=seen.append) as accepted:
        assert accepted.archive_sha256 == hashlib.sha256(data).hexdigest()
        assert accepted.archive.read_bytes() == data
        assert accepted.manifest.id == "acme/counter"
        assert accepted.source.digest == source_of(FILES).digest
        assert accepted.signature.verdict is Verdict.TRUSTED
        assert accepted.dry_run.module
        assert accepted.warnings == ()
    assert left_in(workspace) == []
    assert [one.step for one in seen] == ["receive", "unpack", "check", "dry run"]
    assert seen[-1].received == len(data)


async def test_digest_is_that_of_the_content_signed_or_not(
    workspace: Path, runner: DryRunner
) -> None:
    allowing = replace(SERVER, allow_unsigned=True)
    signed = await taken_in(pack(source_of(FILES), key=KEY), workspace, runner)
    plain = await taken_in(pack(source_of(FILES)), workspace, runner, server=allowing)
    assert signed.digest == plain.digest
    assert signed.archive_sha256 != plain.archive_sha256
    assert "not signed" in plain.warnings[0].message


async def test_unsigned_package_is_refused_before_it_runs(
    workspace: Path, runner: DryRunner
) -> None:
    files = {"entry.py": b"while True: pass\n" + ENTRY}
    seen: list[Progress] = []
    text = await refused(pack(source_of(files)), workspace, runner, progress=seen.append)
    assert "not trusted: not signed" in text
    assert "dry run" not in [one.step for one in seen]


async def test_static_findings_come_together(workspace: Path, runner: DryRunner) -> None:
    text = await refused(
        sound(graft=">=9", libraries=["a"], distributions=["b"]),
        workspace,
        runner,
        server=replace(SERVER, has_library=lambda _: False),
    )
    assert all(part in text for part in ("not signed", "needs Graft", '"a"', "distribution b"))


async def test_package_that_fails_when_it_is_loaded_is_refused(
    workspace: Path, runner: DryRunner
) -> None:
    data = pack(source_of({"entry.py": b"import os\nos._exit(0)\n" + ENTRY}), key=KEY)
    assert "ends the process" in await refused(data, workspace, runner)


async def test_limits_of_the_dry_run_are_kept(workspace: Path, runner: DryRunner) -> None:
    data = pack(source_of({"entry.py": b"while True: pass\n" + ENTRY}), key=KEY)
    limits = DryRunLimits(seconds=0.5)
    assert "after 0.5 s" in await refused(data, workspace, runner, dry_run_limits=limits)


async def test_manifest_that_lies_about_the_app_is_refused(
    workspace: Path, runner: DryRunner
) -> None:
    allowing = replace(SERVER, allow_unsigned=True)
    data = sound(name="Harmless", capabilities=["broadcast"])
    text = await refused(data, workspace, runner, server=allowing)
    assert 'says name "Harmless", the app itself "Acme / Counter"' in text
    assert 'says capabilities "broadcast"' in text


async def test_package_of_another_app_is_refused(workspace: Path, runner: DryRunner) -> None:
    data = pack(source_of(FILES), key=KEY)
    text = await refused(data, workspace, runner, expected_id="acme/other")
    assert "holds the app acme/counter, not acme/other" in text


async def test_stream_that_is_too_long_is_cut_off(workspace: Path, runner: DryRunner) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1000
            yield bytes(1000)

    with pytest.raises(AppError, match="larger than"):
        await intake(
            endless(),
            workspace=workspace,
            runner=runner,
            trusted=TrustedKeys(),
            server=SERVER,
            limits=PackageLimits(compressed_bytes=50_000),
        )
    assert sent == 51_000
    assert left_in(workspace) == []


async def test_sender_who_goes_away_leaves_nothing(workspace: Path, runner: DryRunner) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"\x1f\x8b"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await intake(
            broken(), workspace=workspace, runner=runner, trusted=TrustedKeys(), server=SERVER
        )
    assert left_in(workspace) == []


async def test_cancelled_intake_leaves_nothing(workspace: Path, runner: DryRunner) -> None:
    data = pack(source_of({"entry.py": b"while True: pass\n" + ENTRY}), key=KEY)
    trying = asyncio.Event()

    def progress(at: Progress) -> None:
        if at.step == "dry run":
            trying.set()

    running = asyncio.create_task(taken_in(data, workspace, runner, progress=progress))
    await trying.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert left_in(workspace) == []


async def test_name_of_the_upload_stands_for_an_app_that_is_not_known_yet(
    workspace: Path, runner: DryRunner
) -> None:
    with pytest.raises(AppError) as caught:
        await taken_in(b"PK", workspace, runner, package="holiday.zip")
    assert caught.value.problems[0].app == "holiday.zip"
