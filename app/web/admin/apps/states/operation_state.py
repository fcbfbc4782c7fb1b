"""Asking before something is done, doing it, and what to do when somebody else was faster."""

import reflex as rx

from app.core import apps
from app.core.apps import App, Changed, Step, Visibility
from app.kernel.errors import ConfirmationNeeded, CoreError, Invalid, sentence
from app.node.engine import running_host
from app.platform.audience import audience
from app.platform.operations.allowing import Sharing
from app.platform.operations.operation import Operation, Question, Seen, Situation
from app.platform.operations.serving import Promote, Rollback
from app.platform.operations.table import OPERATIONS
from app.platform.permissions import Action, Requester, require
from app.web.admin.apps.states import sharing
from app.web.admin.apps.states.apps_state import AdminState
from app.web.admin.apps.states.settings_needs import needs_of
from app.web.admin.apps.states.sharing_state import SharingState
from app.web.admin.apps.states.upload_state import UploadState
from app.web.admin.page_state import reporting_refusals
from app.web.admin.rows import TRUSTED
from app.web.administration import administration, requester

LOAD_TIMEOUT_SECONDS = 10.0
"""How long a page waits for a load, and does nothing else meanwhile; it says so when one takes
longer."""

_HARMLESS = frozenset({apps.Action.UPLOAD, apps.Action.PREVIEW, apps.Action.END_PREVIEW})


class OperationState(rx.State):
    """The dialog: what is asked, or what somebody else did meanwhile."""

    is_open: bool = False
    title: str = ""
    text: str = ""
    button: str = ""
    destructive: bool = False
    meanwhile: list[str] = []
    _operation: str = ""
    _target: str = ""
    _argument: str = ""
    _seen: int = 0

    @rx.event
    @reporting_refusals
    async def ask(self, operation: str, app_id: str, argument: str, revision: int):
        """Say what an operation will do to how many people; one that needs no question is done."""
        return await self._begin(str(operation), str(app_id), str(argument), int(revision))

    @rx.event
    @reporting_refusals
    async def ask_sharing(self):
        """Say what it does to change who sees the app to what was chosen."""
        chosen = await self.get_state(SharingState)
        wanted = sharing.as_text(chosen._wanted())
        return await self._begin(Sharing.name, chosen.app_id, wanted, chosen.seen)

    @rx.event
    @reporting_refusals
    async def confirm(self):
        """Do what was asked; a second click finds nothing to do."""
        if not self.is_open:
            return None
        return await self._do()

    @rx.event
    def close(self):
        """Do nothing."""
        self.reset()
        return AdminState.refresh

    @rx.event
    def set_open(self, is_open: bool):
        """Escape was pressed, or the place beside the dialog was clicked."""
        if not is_open:
            return OperationState.close
        return None

    async def _begin(self, name: str, app_id: str, argument: str, seen: int):
        question = asked_by(name)
        self.reset()
        self._operation, self._target, self._argument, self._seen = name, app_id, argument, seen
        if not question.asks:
            return await self._do()
        self._explain(question, await self._situation())
        return None

    async def _do(self):
        who, question = await requester(Action.SEE, self._target), asked_by(self._operation)
        platform = administration().platform
        try:
            wanted = wanted_by(self._operation, self._argument, self._seen)
            done = await platform.do(who, self._target, wanted, patience=LOAD_TIMEOUT_SECONDS)
        except Changed as changed:
            self._seen = changed.current.revision
            if changed.since and all(_is_harmless_and_own(step, who) for step in changed.since):
                return await self._do()
            self._explain(question, await self._situation())
            self.meanwhile = [str(step) for step in changed.since]
            return AdminState.refresh
        except ConfirmationNeeded:
            raise
        except CoreError as error:
            self.reset()
            return [rx.toast.error(sentence(str(error))), AdminState.refresh]
        told_of = question.text(question.done, Situation(done, self._argument))
        if isinstance(wanted, Sharing):
            (await self.get_state(SharingState)).reset()
        self.reset()
        return [rx.toast.success(told_of), AdminState.refresh, UploadState.look_again]

    async def _situation(self) -> Situation:
        who = await requester(Action.SEE, self._target)
        administered = administration()
        app = await administered.platform.app(who, self._target)
        viewing = tuple(s.actor for s in running_host().sessions.viewing(app.id))
        wanted = wanted_by(self._operation, self._argument, self._seen)
        more = ""
        if isinstance(wanted, Sharing):
            # Before anything is told of others than the requester's own users.
            if (needed := wanted.also_needs(who)) is not None:
                require(who, needed)
            seen_by = Visibility.of(wanted.organisations)
            now = len(await audience(administered.core, app.visible_to))
            then = len(await audience(administered.core, seen_by))
            more = f"{sharing.told(now, then)} {sharing.losing(seen_by, viewing)}"
        if isinstance(wanted, Promote):
            more = await needs_of(who, app, wanted.number)
        return Situation(app, self._argument, viewing, more, await _is_unsigned(who, app, wanted))

    def _explain(self, question: Question, situation: Situation) -> None:
        self.title = question.text(question.title, situation)
        self.text = question.consequence(situation)
        self.button = question.button
        self.destructive = question.destructive
        self.meanwhile = []
        self.is_open = True


async def _is_unsigned(who: Requester, app: App, wanted: Operation) -> bool:
    """Tell whether an operation serves a version that no trusted key signed."""
    if not isinstance(wanted, Promote | Rollback):
        return False
    number = wanted.number if isinstance(wanted, Promote) else wanted.to
    if number is None:
        return False
    version = await administration().platform.version(who, app.id, number)
    return version.signature != TRUSTED


def asked_by(name: str) -> Question:
    """Return how an operation is asked for; browsers name them.

    Raises:
        Invalid: there is none of that name, for pages.
    """
    operation = OPERATIONS.get(name)
    if operation is None or operation.page is None:
        raise Invalid(f"nothing is called {name[:40]!r}")
    return operation.page


def wanted_by(name: str, argument: str, seen: int) -> Operation:
    """Return an operation with the argument that a browser has for it.

    Raises:
        Invalid: there is none of that name, or it takes no such argument.
    """
    page, operation = asked_by(name), OPERATIONS[name]
    revision = {"base_revision": seen} if issubclass(operation, Seen) else {}
    try:
        return operation.model_validate({**page.reads(argument), **revision})
    except Invalid:
        raise
    except ValueError:
        raise Invalid(f"{argument[:40]!r} is not what {name} takes") from None


def _is_harmless_and_own(step: Step, who: Requester) -> bool:
    """Tell whether somebody did this themselves, and it took nothing from anybody."""
    return step.by == who.actor.user.id and step.action in _HARMLESS
