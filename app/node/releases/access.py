"""Who may use an app, in which version, with which capabilities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.kernel.actor import Actor
from app.kernel.origins import is_origin

LEFT = ""
"""In place of the id of a preview that was opened: somebody left the previews of an app."""


@dataclass(frozen=True)
class Preview:
    """A version that only some people get.

    Attributes:
        id: names the preview; whoever opened its link has it.
        number: deployment number of the version.
        users: ids of the users who get it without the link.
        until: when it ends; None if it does not end by itself.
    """

    id: str
    number: int
    users: frozenset[str] = frozenset()
    until: datetime | None = None

    def is_for(self, actor: Actor, opened: str | None) -> bool:
        """Tell whether `actor`, who may have opened the link of preview `opened`, gets it."""
        if self.is_over(datetime.now(UTC)):
            return False
        return actor.user.id in self.users or opened == self.id

    def is_over(self, now: datetime) -> bool:
        """Tell whether nobody gets it any more."""
        return self.until is not None and now >= self.until


@dataclass(frozen=True)
class Access:
    """Rules of one app.

    Attributes:
        enabled: whether it runs at all.
        safe_mode: whether it does not because the server runs no app.
        organisations: ids of the organisations that see it, each with the ids of the users who do
            (None: all of them); None: every organisation.
        previews: versions that some people get in place of the current one.
        granted: capabilities and origins; None: not restricted (development).
        folder_bytes: how much it may keep in each of its folders; None: as much as any.
    """

    enabled: bool = True
    safe_mode: bool = False
    organisations: Mapping[str, frozenset[str] | None] | None = None
    previews: tuple[Preview, ...] = ()
    granted: frozenset[str] | None = None
    folder_bytes: int | None = None

    @property
    def origins(self) -> frozenset[str] | None:
        """The origins among what was granted; None: not restricted."""
        if self.granted is None:
            return None
        return frozenset(filter(is_origin, self.granted))

    def granted_of(self, origins: Iterable[str]) -> tuple[str, ...]:
        """Return which of the origins that a version asks for its pages may load from."""
        granted = self.origins
        return tuple(sorted(one for one in origins if granted is None or one in granted))

    def allows(self, actor: Actor) -> bool:
        """Tell whether `actor` may know of the app and use it."""
        if self.organisations is None:
            return True
        if actor.organisation.id not in self.organisations:
            return False
        users = self.organisations[actor.organisation.id]
        return users is None or actor.user.id in users

    def has_ended(self, now: datetime) -> bool:
        """Tell whether a preview is over that was not when this was read."""
        return any(preview.is_over(now) for preview in self.previews)

    def preview_for(self, actor: Actor, opened: str | None) -> int | None:
        """Return the number of the version that `actor` previews, if any; `opened` is the preview
        whose link was opened, or `LEFT`.
        """
        if opened == LEFT:
            return None
        for preview in self.previews:
            if preview.is_for(actor, opened):
                return preview.number
        return None


OPEN = Access()
"""What holds in development: everybody may use everything."""
