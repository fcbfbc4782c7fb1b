"""What can be done with installed apps. Every door (pages, API, commands) calls this and nothing
else.

Each method checks who asks, acts in the name of the requester, and leaves telling open pages to the
catalog, which hears of every change on the bus.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.core import apps, audit
from app.core.actor import acting_as
from app.core.apps import App, NewVersion, Preview, StartedPreview, Step, Version, Visibility
from app.core.context import Core
from app.core.errors import NotFound
from app.packages.checks import Server
from app.packages.dry_run import DryRunner
from app.packages.intake import Accepted, Progress, intake
from app.packages.limits import PackageLimits
from app.packages.signing import TrustedKeys
from app.platform.permissions import Action, NotAllowed, Requester, may, require
from app.runtime.problems import Problem


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
    """

    workspace: Path
    trusted: TrustedKeys
    allow_unsigned: bool
    has_library: Callable[[str], bool]
    limits: PackageLimits | None = None


class Platform:
    """The installed apps of a server.

    Args:
        core: records, code store, audit log.
        runner: makes dry runs.
        settings: how packages are taken in.
    """

    def __init__(self, core: Core, runner: DryRunner, settings: IntakeSettings) -> None:
        self._core = core
        self._runner = runner
        self._intake = settings

    @property
    def allows_unsigned(self) -> bool:
        """Whether unsigned packages are taken; pages for admins warn of it."""
        return self._intake.allow_unsigned

    # Reading

    async def apps(self, who: Requester, *, deleted: bool = False) -> list[App]:
        """Return the apps that the requester may look after."""
        found = await apps.all_apps(self._core, deleted=deleted)
        return [app for app in found if may(who, Action.SEE, app.visible_to)]

    async def app(self, who: Requester, app_id: str) -> App:
        """Return an app.

        Raises:
            NotFound: there is none, or the requester may not know of it.
        """
        return await self._app(who, app_id, Action.SEE)

    async def versions(
        self, who: Requester, app_id: str, *, limit: int = 100, before: int | None = None
    ) -> list[Version]:
        """Return versions of an app, the newest first."""
        await self.app(who, app_id)
        return await apps.versions(self._core, app_id, limit=limit, before=before)

    async def version(self, who: Requester, app_id: str, number: int) -> Version:
        """Return one version."""
        await self.app(who, app_id)
        return await apps.version(self._core, app_id, number)

    async def manifest(self, who: Requester, app_id: str, number: int) -> dict[str, Any]:
        """Return the manifest of a version."""
        await self.app(who, app_id)
        return await apps.manifest(self._core, app_id, number)

    async def package(self, who: Requester, app_id: str, number: int) -> bytes:
        """Return the bytes of a version's package, exactly as uploaded."""
        version = await self.version(who, app_id, number)
        return await self._core.code.get(version.package_digest)

    async def history(self, who: Requester, app_id: str, *, limit: int = 100) -> list[Step]:
        """Return what happened to an app, the latest first."""
        await self.app(who, app_id)
        return await apps.history(self._core, app_id, limit=limit)

    async def previews(self, who: Requester, app_id: str) -> list[Preview]:
        """Return the previews of an app that go on."""
        await self.app(who, app_id)
        return await apps.previews(self._core, app_id)

    # Changing

    async def upload(
        self,
        who: Requester,
        stream: AsyncIterable[bytes],
        *,
        file_name: str = "package",
        expected_id: str | None = None,
        note: str = "",
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> Uploaded:
        """Take in a package as the next version of its app. Nothing is activated.

        Args:
            who: the requester.
            stream: the archive.
            file_name: how the sender calls it, for messages.
            expected_id: the app that it is meant to update, if it is meant to.
            note: what the sender says about it.
            progress: told at every step.

        Raises:
            AppError: the package is refused, with everything that is wrong.
            DryRunFailed: it could not be tried.
            NotAllowed: the requester may not upload (this app).
        """
        await self._refuse_unless(who, Action.UPLOAD, None, expected_id or "")
        known = await apps.all_apps(self._core, deleted=True)
        facts = Server(
            taken_urls={app.url: app.id for app in known if app.deleted_at is None},
            has_library=self._intake.has_library,
            allow_unsigned=self._intake.allow_unsigned,
        )
        accepted = await intake(
            stream,
            workspace=self._intake.workspace,
            runner=self._runner,
            trusted=self._intake.trusted,
            server=facts,
            package=file_name,
            expected_id=expected_id,
            limits=self._intake.limits,
            progress=progress,
        )
        async with accepted:
            owner = next((app for app in known if app.id == accepted.manifest.id), None)
            if owner is not None:
                await self._refuse_unless(who, Action.UPLOAD, owner.visible_to, owner.id)
            return await self._add(who, accepted, note, is_new_app=owner is None)

    async def start_preview(
        self,
        who: Requester,
        app_id: str,
        number: int,
        *,
        users: Iterable[str] = (),
        base_revision: int | None = None,
        days: float = 7,
    ) -> StartedPreview:
        """Show a version to some people; the token of the link is told once, here."""
        await self._app(who, app_id, Action.PREVIEW)
        with self._acting(who):
            return await apps.start_preview(
                self._core,
                app_id,
                number,
                users,
                base_revision=base_revision,
                lifetime=timedelta(days=days),
            )

    async def end_preview(self, who: Requester, app_id: str, preview_id: str) -> App:
        """End a preview of an app."""
        await self._app(who, app_id, Action.PREVIEW)
        if preview_id not in {p.id for p in await apps.previews(self._core, app_id)}:
            raise NotFound(f"{app_id} has no such preview")
        with self._acting(who):
            return await apps.end_preview(self._core, preview_id)

    async def promote(
        self,
        who: Requester,
        app_id: str,
        number: int,
        *,
        base_revision: int | None = None,
        note: str = "",
    ) -> App:
        """Serve a version to everybody.

        Raises:
            Changed: somebody else changed the app meanwhile.
            NotReady: the version failed, or waits for capabilities.
        """
        await self._app(who, app_id, Action.ACTIVATE)
        with self._acting(who):
            return await apps.promote(
                self._core, app_id, number, base_revision=base_revision, note=note
            )

    async def rollback(
        self,
        who: Requester,
        app_id: str,
        to: int | None = None,
        *,
        base_revision: int | None = None,
        note: str = "",
    ) -> App:
        """Serve an earlier version again, exactly as it was; the one before by default."""
        await self._app(who, app_id, Action.ACTIVATE)
        with self._acting(who):
            return await apps.rollback(
                self._core, app_id, to, base_revision=base_revision, note=note
            )

    async def enable(self, who: Requester, app_id: str, *, base_revision: int | None = None) -> App:
        """Switch an app on."""
        await self._app(who, app_id, Action.ACTIVATE)
        with self._acting(who):
            return await apps.enable(self._core, app_id, base_revision=base_revision)

    async def disable(
        self, who: Requester, app_id: str, *, base_revision: int | None = None
    ) -> App:
        """Switch an app off, everywhere and at once; its state is kept."""
        await self._app(who, app_id, Action.ACTIVATE)
        with self._acting(who):
            return await apps.disable(self._core, app_id, base_revision=base_revision)

    async def delete(self, who: Requester, app_id: str, *, base_revision: int | None = None) -> App:
        """Delete an app; it can be brought back for 30 days."""
        await self._app(who, app_id, Action.ACTIVATE)
        with self._acting(who):
            return await apps.delete(self._core, app_id, base_revision=base_revision)

    async def undelete(
        self, who: Requester, app_id: str, *, base_revision: int | None = None
    ) -> App:
        """Bring a deleted app back."""
        await self._app(who, app_id, Action.ACTIVATE)
        with self._acting(who):
            return await apps.undelete(self._core, app_id, base_revision=base_revision)

    async def grant(
        self,
        who: Requester,
        app_id: str,
        capabilities: Iterable[str],
        *,
        base_revision: int | None = None,
    ) -> App:
        """Grant capabilities to an app."""
        await self._app(who, app_id, Action.CONFIGURE)
        with self._acting(who):
            return await apps.grant(self._core, app_id, capabilities, base_revision=base_revision)

    async def revoke(
        self,
        who: Requester,
        app_id: str,
        capabilities: Iterable[str],
        *,
        base_revision: int | None = None,
    ) -> App:
        """Take capabilities from an app."""
        await self._app(who, app_id, Action.CONFIGURE)
        with self._acting(who):
            return await apps.revoke(self._core, app_id, capabilities, base_revision=base_revision)

    async def set_visibility(
        self,
        who: Requester,
        app_id: str,
        visibility: Visibility,
        *,
        base_revision: int | None = None,
    ) -> App:
        """Say who sees an app. Whoever may not share can only choose among own users."""
        app = await self._app(who, app_id, Action.CONFIGURE)
        own = {who.actor.organisation.id}
        if visibility.organisations is None or set(visibility.organisations) != own:
            await self._refuse_unless(who, Action.SHARE, app.visible_to, app_id)
        with self._acting(who):
            return await apps.set_visibility(
                self._core, app_id, visibility, base_revision=base_revision
            )

    async def set_load_at_boot(
        self, who: Requester, app_id: str, load: bool, *, base_revision: int | None = None
    ) -> App:
        """Say whether nodes load an app when they start."""
        await self._app(who, app_id, Action.CONFIGURE)
        with self._acting(who):
            return await apps.set_load_at_boot(
                self._core, app_id, load, base_revision=base_revision
            )

    # Helpers

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
        )
        package = accepted.archive.read_bytes()
        with self._acting(who):
            added = await apps.add_version(self._core, new, package)
            app = added.app
            if is_new_app and not may(who, Action.SHARE):
                # Nothing is served before the first promotion, so nobody saw it until now.
                own = Visibility({who.actor.organisation.id: None})
                app = await apps.set_visibility(self._core, app.id, own, base_revision=None)
        return Uploaded(app, added.version, added.new, accepted.warnings)

    async def _app(self, who: Requester, app_id: str, action: Action) -> App:
        """Return an app with which the requester may do something.

        Who may not even see it learns nothing: it is not found.
        """
        app = await apps.get(self._core, app_id)
        if not may(who, Action.SEE, app.visible_to):
            await self._note_refusal(who, action, app_id)
            raise NotFound(f"there is no app {app_id}")
        await self._refuse_unless(who, action, app.visible_to, app_id)
        return app

    async def _refuse_unless(
        self, who: Requester, action: Action, visibility: Visibility | None, target: str
    ) -> None:
        try:
            require(who, action, visibility)
        except NotAllowed:
            await self._note_refusal(who, action, target)
            raise

    async def _note_refusal(self, who: Requester, action: Action, target: str) -> None:
        with self._acting(who):
            await audit.refused(self._core, action.name.lower(), target)

    @contextmanager
    def _acting(self, who: Requester) -> Iterator[None]:
        with acting_as(who.actor):
            yield
