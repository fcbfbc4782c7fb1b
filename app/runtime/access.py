"""Who may use an app, in which version, with which capabilities."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from app.core.actor import Actor


@dataclass(frozen=True)
class Preview:
    """A version that only some people get.

    Attributes:
        number: deployment number of the version.
        users: ids of the users who get it.
        link_digest: SHA-256 of the secret in the preview link, hexadecimal; None when there is no
            link.
    """

    number: int
    users: frozenset[str] = frozenset()
    link_digest: str | None = None

    def is_for(self, actor: Actor, secret: str | None) -> bool:
        """Tell whether `actor`, who may hold a preview link's secret, gets this version."""
        if actor.user.id in self.users:
            return True
        if secret is None or self.link_digest is None:
            return False
        return hmac.compare_digest(digest_of(secret), self.link_digest)


@dataclass(frozen=True)
class Access:
    """Rules of one app.

    Attributes:
        enabled: whether it runs at all.
        organisations: ids of the organisations that see it, each with the ids of the users who do
            (None: all of them); None: every organisation.
        previews: versions that some people get in place of the current one.
        granted: capabilities; None: not restricted (development).
    """

    enabled: bool = True
    organisations: dict[str, frozenset[str] | None] | None = None
    previews: tuple[Preview, ...] = ()
    granted: frozenset[str] | None = None

    def allows(self, actor: Actor) -> bool:
        """Tell whether `actor` may know of the app and use it."""
        if self.organisations is None:
            return True
        if actor.organisation.id not in self.organisations:
            return False
        users = self.organisations[actor.organisation.id]
        return users is None or actor.user.id in users

    def preview_for(self, actor: Actor, secret: str | None) -> int | None:
        """Return the number of the version that `actor` previews, if any."""
        return next((p.number for p in self.previews if p.is_for(actor, secret)), None)


OPEN = Access()
"""What holds in development: everybody may use everything."""


def digest_of(secret: str) -> str:
    """Return what is stored of a preview link's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
