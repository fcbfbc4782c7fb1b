"""What `/admin/apps` shows: the list of installed apps, and which of them is open."""

import reflex as rx

from app.bridge.events import EventCall, current_token, running_host
from app.core.apps import App, NotFound, Version
from app.platform.permissions import Action, Requester, may
from app.web.admin.access import administration, enter, requester, told
from app.web.admin.detail_state import ROUTE, DetailState, app_id_at
from app.web.admin.diff_state import DiffState
from app.web.admin.rows import AppRow, app_row, people_in
from app.web.admin.settings_state import SettingsState

SHOWN = 50  # apps; more than that is found by searching


class AdminState(rx.State):
    """What the page is about: "list", "app", or why there is nothing. Empty in other sessions."""

    place: str = ""  # list | app | development | refused
    may_upload: bool = False
    rows: list[AppRow] = []
    deleted: list[AppRow] = []
    total: int = 0
    matching: int = 0
    query: str = ""

    @rx.event
    @told
    async def load(self):
        """Show what the address names, and from now on every change."""
        who, self.place = await enter(Action.SEE)
        if who is None:
            return
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
            await self._show(who)

    @rx.event
    @told
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
    @told
    async def refresh(self):
        """Show everything as it is now."""
        who = await requester(Action.SEE, ROUTE)
        if self.place == "app":
            detail = await self.get_state(DetailState)
            await detail._open(who, detail.app_id)
        else:
            await self._show(who)

    @rx.event
    @told
    async def search(self, query: str):
        """Show the apps that match."""
        self.query = str(query)[:200]
        await self._show(await requester(Action.SEE, ROUTE))

    async def _show(self, who: Requester) -> None:
        found = await administration().platform.apps(who, deleted=True)
        kept = sorted(
            (app for app in found if app.deleted_at is None), key=lambda a: a.name.casefold()
        )
        matching = [app for app in kept if _matches(app, self.query)]
        self.total, self.matching = len(kept), len(matching)
        self.rows = [await _row(who, app) for app in matching[:SHOWN]]
        gone = [app for app in found if app.deleted_at is not None]
        self.deleted = [await _row(who, app) for app in gone[:SHOWN]]


def _matches(app: App, query: str) -> bool:
    text = f"{app.name} {app.id} {app.description}".casefold()
    return all(word in text for word in query.casefold().split())


async def _row(who: Requester, app: App) -> AppRow:
    host = running_host()
    viewing = host.sessions.viewing(app.id)
    current = await _version(who, app, app.current)
    newest = current if app.newest == app.current else await _version(who, app, app.newest)
    record, errors = host.catalog.get(app.id), len(host.errors.of(app.id))
    return app_row(app, current, newest, record, people_in(viewing), errors)


async def _version(who: Requester, app: App, number: int | None) -> Version | None:
    if not number:
        return None
    try:
        return await administration().platform.version(who, app.id, number)
    except NotFound:
        return None
