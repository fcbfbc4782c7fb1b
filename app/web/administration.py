"""What the core's pages administer, and who may: every event of theirs asks here first."""

import asyncio
from dataclasses import dataclass, field

from app.bridge.sockets.events import current_token, running_app
from app.core import accounts, audit
from app.core.context import Core
from app.kernel.actor import Forbidden, acting_as
from app.kernel.errors import CoreError
from app.node.engine import running_host
from app.node.sessions.sessions import Session
from app.platform.permissions import Action, NotAllowed, Requester, may, require
from app.platform.platform import Platform

_PLACES = (
    ("apps", Action.SEE),
    ("users", Action.USERS),
    ("nodes", Action.OPERATE),
    ("audit", Action.AUDIT),
)


@dataclass(frozen=True)
class Administration:
    """What a production node hands to its admin pages.

    Attributes:
        core: accounts and audit log.
        platform: the installed apps.
        confirmations: proofs that a person is at the browser.
        safe_mode: whether the server runs no app.
        asked: tabs in which something waits for a confirmation, by client token.
    """

    core: Core
    platform: Platform
    confirmations: accounts.Confirmations
    safe_mode: bool = False
    asked: dict[str, asyncio.Future[bool]] = field(default_factory=dict, compare=False)

    def is_confirmed(self, session: Session) -> bool:
        """Tell whether a person proved lately that they sit at the tab of a session."""
        return self.confirmations.holds(session.actor, session.confirmation)


class NothingToAdminister(CoreError):
    """The server runs in development mode, where a folder decides."""

    def __init__(self) -> None:
        super().__init__("there is nothing to administer in development mode")


def administration() -> Administration:
    """Return what the pages act on.

    Raises:
        NothingToAdminister: in development mode.
    """
    found = administered()
    if found is None:
        raise NothingToAdminister
    return found


def administered() -> Administration | None:
    """Return what the pages act on; None in development mode."""
    found = running_app().administration
    return found if isinstance(found, Administration) else None


async def requester(action: Action, target: str = "") -> Requester:
    """Return who sent the event that runs, if they may do `action`; a refusal is audited.

    Whether they may do it with a certain app is the platform's business.

    Raises:
        NothingToAdminister: in development mode.
        Forbidden: they may not.
    """
    acted_on = administration()
    core = acted_on.core
    session = running_host().sessions.get(current_token())
    if session is None or session.actor.on_apps:
        raise Forbidden("you are no longer signed in: load the page again")
    actor = session.actor
    who = Requester(actor, confirmed=acted_on.is_confirmed(session))
    try:
        require(who, action)
    except NotAllowed:
        with acting_as(actor):
            name = f"admin.{action.name.lower()}"
            await audit.refused(core, name, target, source=actor.user.id)
        raise
    return who


def places() -> list[str]:
    """Return which of the admin pages there are for whoever sent the event that runs."""
    if administered() is None:
        return []
    actor = running_host().actor_of(current_token())
    return [name for name, action in _PLACES if actor and may(Requester(actor), action)]


def in_safe_mode() -> bool:
    """Tell whether the server runs no app."""
    found = administered()
    return found is not None and found.safe_mode


def allows_unsigned() -> bool:
    """Tell whether the server takes packages that nobody signed."""
    return administration().platform.allows_unsigned


def takes_nothing() -> bool:
    """Tell whether the server refuses every package, as it trusts no key."""
    return administration().platform.takes_nothing


def missing_layers() -> tuple[str, ...]:
    """Tell what should confine packages while they are tried, and is not there."""
    return administration().platform.missing_layers
