"""What can be done with installed apps. Every door (pages, API, commands) calls this and nothing
else.

Each method checks who asks, acts in the name of the requester, and leaves telling open pages to the
catalog, which hears of every change on the bus.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable, Iterable
from datetime import timedelta

from app.core import apps
from app.core.apps import App, StartedPreview, Visibility
from app.core.context import Core
from app.kernel.errors import NotFound
from app.packages.dry_run import DryRunner
from app.packages.intake import Progress
from app.platform.app_settings import SettingsDesk
from app.platform.audience import chosen_users
from app.platform.audit_log import AuditLog
from app.platform.looking import Looking
from app.platform.node import Node
from app.platform.outcome import PATIENCE_SECONDS, require_served
from app.platform.people import People
from app.platform.permissions import Action, Requester
from app.platform.sessions import Sessions
from app.platform.tokens import Tokens
from app.platform.uploads import IntakeSettings, Uploaded, Uploads
from app.platform.watching import Watching


class Platform(Looking):
    """The installed apps of a server, and everything around them.

    Args:
        core: records, code store, audit log.
        runner: makes dry runs.
        settings: how packages are taken in.
        node: the running node.

    Attributes:
        settings: what can be set for apps, and setting it.
        watching: logs, errors and use of apps; nodes.
        people: users and their roles.
        tokens: API tokens.
        audit: the audit log.
    """

    def __init__(self, core: Core, runner: DryRunner, settings: IntakeSettings, node: Node) -> None:
        super().__init__(core)
        self._node = node
        self._runner = runner
        self.settings = SettingsDesk(self._gate, runner, settings, node)
        self._uploads = Uploads(self._gate, runner, settings, self.settings.keep)
        self.watching = Watching(self._gate, node)
        self.people = People(self._gate)
        self.tokens = Tokens(self._gate, self.people)
        self.sessions = Sessions(self._gate, self.people)
        self.audit = AuditLog(self._gate)

    @property
    def allows_unsigned(self) -> bool:
        """Whether unsigned packages are taken; pages for admins warn of it."""
        return self._uploads.settings.allow_unsigned

    @property
    def missing_layers(self) -> tuple[str, ...]:
        """What should confine packages while they are tried and is not there; pages for admins warn
        of it. See `DryRunner.missing_layers`.
        """
        return self._runner.missing_layers

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
            NotFound: the app is one of others, or would stand among apps of others.
        """
        return await self._uploads.take(
            who,
            stream,
            file_name=file_name,
            expected_id=expected_id,
            note=note,
            progress=progress,
        )

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
        """Show a version to some people; the token of the link is told once, here.

        Args:
            who: the requester.
            app_id: the app.
            number: which version.
            users: who gets it without the link, by address or id.
            base_revision: the revision that the requester saw; None takes any.
            days: how long it goes on.

        Raises:
            NotFound: there is no such user; for whoever is no operator, in their organisation.
            Invalid: a user may not see the app, or the days are out of range.
            NotReady: the version failed.
            Changed: somebody else changed the app meanwhile.
        """
        app = await self._gate.app(who, app_id, Action.PREVIEW)
        chosen = await chosen_users(self._core, who, app, users)
        with self._gate.acting(who):
            return await apps.start_preview(
                self._core,
                app_id,
                number,
                chosen,
                base_revision=base_revision,
                lifetime=timedelta(days=days),
            )

    async def end_preview(self, who: Requester, app_id: str, preview_id: str) -> App:
        """End a preview of an app."""
        await self._gate.app(who, app_id, Action.PREVIEW)
        if preview_id not in {p.id for p in await apps.previews(self._core, app_id)}:
            raise NotFound(f"{app_id} has no such preview")
        with self._gate.acting(who):
            return await apps.end_preview(self._core, preview_id)

    async def promote(
        self,
        who: Requester,
        app_id: str,
        number: int,
        *,
        base_revision: int | None = None,
        note: str = "",
        patience: float = PATIENCE_SECONDS,
    ) -> App:
        """Serve a version to everybody, and return when this node does.

        Args:
            who: the requester.
            app_id: the app.
            number: which version.
            base_revision: the revision that the requester saw; None takes any.
            note: why, for the history.
            patience: how many seconds to wait for the node.

        Raises:
            Changed: somebody else changed the app meanwhile.
            NotReady: the version waits for capabilities.
            NotServed: it does not load, or not now, or nobody knows yet.
        """
        await self._gate.app(who, app_id, Action.ACTIVATE)
        with self._gate.acting(who):
            promoting = apps.promote(
                self._core, app_id, number, base_revision=base_revision, note=note
            )
            _, promoted = await asyncio.gather(
                self._node.expect(app_id, number), self._gate.hiding(who, promoting)
            )
        return await self._served(promoted, patience)

    async def rollback(
        self,
        who: Requester,
        app_id: str,
        to: int | None = None,
        *,
        base_revision: int | None = None,
        note: str = "",
        patience: float = PATIENCE_SECONDS,
    ) -> App:
        """Serve an earlier version again, exactly as it was; the one before by default. As
        `promote`.
        """
        await self._gate.app(who, app_id, Action.ACTIVATE)
        with self._gate.acting(who):
            rolling = apps.rollback(self._core, app_id, to, base_revision=base_revision, note=note)
            back = await self._gate.hiding(who, rolling)
        return await self._served(back, patience)

    async def enable(
        self,
        who: Requester,
        app_id: str,
        *,
        base_revision: int | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> App:
        """Switch an app on, and return when this node serves it. As `promote`."""
        await self._gate.app(who, app_id, Action.ACTIVATE)
        with self._gate.acting(who):
            enabled = await apps.enable(self._core, app_id, base_revision=base_revision)
        return await self._served(enabled, patience)

    async def disable(
        self, who: Requester, app_id: str, *, base_revision: int | None = None
    ) -> App:
        """Switch an app off, everywhere and at once; its state is kept."""
        await self._gate.app(who, app_id, Action.ACTIVATE)
        with self._gate.acting(who):
            return await apps.disable(self._core, app_id, base_revision=base_revision)

    async def delete(self, who: Requester, app_id: str, *, base_revision: int | None = None) -> App:
        """Delete an app; it can be brought back for 30 days."""
        await self._gate.app(who, app_id, Action.ACTIVATE)
        with self._gate.acting(who):
            return await apps.delete(self._core, app_id, base_revision=base_revision)

    async def undelete(
        self,
        who: Requester,
        app_id: str,
        *,
        base_revision: int | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> App:
        """Bring a deleted app back, and return when this node serves it. As `promote`."""
        await self._gate.app(who, app_id, Action.ACTIVATE)
        with self._gate.acting(who):
            undoing = apps.undelete(self._core, app_id, base_revision=base_revision)
            back = await self._gate.hiding(who, undoing)
        return await self._served(back, patience)

    async def set_grants(
        self,
        who: Requester,
        app_id: str,
        capabilities: Iterable[str],
        *,
        base_revision: int | None = None,
    ) -> App:
        """Say which capabilities an app has; others are taken from it in the same step."""
        await self._gate.app(who, app_id, Action.CONFIGURE)
        with self._gate.acting(who):
            return await apps.set_grants(
                self._core, app_id, capabilities, base_revision=base_revision
            )

    async def grant(
        self,
        who: Requester,
        app_id: str,
        capabilities: Iterable[str],
        *,
        base_revision: int | None = None,
    ) -> App:
        """Grant capabilities to an app."""
        await self._gate.app(who, app_id, Action.CONFIGURE)
        with self._gate.acting(who):
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
        await self._gate.app(who, app_id, Action.CONFIGURE)
        with self._gate.acting(who):
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
        app = await self._gate.app(who, app_id, Action.CONFIGURE)
        own = {who.actor.organisation.id}
        if visibility.organisations is None or set(visibility.organisations) != own:
            await self._gate.require(who, Action.SHARE, app_id, app.visible_to)
        with self._gate.acting(who):
            return await apps.set_visibility(
                self._core, app_id, visibility, base_revision=base_revision
            )

    async def set_load_at_boot(
        self, who: Requester, app_id: str, load: bool, *, base_revision: int | None = None
    ) -> App:
        """Say whether nodes load an app when they start."""
        await self._gate.app(who, app_id, Action.CONFIGURE)
        with self._gate.acting(who):
            return await apps.set_load_at_boot(
                self._core, app_id, load, base_revision=base_revision
            )

    async def _served(self, app: App, patience: float) -> App:
        # Not in the name of whoever asks: this is the server's own work.
        return await require_served(self._core, self._node, app, patience=patience)
