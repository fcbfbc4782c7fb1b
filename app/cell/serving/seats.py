"""The tabs that have the app open in a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.bridge.compiling.named_events import NamedEvents
from app.cell.serving.messages import Who
from app.cell.tab import Tab
from app.kernel.actor import Actor, Organisation, User
from app.sdk.scope import Scope


@dataclass(eq=False, kw_only=True)
class Seat(Tab):
    """A tab in a cell.

    Attributes:
        actor: its user, through the app.
        scope: in which its events run.
        router: Reflex's router data of the page that it shows.
        named: events that were named in what it was sent lately, for the next update.
    """

    actor: Actor
    scope: Scope
    router: dict[str, Any] = field(default_factory=dict)
    named: NamedEvents = field(default_factory=NamedEvents)


def actor_of(who: Who, app_id: str, tab: str, grants: Any) -> Actor:
    """Return who acts in a tab."""
    return Actor(
        user=User(*who.user),
        organisation=Organisation(*who.organisation),
        roles=who.roles,
        app_id=app_id,
        session=tab,
        capabilities=grants,
    )
