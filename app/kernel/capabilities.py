"""Capabilities: what an app may ask for, and what it means for whoever grants it. Origins
(`app.kernel.origins`) are granted likewise.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.kernel.errors import first_in
from app.kernel.grants import CapabilityNotGranted
from app.kernel.origins import NotAnOrigin, is_origin, parse_origin

CAPABILITIES: Mapping[str, str] = MappingProxyType(
    {
        "broadcast": "see who has the app open, and send them events",
        "documents:read": "read the organisation's documents",
        "documents:write": "create, change and delete the organisation's documents",
        "files:read": "read the organisation's files",
        "files:write": "store and delete the organisation's files",
        "network": "connect to other servers, and start programs, which could do the same",
        "processes": "run in the background without anybody having the app open",
    }
)


def friendly(capability: str) -> str:
    """Return what an app may do with a capability, to follow "may" or "may not" in a sentence."""
    if is_origin(capability):
        try:
            return parse_origin(capability).meaning
        except NotAnOrigin:
            return f"use {capability}"
    return CAPABILITIES.get(capability, f"use {capability}")


def risk(capability: str) -> str:
    """Return what whoever grants it should think of, in sentences; "" when there is no more to it
    than it says.
    """
    try:
        origin = parse_origin(capability) if is_origin(capability) else None
    except NotAnOrigin:
        return ""
    return "" if origin is None else origin.risk


def refusal_in(error: BaseException) -> CapabilityNotGranted | None:
    """Return the refused capability that an error is about; libraries wrap what they meet."""
    return first_in(error, CapabilityNotGranted)
