"""Where a node's apps come from: a folder in development, installed apps in production."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

import app
from app.cell.compiling.compiler import text_digest
from app.core.context import Core
from app.kernel.tasks import end, in_background
from app.node.releases.folder import AppsFolder
from app.node.releases.provider import Offer, Provider
from app.packages.signing import TrustedKeys
from app.packages.trying.dry_run import DryRunner
from app.platform.node import Node
from app.platform.platform import Platform
from app.platform.store import InstalledStore, build_name
from app.platform.uploads import IntakeSettings
from app.source.problems import NotNow, Problem

if TYPE_CHECKING:
    from app.server.settings import ServerSettings

log = structlog.get_logger("graft")

TRUSTED_KEYS = "GRAFT_TRUSTED_KEYS"
_COMPILES = ("reflex", "reflex-base", "reflex-components-core", "reflex-components-radix")


@dataclass(frozen=True)
class RunningPlatform:
    """The platform and what must run with it."""

    platform: Platform
    runner: DryRunner

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep a process for dry runs ready, from now until the end."""
        starting = in_background(self._start(), "starting the process for dry runs")
        try:
            yield
        finally:
            await end(starting)
            await self.runner.close()

    async def _start(self) -> None:
        await self.runner.start()
        if self.runner.missing_layers:
            log.warning(
                "packages are checked with weaker isolation: this machine's kernel lacks a layer",
                missing=list(self.runner.missing_layers),
            )


def open_provider(core: Core, settings: ServerSettings) -> Provider:
    """Return where the node's apps come from."""
    if settings.development:
        return AppsFolder(settings.apps)
    if settings.safe_mode:
        log.warning("safe mode: no client app runs until a start without it")
    store = SafeMode if settings.safe_mode else InstalledStore
    return store(core, _unpacked(settings), _build(settings))


def open_platform(
    core: Core,
    settings: ServerSettings,
    has_library: Callable[[str], bool],
    node: Node,
    runner: DryRunner,
) -> RunningPlatform | None:
    """Return the platform of a production node; None in development, where a folder decides."""
    if settings.development:
        return None
    workspace = settings.data.absolute() / "intake"
    workspace.mkdir(parents=True, exist_ok=True)
    intake = IntakeSettings(
        workspace=workspace,
        trusted=TrustedKeys.from_environment(os.environ.get(TRUSTED_KEYS)),
        allow_unsigned=settings.allow_unsigned,
        has_library=has_library,
        build=_build(settings),
        unpacked=_unpacked(settings),
    )
    return RunningPlatform(Platform(core, runner, intake, node), runner)


def _unpacked(settings: ServerSettings) -> Path:
    return settings.data.absolute() / "unpacked"


def _build(settings: ServerSettings) -> str:
    """Return a name for what compiles here: Reflex, the front end, and the compiler's own text."""
    return build_name(
        {name: version(name) for name in _COMPILES}
        | {
            "graft": f"{app.__version__} {text_digest()}",
            "front end": settings.static.parent.name,
        }
    )


class SafeMode(InstalledStore):
    """The apps of a server that is to run none of them: whatever they do to it, it can be looked
    after. To people they are switched off.
    """

    async def all(self) -> Sequence[Offer]:
        """See `Provider.all`."""
        return [_off(app) for app in await super().all()]

    async def one(self, app_id: str) -> Offer | None:
        """See `Provider.one`."""
        app = await super().one(app_id)
        return None if app is None else _off(app)

    async def folder(self, app_id: str, number: int, *, anew: bool = False) -> Path:
        """See `Provider.folder`: there is none, so that nothing can be loaded in any way."""
        raise NotNow((_in_safe_mode(app_id),))


def _off(app: Offer) -> Offer:
    return replace(app, access=replace(app.access, enabled=False, safe_mode=True))


def _in_safe_mode(app_id: str) -> Problem:
    return Problem(
        app=app_id,
        stage="load",
        file="",
        line=None,
        message="the server runs in safe mode, without client apps",
        remedy="Start it without --safe-mode.",
    )
