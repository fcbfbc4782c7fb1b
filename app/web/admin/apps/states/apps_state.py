"""What `/admin/apps` shows: the list of installed apps, and which of them is open."""

from collections.abc import Mapping

import reflex as rx

from app.bridge.sockets.events import EventCall, current_token
from app.core.apps import App, State, Version
from app.node.engine import running_host
from app.platform.described import Viewers
from app.platform.permissions import Action, Requester, may
from app.web.admin.apps.states.detail_state import ROUTE, DetailState, app_id_at
from app.web.admin.apps.states.diff_state import DiffState
from app.web.admin.apps.states.settings_state import SettingsState
from app.web.admin.page_state import PageState, entering, reporting_refusals
from app.web.admin.rows import AppRow, app_row, state_of
from app.web.administration import administration, places, requester

Versions = Mapping[tuple[str, int], Version]

SHOWN = 50  # apps at a time
FILTERS = {
    "": "All apps",
    "on": "On",
    "off": "Switched off",
    "failing": "Failing",
    "errors": "With errors",
    "waiting": "Waiting for capabilities",
    "not promoted yet": "Not promoted yet",
}
SECONDS = 10  # between two looks at who has apps open


class AdminState(PageState, rx.State):
    """What the page is about: its `place` may also be "app". Empty in other sessions."""

    may_upload: bool = False
    rows: list[AppRow] = []
    deleted: list[AppRow] = []
    total: int = 0
    matching: int = 0
    query: str = ""
    only: str = ""  # what the list is narrowed down to, one of FILTERS
    _shown: int = SHOWN

    @rx.event
    @entering(Action.SEE)
    async def load(self, who: Requester):
        """Show what the address names, and from now on every change."""
        self.may_upload = may(who, Action.UPLOAD)
        running_host().watch_catalog(current_token(), EventCall.of(AdminState.changed))
        detail = await self.get_state(DetailState)
        app_id = app_id_at(self.router.url.path)
        if app_id != detail.app_id:
            (await self.get_state(DiffState)).reset()
            (await self.get_state(SettingsState)).reset()
        self.place = "app" if app_id else "list"
        await detail._open(who, app_id)
        if not app_id:
            self._shown = SHOWN
            await self._show(who)

    @rx.event
    @reporting_refusals
    async def changed(self, app_id: str):
        """An app came, went or changed."""
        who = await requester(Action.SEE, ROUTE)
        detail = await self.get_state(DetailState)
        if self.place == "app":
            if detail.app_id == app_id:
                await detail._open(who, app_id)
                await (await self.get_state(SettingsState))._follow(who, app_id)
        elif self.place == "list":
            await self._show(who)

    @rx.event
    @reporting_refusals
    async def refresh(self):
        """Show everything as it is now."""
        who = await requester(Action.SEE, ROUTE)
        if self.place == "app":
            detail = await self.get_state(DetailState)
            await detail._open(who, detail.app_id)
        else:
            await self._show(who)

    @rx.event
    def look(self):
        """Count people and errors anew; the list asks while somebody looks at it."""
        if self.place != "list" or not places():
            return
        for at, row in enumerate(self.rows):
            users, errors = _counts(row["id"])
            if (row["users"], row["errors"]) != (users, errors):
                self.rows[at] = {**row, "users": users, "errors": errors}

    @rx.event
    @reporting_refusals
    async def search(self, query: str):
        """Show the apps that match."""
        self.query, self._shown = str(query)[:200], SHOWN
        await self._show(await requester(Action.SEE, ROUTE))

    @rx.event
    @reporting_refusals
    async def narrow(self, only: str):
        """Show the apps in a certain state."""
        self.only, self._shown = only if only in FILTERS else "", SHOWN
        await self._show(await requester(Action.SEE, ROUTE))

    @rx.event
    @reporting_refusals
    async def more(self):
        """Show more of the apps that match."""
        self._shown += SHOWN
        await self._show(await requester(Action.SEE, ROUTE))

    async def _show(self, who: Requester) -> None:
        platform = administration().platform
        found = await platform.apps(who, deleted=True)
        kept = sorted(
            (app for app in found if app.deleted_at is None), key=lambda a: a.name.casefold()
        )
        matching = [app for app in kept if _matches(app, self.query)]
        if self.only:
            known = await platform.versions_of(who, matching if self.only == "waiting" else ())
            matching = [app for app in matching if _is(self.only, app, known)]
        self.total, self.matching = len(kept), len(matching)
        gone = [app for app in found if app.deleted_at is not None][:SHOWN]
        shown = matching[: self._shown]
        versions = await platform.versions_of(who, [*shown, *gone])
        self.rows = [_row(app, versions) for app in shown]
        self.deleted = [_row(app, versions) for app in gone]


def _matches(app: App, query: str) -> bool:
    text = f"{app.name} {app.id} {app.description}".casefold()
    return all(word in text for word in query.casefold().split())


def _is(only: str, app: App, versions: Versions) -> bool:
    """Tell whether an app is in a certain state."""
    match only:
        case "errors":
            return _counts(app.id)[1] > 0
        case "waiting":
            return _waits(versions.get((app.id, app.newest)))
        case _:
            return state_of(app, running_host().catalog.get(app.id)) == only


def _row(app: App, versions: Versions) -> AppRow:
    current = versions.get((app.id, app.current or 0))
    newest = versions.get((app.id, app.newest))
    host = running_host()
    unset = app.id in host.observed.wrong_settings
    return app_row(app, current, newest, host.catalog.get(app.id), *_counts(app.id), unset=unset)


def _waits(version: Version | None) -> bool:
    return version is not None and version.state is State.WAITING


def _counts(app_id: str) -> tuple[int, int]:
    """Return how many people have an app open, and how many kinds of errors it had."""
    host = running_host()
    viewing = [session.actor for session in host.sessions.viewing(app_id)]
    return Viewers.of(viewing).people, len(host.errors.of(app_id))
