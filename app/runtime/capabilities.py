"""Capabilities: what an app may ask for, and what it means for whoever grants it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CAPABILITIES: Mapping[str, str] = MappingProxyType(
    {
        "broadcast": "send events to everybody who has the app open",
        "documents:read": "read the organisation's documents",
        "documents:write": "create, change and delete the organisation's documents",
        "files:read": "read the organisation's files",
        "files:write": "store and delete the organisation's files",
        "network": "connect to other servers",
        "processes": "run in the background without anybody having the app open",
    }
)
