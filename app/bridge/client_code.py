"""Telling code of client apps from code of the core."""

from __future__ import annotations

CLIENT_APPS = "client_apps."


def is_client_module(name: str) -> bool:
    """Tell whether a module belongs to a client app."""
    return name.startswith(CLIENT_APPS)


def is_client_state(name: str) -> bool:
    """Tell whether a state, by its full name, belongs to a client app."""
    return "client_apps___" in name  # so Reflex writes the name of a module
