"""Taking in a package as the next version of its app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from app.cell.compiling.bundle import bundle_key
from app.core import apps, audit
from app.core.apps import App, Compiled, NewVersion, Version, Visibility
from app.packages.checks import Server
from app.packages.intake import Accepted, Progress, intake
from app.packages.limits import PackageLimits
from app.packages.signing import TrustedKeys
from app.packages.trying.dry_run import DryRunner
from app.platform.gate import Gate, name_for
from app.platform.permissions import Action, Requester, require_confirmed
from app.platform.store import move_unpacked, unpacked_folder
from app.sdk.schema import SettingsSchema
from app.source.problems import AppError, Problem

log = structlog.get_logger("graft.platform")


@dataclass(frozen=True)
class Uploaded:
    """What became of a package.

    Attributes:
        app: the app as it is now.
        version: the version that the package is.
        new: False when the very same package was there already.
        warnings: what whoever promotes it should see.
    """

    app: App
    version: Version
    new: bool
    warnings: tuple[Problem, ...]


@dataclass(frozen=True)
class IntakeSettings:
    """How packages are taken in.

    Attributes:
        workspace: existing folder to work in.
        trusted: keys whose packages are taken.
        allow_unsigned: whether unsigned packages are taken, too.
        has_library: whether the front end has a JavaScript module.
        build: names what compiles here, see `app.platform.store.InstalledStore`.
        unpacked: where the files of packages are served from; None: not here.
    """

    workspace: Path
    trusted: TrustedKeys
    allow_unsigned: bool
    has_library: Callable[[str], bool]
    build: str
    unpacked: Path | None = None
    limits: PackageLimits | None = None


class Uploads:
    """Takes packages in. `Platform.upload` says what of it others may rely on.

    Args:
        gate: checks who asks.
        runner: makes dry runs.
        settings: how packages are taken in.
        keep_settings: keeps what a version (its app, its number) says about its settings; returns
            the names of those that it needs and that are not set.
    """

    def __init__(
        self,
        gate: Gate,
        runner: DryRunner,
        settings: IntakeSettings,
        keep_settings: Callable[[App, int, SettingsSchema | None], Awaitable[tuple[str, ...]]],
    ) -> None:
        self._gate = gate
        self._keep_settings = keep_settings
        self._core = gate.core
        self._runner = runner
        self.settings = settings

    async def take(
        self,
        who: Requester,
        stream: AsyncIterable[bytes],
        *,
        file_name: str,
        expected_id: str | None,
        note: str,
        progress: Callable[[Progress], None],
    ) -> Uploaded:
        """See `Platform.upload`."""
        await self._gate.require(who, Action.UPLOAD, expected_id or "")
        require_confirmed(who)  # now, and not after it was received and tried
        known = await apps.all_apps(self._core, deleted=True)
        facts = Server(
            taken_urls={app.url: name_for(who, app) for app in known if app.deleted_at is None},
            has_library=self.settings.has_library,
            allow_unsigned=self.settings.allow_unsigned,
        )
        accepted = await self._intake(
            who,
            stream,
            facts,
            file_name=file_name,
            expected_id=expected_id,
            progress=progress,
        )
        async with accepted:
            while True:
                # Read again: it took a while, and others may have added this app meanwhile.
                known = await apps.all_apps(self._core, deleted=True)
                owner = await self._gate.place(who, accepted.manifest.id, known)
                adding = self._add(who, accepted, note, is_new_app=owner is None)
                try:
                    return await self._gate.hiding(who, adding)
                except apps.AlreadyThere:
                    continue  # since the look before

    async def _intake(
        self,
        who: Requester,
        stream: AsyncIterable[bytes],
        facts: Server,
        *,
        file_name: str,
        expected_id: str | None,
        progress: Callable[[Progress], None],
    ) -> Accepted:
        """Receive, check and try a package; one that is refused is in the audit log."""
        taking = intake(
            stream,
            workspace=self.settings.workspace,
            runner=self._runner,
            trusted=self.settings.trusted,
            server=facts,
            package=file_name,
            expected_id=expected_id,
            limits=self.settings.limits,
            progress=progress,
        )
        try:
            return await taking
        except AppError as error:
            first = next((problem.message[:200] for problem in error.problems), "")
            detail = {"file": file_name[:100], "problems": len(error.problems), "first": first}
            with self._gate.acting(who):
                await audit.refused(
                    self._core,
                    "app.upload",
                    expected_id or next((p.app for p in error.problems), ""),
                    detail,
                    source=who.actor.user.id,
                )
            raise

    async def _add(
        self, who: Requester, accepted: Accepted, note: str, *, is_new_app: bool
    ) -> Uploaded:
        new = NewVersion(
            manifest=accepted.manifest.model_dump(mode="json"),
            module_digest=accepted.dry_run.module,
            signature=accepted.signature.verdict.value,
            signer=accepted.signature.label or accepted.signature.key_id,
            note=note,
            identity=accepted.digest,
            # Its dry run ran as the server's user; what is stored is what was checked before.
            package_digest=accepted.archive_sha256,
        )
        package = await asyncio.to_thread(accepted.archive.read_bytes)
        own = Visibility({who.actor.organisation.id: None})
        with self._gate.acting(who):
            added = await apps.add_version(
                self._core,
                new,
                package,
                self._compiled(accepted),
                as_new_for=own if is_new_app else None,
            )
            app = added.app
            settings = accepted.dry_run.settings
            unset = await self._keep_settings(app, added.version.number, settings)
        await self._keep_files(accepted, added.version)
        warnings = (*accepted.warnings, *_unset(app.id, unset))
        return Uploaded(app, added.version, added.new, warnings)

    def _compiled(self, accepted: Accepted) -> Compiled | None:
        """What the dry run compiled, so that promoting it does not compile it again."""
        bundle = accepted.dry_run.bundle
        if bundle is None:
            return None
        key = bundle_key(accepted.source.digest, self.settings.build)
        content = bundle.model_copy(update={"key": key}).model_dump_json().encode()
        return Compiled(self.settings.build, content)

    async def _keep_files(self, accepted: Accepted, version: Version) -> None:
        """Keep the files, which are unpacked already, where they are served from.

        The version is loaded from there only if they are still those that were uploaded.
        """
        if self.settings.unpacked is not None:
            root, app_id = accepted.source.root, version.app_id
            target = unpacked_folder(self.settings.unpacked, version.package_digest, app_id)
            try:
                await asyncio.to_thread(move_unpacked, root, target)
            except OSError as error:
                # The version is taken in; its package is unpacked when it is opened.
                log.warning("unpacked files not kept", app=app_id, why=str(error))


def _unset(app_id: str, names: tuple[str, ...]) -> Iterator[Problem]:
    if names:
        yield Problem(
            app_id,
            "package",
            "",
            None,
            f"It needs settings that are not set: {', '.join(names)}",
            f"Set them on the page /admin/apps/{app_id}, or with: python -m app settings set"
            f" {app_id} …",
        )
