"""Intake: a package on its way in, from the first byte to a verdict.

    receive → unpack → check → dry run → Accepted

Nothing of the package runs before everything that can be checked without running it is found good.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from app.core.disk import full_disk_reported
from app.packages.checks import Server, check_package, contradictions
from app.packages.limits import MB, DryRunLimits, PackageLimits
from app.packages.manifest import Manifest
from app.packages.signing import Signature, TrustedKeys
from app.packages.trying.dry_run import DryRunner
from app.packages.trying.verdict import DryRun
from app.packages.unpack import Unpacked, unpack
from app.source.app_source import AppSource
from app.source.problems import AppError, Problem

_BUFFER = MB
_T = TypeVar("_T")

Step = Literal["receive", "unpack", "check", "dry run"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an intake is: the step it is at, and the bytes received so far."""

    step: Step
    received: int


@dataclass(frozen=True)
class Accepted:
    """A package that can be stored and activated.

    Attributes:
        archive: file with the bytes that were sent.
        archive_sha256: their digest.
        digest: SHA-256 of manifest.json: the same for the same package, signed or not, however
            compressed. What makes a deploy idempotent.
        manifest: what the package says about itself.
        source: its files, below `folder`.
        signature: who signed it.
        dry_run: what loading and compiling it showed.
        warnings: what whoever promotes it should see.
        folder: the folder that holds all of it; removed by `discard`.
    """

    archive: Path
    archive_sha256: str
    digest: str
    manifest: Manifest
    source: AppSource
    signature: Signature
    dry_run: DryRun
    warnings: tuple[Problem, ...]
    folder: Path = field(repr=False)

    async def discard(self) -> None:
        """Remove the folder with everything in it."""
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.discard()


async def intake(
    stream: AsyncIterable[bytes],
    *,
    workspace: Path,
    runner: DryRunner,
    trusted: TrustedKeys,
    server: Server,
    package: str = "package",
    expected_id: str | None = None,
    limits: PackageLimits | None = None,
    dry_run_limits: DryRunLimits | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Accepted:
    """Take in a package, or raise AppError with everything that is wrong with it.

    Args:
        stream: the archive, in pieces.
        workspace: an existing folder to work in. A folder in it is left for `Accepted.discard`
            when the package is accepted, nothing otherwise.
        runner: makes the dry run.
        trusted: the keys that are trusted.
        server: what the package is judged against.
        package: how the sender calls the file; names it in problems until its id is known.
        expected_id: the app that it is meant to update, None when any will do.
        progress: told at every step, and while receiving.

    Raises:
        AppError: the package is refused.
        DryRunFailed: it could not be tried.
        StorageFull: the disk is full.
    """
    limits = limits or PackageLimits()
    with full_disk_reported("the disk of the server is full; nothing was stored"):
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="intake-", dir=workspace))
        try:
            received = await _receive(stream, folder / "package.tar.gz", limits, package, progress)
            progress(Progress("unpack", received.size))
            unpacked = await _in_thread(_unpack, received.path, folder, limits, package)
            progress(Progress("check", received.size))
            signature = trusted.verify(unpacked.manifest_bytes, unpacked.signature)
            warnings = await _in_thread(_check, unpacked, signature, server, expected_id)
            progress(Progress("dry run", received.size))
            tried = await runner.run(
                unpacked.source.root,
                taken_urls=server.taken_urls,
                has_library=server.has_library,
                limits=dry_run_limits,
            )
            _refuse_tried(unpacked.manifest, tried)
            return Accepted(
                archive=received.path,
                archive_sha256=received.sha256,
                digest=hashlib.sha256(unpacked.manifest_bytes).hexdigest(),
                manifest=unpacked.manifest,
                source=unpacked.source,
                signature=signature,
                dry_run=tried,
                warnings=(*warnings, *tried.warnings),
                folder=folder,
            )
        except BaseException:
            await _in_thread(shutil.rmtree, folder, True)
            raise


@dataclass(frozen=True, slots=True)
class _Received:
    path: Path
    size: int
    sha256: str


async def _receive(
    stream: AsyncIterable[bytes],
    path: Path,
    limits: PackageLimits,
    package: str,
    progress: Callable[[Progress], None],
) -> _Received:
    digest = hashlib.sha256()
    size = 0
    waiting = bytearray()
    with await asyncio.to_thread(open, path, "xb") as file:

        def write(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        async for chunk in stream:
            size += len(chunk)
            if size > limits.compressed_bytes:
                raise AppError((_too_large(package, limits),))
            waiting += chunk
            if len(waiting) >= _BUFFER:
                await _in_thread(write, bytes(waiting))
                waiting.clear()
                progress(Progress("receive", size))
        await _in_thread(write, bytes(waiting))
    progress(Progress("receive", size))
    return _Received(path, size, digest.hexdigest())


def _unpack(path: Path, folder: Path, limits: PackageLimits, package: str) -> Unpacked:
    with open(path, "rb") as stream:
        return unpack(stream, folder, limits, package=package)


def _check(
    unpacked: Unpacked, signature: Signature, server: Server, expected_id: str | None
) -> tuple[Problem, ...]:
    """Return warnings, or raise AppError with the problems."""
    found = check_package(unpacked.manifest, unpacked.source, signature, server)
    problems = list(found.problems)
    if expected_id is not None and unpacked.manifest.id != expected_id:
        problems.insert(0, _other_app(unpacked.manifest.id, expected_id))
    if problems:
        raise AppError(tuple(problems))
    return found.warnings


def _refuse_tried(manifest: Manifest, tried: DryRun) -> None:
    problems = tried.problems
    if not problems and tried.facts is not None:
        problems = contradictions(manifest, tried.facts)
    if problems:
        raise AppError(problems)


async def _in_thread(function: Callable[..., _T], *args: Any) -> _T:
    """Run a blocking function; when cancelled, wait for its end before anything is removed."""
    running = asyncio.ensure_future(asyncio.to_thread(function, *args))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _too_large(package: str, limits: PackageLimits) -> Problem:
    return Problem(
        package,
        "package",
        "",
        None,
        f"The archive is larger than {limits.compressed_bytes / MB:g} MB",
        "Large data belongs in app.core.files, not into the app.",
    )


def _other_app(found: str, expected: str) -> Problem:
    return Problem(
        found,
        "package",
        "manifest.json",
        None,
        f"The package holds the app {found}, not {expected}",
        f"Send a package of {expected}, or create {found} as an app of its own.",
    )
