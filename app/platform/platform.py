"""What can be done with installed apps. Every door (pages, API, commands) calls this and nothing
else.

Each method checks who asks, acts in the name of the requester, and leaves telling open pages to the
catalog, which hears of every change on the bus.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable
from datetime import timedelta

from app.core import apps
from app.core.apps import App, StartedPreview
from app.core.context import Core
from app.packages.intake import Progress
from app.packages.trying.dry_run import DryRunner
from app.platform.app_settings import SettingsService
from app.platform.audience import chosen_users
from app.platform.audit_log import AuditLog
from app.platform.node import Node
from app.platform.operations.operation import Operation
from app.platform.operations.running import run
from app.platform.outcome import LOAD_TIMEOUT_SECONDS, require_served
from app.platform.people import People
from app.platform.permissions import Action, Requester
from app.platform.queries import AppQueries
from app.platform.sessions import Sessions
from app.platform.tokens import Tokens
from app.platform.uploads import IntakeSettings, Uploaded, Uploads
from app.platform.watching import Watching


class Platform(AppQueries):
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
        self.settings = SettingsService(self._gate, runner, settings, node)
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
    def takes_nothing(self) -> bool:
        """Whether every package is refused, as no key is trusted; pages for admins warn of it."""
        settings = self._uploads.settings
        return not settings.allow_unsigned and not len(settings.trusted)

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

    async def do(
        self,
        who: Requester,
        app_id: str,
        wanted: Operation,
        *,
        patience: float = LOAD_TIMEOUT_SECONDS,
    ) -> App:
        """Do something with an app; if that decides what is served, return when this node does.

        Args:
            who: the requester.
            app_id: the app.
            wanted: what to do, with its arguments.
            patience: how many seconds to wait for the node.

        Raises:
            NotFound: there is no such app, or the requester may not know of it.
            NotAllowed: the requester may not do this with it.
            Changed: somebody else changed the app meanwhile.
            NotReady: the version waits for capabilities.
            NotServed: it does not load, or not now, or nobody knows yet.
        """
        app = await self._gate.app(who, app_id, wanted.needs)
        if (more := wanted.also_needs(who)) is not None:
            await self._gate.require(who, more, app_id, app.visible_to)
        with self._gate.acting(who):
            done = await self._gate.hiding(who, run(wanted, self._core, self._node, app))
        if not wanted.decides:
            return done
        # Not in the name of whoever asks: this is the server's own work.
        return await require_served(self._core, self._node, done, patience=patience)
