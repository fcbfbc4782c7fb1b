"""Capabilities: what an app may ask for, and what it means for whoever grants it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from app.kernel.grants import CapabilityNotGranted, Grants
from app.runtime.access import Access

# Chains of errors can be circular.
_MOST = 50

CAPABILITIES: Mapping[str, str] = MappingProxyType(
    {
        "broadcast": "see who has the app open, and send them events",
        "documents:read": "read the organisation's documents",
        "documents:write": "create, change and delete the organisation's documents",
        "files:read": "read the organisation's files",
        "files:write": "store and delete the organisation's files",
        "network": "connect to other servers, and start programs, which could",
        "processes": "run in the background without anybody having the app open",
    }
)


def friendly(capability: str) -> str:
    """Return what an app wanted to do, for a sentence that a user reads."""
    return CAPABILITIES.get(capability, f"use {capability}").partition(",")[0]


def refusal_in(error: BaseException) -> CapabilityNotGranted | None:
    """Return the refused capability that an error is about; libraries wrap what they meet."""
    waiting: list[BaseException | None] = [error]
    for _ in range(_MOST):
        current = waiting.pop(0) if waiting else None
        if isinstance(current, CapabilityNotGranted):
            return current
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions
        if current is not None:
            waiting.append(current.__cause__ or current.__context__)
    return None


class Granting:
    """Gives each version of an app its grants, which follow what administrators change.

    Args:
        access: returns the rules of an app at this moment; None for an app that is not known.
        unknown_is_free: whether an app that is not known yet may do everything (development).
    """

    def __init__(self, access: Callable[[str], Access | None], *, unknown_is_free: bool) -> None:
        self._access = access
        self._unknown_is_free = unknown_is_free
        self._made: dict[str, tuple[frozenset[str], Grants]] = {}

    def of(self, app_id: str, declared: Iterable[str]) -> Grants | None:
        """Return the grants of a version that declares these capabilities; None: no limits."""
        access = self._access(app_id)
        if access.granted is None if access is not None else self._unknown_is_free:
            return None
        wanted = frozenset(declared)
        known = self._made.get(app_id)
        if known is None or known[0] != wanted:
            grants = Grants(app_id, wanted, lambda: self._granted(app_id))
            known = self._made[app_id] = (wanted, grants)
        return known[1]

    def _granted(self, app_id: str) -> frozenset[str]:
        access = self._access(app_id)
        if access is None or not access.enabled or access.granted is None:
            return frozenset()
        return access.granted
