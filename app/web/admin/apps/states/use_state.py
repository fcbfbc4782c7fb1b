"""Who uses an app, how much, and what goes wrong: read while the tab is open, and only then."""

import reflex as rx

from app.kernel.errors import CoreError, sentence
from app.node.engine import running_host
from app.platform.described import size_of
from app.platform.operations.fields import number_of
from app.platform.permissions import Action, may
from app.web.admin.apps.states.detail_state import DetailState, app_id_at
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.states.usage_rows import (
    SPANS,
    KeptRow,
    Point,
    kept_row,
    points_of,
    totals_of,
)
from app.web.admin.page_state import reporting_refusals
from app.web.admin.rows import ErrorRow, UserRow, error_row, user_rows
from app.web.administration import administration, requester

ERRORS = 30
USERS = 100
SECONDS = 5  # between two looks


class UseState(rx.State):
    """What the tab shows. Empty while nobody has it open."""

    app_id: str = ""
    trouble: str = ""
    span: str = "hour"
    points: list[Point] = []
    totals: dict[str, str] = {}
    people: int = 0
    pages: int = 0
    users: list[UserRow] = []
    kinds: int = 0
    errors: list[ErrorRow] = []
    may_clear: bool = False
    kept: list[KeptRow] = []
    quota: str = ""

    @rx.event
    async def look(self):
        """Show everything as it is now; the tab asks while somebody looks at it."""
        app_id = app_id_at(self.router.url.path)
        if app_id != self.app_id:
            self.reset()
            self.app_id = app_id
        try:
            await self._look(app_id)
        except CoreError as error:
            self.reset()
            self.app_id, self.trouble = app_id, sentence(str(error))

    @rx.event
    async def choose(self, span: str | list[str]):
        """Look at another span of time."""
        if isinstance(span, str) and span in SPANS:
            self.span = span
        return UseState.look

    @rx.event
    @reporting_refusals
    async def ask_quota(self, form: dict[str, str]):
        """Ask whether the app may keep as much as somebody wrote, in megabytes."""
        await requester(Action.SEE, self.app_id)
        megabytes = str(form.get("megabytes", "")).strip().replace(",", "")
        if megabytes:
            number_of(megabytes)
        detail = await self.get_state(DetailState)
        return OperationState.ask("folder_quota", self.app_id, megabytes, detail.app["revision"])

    async def _look(self, app_id: str) -> None:
        who = await requester(Action.SEE, app_id)
        platform = administration().platform
        app = await platform.app(who, app_id)
        minutes, width = SPANS[self.span]
        usage = await platform.watching.usage(who, app_id, minutes=minutes)
        errors = await platform.watching.errors(who, app_id)
        keeping = await platform.watching.folders(who, app_id)
        points = points_of(usage.minutes, width)
        self._change(
            trouble="",
            points=points,
            totals=totals_of(usage.minutes, points, width),
            people=usage.now.people,
            pages=usage.now.pages,
            users=user_rows(running_host().sessions.viewing(app_id), USERS),
            kinds=len(errors),
            errors=[error_row(entry) for entry in errors[:ERRORS]],
            kept=[kept_row(folder, keeping.quota) for folder in keeping.folders],
            quota=size_of(keeping.quota),
            may_clear=may(who, Action.ACTIVATE, app.visible_to),
        )

    def _change(self, **values: object) -> None:
        """Set vars that differ: the browser is sent whatever is set."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
