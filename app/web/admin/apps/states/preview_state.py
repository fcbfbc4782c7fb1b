"""Starting a preview of a version: for users named, or for whoever gets the link."""

import reflex as rx

from app.kernel.errors import Invalid
from app.node.engine import running_host
from app.platform.described import preview_link
from app.platform.operations.fields import number_of
from app.platform.permissions import Action
from app.web.admin.apps.states.apps_state import AdminState
from app.web.admin.page_state import reporting_refusals
from app.web.administration import administration, requester

LONGEST_DAYS = 90


class PreviewState(rx.State):
    """The dialog. The link is shown once: nobody can read it again."""

    is_open: bool = False
    app_id: str = ""
    number: str = ""
    link: str = ""

    @rx.event
    @reporting_refusals
    async def ask(self, app_id: str, number: str):
        """Open the dialog for a version."""
        await requester(Action.PREVIEW, str(app_id))
        self.reset()
        self.app_id, self.number, self.is_open = str(app_id), str(number), True

    @rx.event
    @reporting_refusals
    async def start(self, form: dict[str, str]):
        """Start the preview."""
        who = await requester(Action.PREVIEW, self.app_id)
        platform = administration().platform
        app = await platform.app(who, self.app_id)
        users = _words(str(form.get("users", "")))
        started = await platform.start_preview(
            who, app.id, number_of(self.number), users=users, days=_days(str(form.get("days", "")))
        )
        # On one origin, the app is only reached below the address that this page came from.
        origin = running_host().place.apps or self.router.url.origin
        self.link = f"{origin}{preview_link(app.url, started.token)}"
        return AdminState.refresh

    @rx.event
    def copied(self):
        """The link was copied."""
        return [rx.set_clipboard(self.link), rx.toast.success("The link is copied.")]

    @rx.event
    def set_open(self, is_open: bool):
        """Close the dialog, and forget the link."""
        if not is_open:
            self.reset()


def _days(text: str) -> float:
    try:
        days = float(text or 7)
    except ValueError:
        days = 0
    if not 0 < days <= LONGEST_DAYS:
        raise Invalid(f"a preview lasts up to {LONGEST_DAYS} days: give a number")
    return days


def _words(text: str) -> list[str]:
    """Return the parts of a text that are separated by commas, semicolons or blanks."""
    return text.replace(",", " ").replace(";", " ").split()
