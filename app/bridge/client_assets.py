"""`rx.asset` in client apps. Reflex's looks for files below the folder that the server was started
in, and puts links into it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import reflex
from reflex import assets

from app.bridge.client_code import is_client_module

_address: ContextVar[Callable[[str], str] | None] = ContextVar("graft_asset", default=None)


def install() -> None:
    """Let client apps have their own files; doing it again changes nothing."""
    if not hasattr(assets.asset, "_graft_patched"):
        assets.asset = reflex.asset = _asset_of(assets.asset)


@contextmanager
def assets_at(address: Callable[[str], str]) -> Iterator[None]:
    """Let `address` tell where browsers find a file in `assets/`, inside the `with` statement."""
    token = _address.set(address)
    try:
        yield
    finally:
        _address.reset(token)


def _asset_of(original: Any) -> Any:
    def asset(
        path: str, shared: bool = False, subfolder: str | None = None, _stack_level: int = 1
    ) -> str:
        caller = sys._getframe(_stack_level).f_globals.get("__name__", "")
        if not is_client_module(caller):
            found: str = original(path, shared, subfolder, _stack_level + 1)
            return found
        address = _address.get()
        if shared or subfolder or address is None:
            raise ValueError(
                f"browsers get what is in assets/ alone: put {path} there, and write"
                f' ClientApp.asset("{path}") (from app.sdk import ClientApp)'
            )
        return address(path.removeprefix("/"))

    asset._graft_patched = True  # type: ignore[attr-defined]
    return asset
