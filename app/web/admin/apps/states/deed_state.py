"""Asking before something is done, doing it, and what to do when somebody else was faster."""

import reflex as rx

from app.core import apps
from app.core.apps import Changed, Step
from app.kernel.errors import ConfirmationNeeded, CoreError, sentence
from app.node.engine import running_host
from app.platform.audience import audience
from app.platform.permissions import Action, Requester
from app.web.admin.apps.states.apps_state import AdminState
from app.web.admin.apps.states.deeds import Deed, Situation, deed_named, number_of
from app.web.admin.apps.states.settings_needs import needs_of
from app.web.admin.apps.states.sharing import as_text, from_text, require_choice
from app.web.admin.apps.states.sharing_state import SharingState
from app.web.admin.apps.states.upload_state import UploadState
from app.web.admin.page_state import told
from app.web.administration import administration, requester

_HARMLESS = frozenset({apps.Action.UPLOAD, apps.Action.PREVIEW, apps.Action.END_PREVIEW})


class DeedState(rx.State):
    """The dialog: what is asked, or what somebody else did meanwhile."""

    is_open: bool = False
    title: str = ""
    text: str = ""
    button: str = ""
    destructive: bool = False
    meanwhile: list[str] = []
    _deed: str = ""
    _target: str = ""
    _argument: str = ""
    _seen: int = 0

    @rx.event
    @told
    async def ask(self, deed: str, app_id: str, argument: str, revision: int):
        """Say what a deed will do to how many people; one that needs no question is done."""
        return await self._begin(str(deed), str(app_id), str(argument), int(revision))

    @rx.event
    @told
    async def ask_sharing(self):
        """Say what it does to change who sees the app to what was chosen."""
        sharing = await self.get_state(SharingState)
        wanted = as_text(sharing._wanted())
        return await self._begin("share", sharing.app_id, wanted, sharing.seen)

    @rx.event
    @told
    async def confirm(self):
        """Do what was asked; a second click finds nothing to do."""
        if not self.is_open:
            return None
        return await self._do(deed_named(self._deed))

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

    async def _begin(self, name: str, app_id: str, argument: str, seen: int):
        deed = deed_named(name)
        self.reset()
        self._deed, self._target, self._argument, self._seen = name, app_id, argument, seen
        if not deed.asks:
            return await self._do(deed)
        self._explain(deed, await self._situation())
        return None

    async def _do(self, deed: Deed):
        who = await requester(Action.SEE, self._target)
        platform = administration().platform
        try:
            done = await deed.run(platform, who, self._target, self._argument, self._seen)
        except Changed as changed:
            self._seen = changed.current.revision
            if changed.since and all(_goes_without_saying(step, who) for step in changed.since):
                return await self._do(deed)
            self._explain(deed, await self._situation())
            self.meanwhile = [str(step) for step in changed.since]
            return AdminState.refresh
        except ConfirmationNeeded:
            raise
        except CoreError as error:
            self.reset()
            return [rx.toast.error(sentence(str(error))), AdminState.refresh]
        told_of = deed.text(deed.done, Situation(done, self._argument))
        if self._deed == "share":
            (await self.get_state(SharingState)).reset()
        self.reset()
        return [rx.toast.success(told_of), AdminState.refresh, UploadState.look_again]

    async def _situation(self) -> Situation:
        who = await requester(Action.SEE, self._target)
        administered = administration()
        app = await administered.platform.app(who, self._target)
        viewing = tuple(s.actor for s in running_host().sessions.viewing(app.id))
        numbers = (0, 0)
        if self._deed == "share":
            wanted = from_text(self._argument)
            require_choice(who, wanted)
            now = len(await audience(administered.core, app.visible_to))
            numbers = (now, len(await audience(administered.core, wanted)))
        needs = ""
        if self._deed == "promote":
            needs = await needs_of(who, app, number_of(self._argument))
        return Situation(app, self._argument, viewing, numbers, needs)

    def _explain(self, deed: Deed, situation: Situation) -> None:
        self.title = deed.text(deed.title, situation)
        self.text = deed.consequence(situation)
        self.button = deed.button
        self.destructive = deed.destructive
        self.meanwhile = []
        self.is_open = True


def _goes_without_saying(step: Step, who: Requester) -> bool:
    """Tell whether somebody did this themselves, and it took nothing from anybody."""
    return step.by == who.actor.user.id and step.action in _HARMLESS
