"""Who may do what with which app. Pure rules; every door asks here.

An operator looks after the server and may do everything. An admin looks after the apps that are his
organisation's alone; a developer uploads and previews those. What several organisations see belongs
to none of them, so only an operator changes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from app.kernel.actor import Actor, Forbidden
from app.kernel.errors import ConfirmationNeeded

if TYPE_CHECKING:
    # Only that: commands read which operations there are, and need no database for it.
    from app.core.apps import Visibility


class Action(StrEnum):
    """What can be asked for."""

    SEE = "see an app's versions, errors and log"
    UPLOAD = "upload a version"
    PREVIEW = "preview a version"
    ACTIVATE = "promote, roll back, switch or delete an app"
    CONFIGURE = "change an app's settings and capabilities"
    SHARE = "decide which organisations see an app"
    USERS = "manage the users of an organisation"
    AUDIT = "read the audit log of an organisation"
    OPERATE = "manage the server"


_BY_ROLE: dict[str, frozenset[Action]] = {
    "member": frozenset(),
    "developer": frozenset({Action.SEE, Action.UPLOAD, Action.PREVIEW}),
    "admin": frozenset(set(Action) - {Action.SHARE, Action.OPERATE}),
    "operator": frozenset(Action),
}

_BY_SCOPE: dict[str, frozenset[Action]] = {
    "apps:read": frozenset({Action.SEE}),
    "apps:deploy": frozenset({Action.SEE, Action.UPLOAD, Action.PREVIEW, Action.ACTIVATE}),
    "apps:admin": frozenset(set(Action) - {Action.USERS, Action.AUDIT}),
    "users:admin": frozenset({Action.USERS}),
    "audit:read": frozenset({Action.AUDIT}),
}

SCOPES = tuple(_BY_SCOPE)
"""What an API token can be made for."""


@dataclass(frozen=True)
class Requester:
    """Who asks.

    Attributes:
        actor: the user, for an organisation.
        scopes: what the API token is for; None when a person asks in the browser.
        confirmed: whether that person proved lately that it is them, and not a page of the browser
            that acts on its own; a program with a token need not.
    """

    actor: Actor
    scopes: frozenset[str] | None = None
    confirmed: bool = False


class NotAllowed(Forbidden):
    """The requester may not do this. The message names the action, never what exists.

    Args:
        action: what for.
        by_token: whether it is only the API token that may not.
    """

    def __init__(self, action: Action, *, by_token: bool = False) -> None:
        names = [name for name, actions in _BY_SCOPE.items() if action in actions]
        remedy = f" with this token: it needs the scope {' or '.join(names)}" if by_token else ""
        super().__init__(f"you may not {action.value}{remedy}")
        self.action = action


def may(requester: Requester, action: Action, visibility: Visibility | None = None) -> bool:
    """Tell whether the requester may do something.

    Args:
        requester: who asks.
        action: what for.
        visibility: who may see the app concerned; None when it is about no app, or a new one.
    """
    if requester.scopes is not None and action not in _allowed(_BY_SCOPE, requester.scopes):
        return False
    roles = requester.actor.roles
    if action not in _allowed(_BY_ROLE, roles):
        return False
    return "operator" in roles or visibility is None or _is_own(requester.actor, visibility)


def require(requester: Requester, action: Action, visibility: Visibility | None = None) -> None:
    """Refuse unless the requester may do something; see `may`.

    Raises:
        NotAllowed: the requester may not.
    """
    if not may(requester, action, visibility):
        raise NotAllowed(action, by_token=may(replace(requester, scopes=None), action, visibility))


def require_confirmed(requester: Requester) -> None:
    """Refuse a person in a browser who did not prove lately that it is them.

    Raises:
        ConfirmationNeeded: they did not.
    """
    if requester.scopes is None and not requester.confirmed:
        raise ConfirmationNeeded


def _allowed(table: dict[str, frozenset[Action]], names: frozenset[str]) -> frozenset[Action]:
    return frozenset().union(*(table.get(name, frozenset()) for name in names))


def _is_own(actor: Actor, visibility: Visibility) -> bool:
    """Tell whether an app is of the actor's organisation alone."""
    organisations = visibility.organisations
    return organisations is not None and set(organisations) == {actor.organisation.id}
