"""What each version of an app may do on this node: its grants, which follow administrators."""

from __future__ import annotations

from collections.abc import Iterable

from app.kernel.grants import Grants
from app.node.releases.served import Served


class Granting:
    """Gives each version of an app its grants, which follow what administrators change.

    Args:
        served: has the rules of each app.
        unknown_is_free: whether an app that is not known yet may do everything (development).
    """

    def __init__(self, served: Served, *, unknown_is_free: bool) -> None:
        self._served = served
        self._unknown_is_free = unknown_is_free
        self._made: dict[str, tuple[frozenset[str], Grants]] = {}

    def of(self, app_id: str, declared: Iterable[str]) -> Grants | None:
        """Return the grants of a version that declares these capabilities; None: no limits."""
        access = self._served.access(app_id)
        if access.granted is None if access is not None else self._unknown_is_free:
            return None
        wanted = frozenset(declared)
        known = self._made.get(app_id)
        if known is None or known[0] != wanted:
            grants = Grants(app_id, wanted, lambda: self._granted(app_id))
            known = self._made[app_id] = (wanted, grants)
        return known[1]

    def _granted(self, app_id: str) -> frozenset[str]:
        access = self._served.access(app_id)
        if access is None or not access.enabled or access.granted is None:
            return frozenset()
        return access.granted
