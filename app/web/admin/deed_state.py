"""Asking before something is done, doing it, and what to do when somebody else was faster."""

import reflex as rx

from app.bridge.events import running_host
from app.core.apps import Changed
from app.core.errors import CoreError
from app.platform.permissions import Action
from app.web.admin.access import administration, requester, sentence, told
from app.web.admin.apps_state import AdminState
from app.web.admin.deeds import Deed, Situation, deed_named
from app.web.admin.rows import people_in


class DeedState(rx.State):
    """The dialog: what is asked, or what somebody else did meanwhile."""

    is_open: bool = False
    title: str = ""
    text: str = ""
    button: str = ""
    destructive: bool = False
    meanwhile: list[str] = []
    deed: str = ""
    target: str = ""
    argument: str = ""
    seen: int = 0

    @rx.event
    @told
    async def ask(self, deed: str, app_id: str, argument: str, revision: int):
        """Say what a deed will do to how many people; one that needs no question is done."""
        wanted = deed_named(str(deed))
        self.reset()
        self.deed, self.target, self.argument = str(deed), str(app_id), str(argument)
        self.seen = int(revision)
        if not wanted.asks:
            return await self._do(wanted)
        self._explain(wanted, await self._situation(wanted))
        return None

    @rx.event
    @told
    async def confirm(self):
        """Do what was asked; a second click finds nothing to do."""
        if not self.is_open:
            return None
        return await self._do(deed_named(self.deed))

    @rx.event
    def close(self):
        """Do nothing."""
        self.reset()
        return AdminState.refresh

    @rx.event
    def set_open(self, is_open: bool):
        """Escape was pressed, or the place beside the dialog was clicked."""
        if not is_open:
            return DeedState.close
        return None

    async def _do(self, deed: Deed):
        who = await requester(Action.SEE, self.target)
        platform = administration().platform
        try:
            done = await deed.run(platform, who, self.target, self.argument, self.seen)
        except Changed as changed:
            self.seen = changed.current.revision
            self._explain(deed, await self._situation(deed))
            self.meanwhile = [str(step) for step in changed.since]
            return AdminState.refresh
        except CoreError as error:
            self.reset()
            return [rx.toast.error(sentence(str(error))), AdminState.refresh]
        told_of = deed.text(deed.done, Situation(done, self.argument, 0, 0))
        self.reset()
        return [rx.toast.success(told_of), AdminState.refresh]

    async def _situation(self, deed: Deed) -> Situation:
        who = await requester(Action.SEE, self.target)
        app = await administration().platform.app(who, self.target)
        viewing = running_host().sessions.viewing(app.id)
        return Situation(app, self.argument, people_in(viewing), len(viewing))

    def _explain(self, deed: Deed, situation: Situation) -> None:
        self.title = deed.text(deed.title, situation)
        self.text = deed.consequence(situation)
        self.button = deed.button
        self.destructive = deed.destructive
        self.meanwhile = []
        self.is_open = True
