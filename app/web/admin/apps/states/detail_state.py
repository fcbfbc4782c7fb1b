"""What the page of one installed app shows."""

from typing import TypedDict

import reflex as rx

from app.core.apps import App, NotFound, State, Version
from app.node.engine import running_host
from app.platform.described import Viewers
from app.platform.permissions import Action, Requester, may
from app.web.admin.apps.states.settings_needs import needs_of
from app.web.admin.apps.states.sharing_state import described
from app.web.admin.page_state import reporting_refusals
from app.web.admin.rows import (
    AppRow,
    CapabilityRow,
    PreviewRow,
    StepRow,
    VersionRow,
    app_row,
    capability_rows,
    preview_row,
    problem_line,
    step_row,
    version_row,
)
from app.web.administration import administration, requester

PAGE = 50  # versions or steps at a time
MOST = 900
ROUTE = "/admin/apps"


class Rights(TypedDict):
    """What the administrator may do with the app; the server asks again at every event."""

    activate: bool
    configure: bool
    preview: bool


_NO_RIGHTS = Rights(activate=False, configure=False, preview=False)
_NO_APP = AppRow(
    id="",
    name="",
    href="",
    library="",
    picture="",
    state="",
    color="gray",
    waits=False,
    unsigned=False,
    unset=False,
    version="",
    users=0,
    errors=0,
    revision=0,
    deleted=False,
)


class DetailState(rx.State):
    """One app. Empty while no app's page is open."""

    app_id: str = ""
    missing: bool = False
    app: AppRow = _NO_APP
    url: str = ""
    is_enabled: bool = False
    has_version: bool = False
    description: str = ""
    problems: list[str] = []
    needs: list[str] = []
    sharing: str = ""
    rights: Rights = _NO_RIGHTS
    versions: list[VersionRow] = []
    older_versions: bool = False
    numbers: list[str] = []
    previews: list[PreviewRow] = []
    capabilities: list[CapabilityRow] = []
    steps: list[StepRow] = []
    older_steps: bool = False
    _versions_shown: int = PAGE
    _steps_shown: int = PAGE

    @rx.event
    @reporting_refusals
    async def more(self, what: str):
        """Show more of the older versions, or of the older steps."""
        if what == "versions":
            self._versions_shown = min(self._versions_shown + PAGE, MOST)
        else:
            self._steps_shown = min(self._steps_shown + PAGE, MOST)
        await self._open(await requester(Action.SEE, self.app_id), self.app_id)

    async def _open(self, who: Requester, app_id: str) -> None:
        """Show an app as it is now, or nothing when `app_id` is ""."""
        if app_id != self.app_id or not app_id:
            self.reset()
        self.app_id = app_id
        if not app_id:
            return
        platform = administration().platform
        try:
            app = await platform.app(who, app_id)
            found = await platform.versions(who, app_id, limit=self._versions_shown + 1)
            previews = await platform.previews(who, app_id)
            history = await platform.history(who, app_id, limit=self._steps_shown + 1)
        except NotFound:
            self.reset()
            self.app_id, self.missing = app_id, True
            return
        self.missing = False
        self._show_app(who, app, found)
        shown = found[: self._versions_shown]
        self.versions = [version_row(version, app, previews) for version in shown]
        self.older_versions = len(found) > len(shown)
        self.numbers = [str(version.number) for version in shown]
        self.capabilities = capability_rows(app, shown)
        self.steps = [step_row(step) for step in history[: self._steps_shown]]
        self.older_steps = len(history) > len(self.steps)
        users = {user for preview in previews for user in preview.users}
        names = await platform.audit.names(who, users) if users else {}
        self.previews = [preview_row(preview, names) for preview in previews]
        self.sharing = await described(who, app.visible_to)
        self.needs = await _needs(who, app, found)

    def _show_app(self, who: Requester, app: App, versions: list[Version]) -> None:
        host = running_host()
        people = Viewers.of([session.actor for session in host.sessions.viewing(app.id)]).people
        current = next((v for v in versions if v.number == app.current), None)
        newest = versions[0] if versions else None
        record = host.catalog.get(app.id)
        errors, unset = host.errors.of(app.id), app.id in host.observed.wrong_settings
        self.app = app_row(app, current, newest, record, people, len(errors), unset=unset)
        self.url = f"{host.place.apps}/apps/{app.url}" if app.served else ""
        self.description = app.description
        # Why the current version is not what people get.
        failure = record.failure if record and app.enabled else None
        found = failure.problems[:20] if failure else ()
        self.problems = [problem_line(problem.as_dict()) for problem in found]
        self.is_enabled, self.has_version = app.enabled, app.current is not None
        self.rights = Rights(
            activate=may(who, Action.ACTIVATE, app.visible_to),
            configure=may(who, Action.CONFIGURE, app.visible_to),
            preview=may(who, Action.PREVIEW, app.visible_to),
        )


def app_id_at(path: str) -> str:
    """Return the id of the app whose page is at `path`; "" for the list of apps."""
    parts = [part for part in path.removeprefix(ROUTE).split("/") if part]
    return "/".join(parts)[:200]


async def _needs(who: Requester, app: App, versions: list[Version]) -> list[str]:
    """Return what the served and the newest version lack, in sentences."""
    usable = [v.number for v in versions[:1] if v.state is not State.FAILED]
    numbers = sorted({*usable, *([app.current] if app.current else [])})
    return [needs for number in numbers if (needs := await needs_of(who, app, number))]
