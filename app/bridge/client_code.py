"""Telling code of client apps from code of the core."""

from __future__ import annotations

CLIENT_APPS = "client_apps."


def is_client_module(name: str) -> bool:
    """Tell whether a module belongs to a client app."""
    return name.startswith(CLIENT_APPS)
