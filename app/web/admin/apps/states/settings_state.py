"""What the tab with an app's settings shows, and saving them."""

from __future__ import annotations

from typing import Any

import reflex as rx

from app.core.app_settings import Settings, SettingsChanged
from app.core.apps import App, State, Version
from app.kernel.errors import CoreError, sentence
from app.packages.trying.dry_run import DryRunFailed
from app.platform.app_settings import AppSettings, SettingsRefused
from app.platform.permissions import Action, Requester
from app.source.problems import AppError
from app.web.admin.apps.states.detail_state import app_id_at
from app.web.admin.apps.states.settings_rows import (
    OptionRow,
    SettingRow,
    changes_in,
    differences,
    errors_of,
    rows_of,
    with_errors,
)
from app.web.admin.page_state import reporting_refusals
from app.web.administration import administration, requester

TAB = "settings"
VERSIONS = 20  # newer than the served one, among which one can choose


class SettingsState(rx.State):
    """The form. Empty while nobody has the tab open; values of secrets are never part of it."""

    app_id: str = ""
    trouble: str = ""
    number: str = ""
    versions: list[OptionRow] = []
    has_settings: bool = False
    rows: list[SettingRow] = []
    # Grows with every form that is made anew, and with every one that is refused.
    form: int = 0
    refusals: int = 0
    wrong: list[str] = []
    meanwhile: list[str] = []
    insists: bool = False
    _revision: int = 0
    _began: Settings | None = None

    @rx.event
    async def choose_tab(self, tab: str):
        """A tab of the app's page was chosen; this one is filled when it is first seen."""
        app_id = app_id_at(self.router.url.path)
        if str(tab) == TAB and (self.app_id != app_id or self.trouble):
            await self._make(app_id, None)

    @rx.event
    async def choose_version(self, number: str):
        """Show the settings that a version declares."""
        known = {option["text"] for option in self.versions}
        if number in known:
            await self._make(self.app_id, int(number))

    @rx.event
    async def begin_again(self):
        """Show what is set now; what was typed is gone."""
        if self.app_id:
            await self._make(self.app_id, int(self.number) if self.number else None)

    @rx.event
    @reporting_refusals
    async def save(self, form: dict[str, Any]):
        """Save what was changed in the form."""
        who = await requester(Action.CONFIGURE, self.app_id)
        changes = changes_in(self.rows, form)
        if changes.wrong:
            self._refuse(changes.wrong, [])
            return None
        if not changes.values and not changes.remove:
            self._refuse({}, [])
            return rx.toast.info("Nothing was changed.")
        try:
            saved = await administration().platform.settings.save(
                who,
                self.app_id,
                changes.values,
                remove=changes.remove,
                number=int(self.number),
                base_revision=self._revision,
            )
        except SettingsRefused as refused:
            self._refuse(*errors_of(self.rows, refused.problems))
            return None
        except SettingsChanged as changed:
            self._differ(changed.current)
            # Whoever has been shown what changed decides by saving again.
            self._revision, self.insists = changed.current.revision, True
            return None
        self._show(saved)
        return rx.toast.success("Saved. Open pages follow at once.")

    async def _make(self, app_id: str, number: int | None) -> None:
        """Make the form anew."""
        forms = self.form
        self.reset()
        self.app_id, self.form = app_id, forms + 1
        try:
            who = await requester(Action.CONFIGURE, app_id)
            platform = administration().platform
            seen = await platform.settings.describe(who, app_id, number)
            newest = await platform.versions(who, app_id, limit=VERSIONS)
        except (CoreError, AppError, DryRunFailed) as error:
            self.trouble = sentence(str(error))
            return
        self.versions = _choices(seen.app, newest, seen.number)
        self._show(seen)

    async def _follow(self, who: Requester, app_id: str) -> None:
        """Tell what others changed while the form is open."""
        if not self.app_id or app_id != self.app_id or self._began is None:
            return
        seen = await administration().platform.settings.describe(who, app_id, int(self.number))
        if seen.stored.revision != self._revision:
            self._differ(seen.stored)
            self.insists = False

    def _show(self, seen: AppSettings) -> None:
        self.form += 1
        self.number = str(seen.number)
        self.has_settings = seen.schema is not None
        self.rows = rows_of(seen)
        self.wrong, self.meanwhile, self.insists = [], [], False
        self._revision, self._began = seen.stored.revision, seen.stored

    def _refuse(self, errors: dict[str, str], others: list[str]) -> None:
        self.rows = with_errors(self.rows, errors)
        self.wrong = [*(row["label"] for row in self.rows if row["error"]), *others]
        self.refusals += bool(self.wrong)

    def _differ(self, now: Settings) -> None:
        assert self._began is not None
        self.meanwhile = differences(self.rows, self._began, now)


def _choices(app: App, newest: list[Version], chosen: int) -> list[OptionRow]:
    """Return the versions among which one can choose: the served one, newer ones, the chosen."""
    numbers = {version.number for version in newest if version.state is not State.FAILED}
    wanted = {n for n in numbers if app.current is None or n >= app.current} | {chosen}
    if app.current is not None:
        wanted.add(app.current)
    return [
        OptionRow(text=str(n), label=f"{n} (served)" if n == app.current else str(n))
        for n in sorted(wanted, reverse=True)
    ]
