"""`rx.asset` in client apps. Reflex's looks for files below the folder that the server was started
in, and puts links into it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from posixpath import normpath
from typing import Any

import reflex
from reflex import assets

from app.bridge.client_code import is_client_module

Address = Callable[[str], str]

_addresses: ContextVar[tuple[Address, Address] | None] = ContextVar("graft_assets", default=None)


class Asset(str):
    """The address of a file, where Reflex has an `AssetPathStr`."""

    __slots__ = ()

    @property
    def importable_path(self) -> str:
        """What the bundler imports a file by; there is none for a file of a client app.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            "the front end is built before an app is loaded, so a component's library cannot be a"
            " file of the app; add a package to frontend_packages in rxconfig.py"
        )


def install() -> None:
    """Let client apps have their own files; doing it again changes nothing."""
    if not hasattr(assets.asset, "_graft_patched"):
        assets.asset = reflex.asset = _asset_of(assets.asset)


@contextmanager
def assets_at(in_assets: Address, beside: Address) -> Iterator[None]:
    """Tell where browsers find a file of the app, inside the `with` statement.

    Args:
        in_assets: returns the address of a file in `assets/`, by its path there.
        beside: that of any other file, by its path below the app's folder.
    """
    token = _addresses.set((in_assets, beside))
    try:
        yield
    finally:
        _addresses.reset(token)


def _asset_of(original: Any) -> Any:
    def asset(
        path: str, shared: bool = False, subfolder: str | None = None, _stack_level: int = 1
    ) -> str:
        names = sys._getframe(_stack_level).f_globals
        if not is_client_module(names.get("__name__", "")):
            found: str = original(path, shared, subfolder, _stack_level + 1)
            return found
        addresses = _addresses.get()
        if addresses is None:
            raise ValueError(
                f"the address of {path} is known while the app is loaded: ask for it at the top of"
                f' a module, or write ClientApp.asset("{path}") (from app.sdk import ClientApp)'
            )
        in_assets, beside = addresses
        if shared:  # the subfolder is one of Reflex's links only
            folder = "/".join(str(names.get("__package__") or "").split(".")[3:])
            return Asset(beside(normpath(f"{folder}/{path}").removeprefix("/")))
        if subfolder is not None:
            raise ValueError("only a shared asset has a subfolder; write it as part of the path")
        return Asset(in_assets(path.removeprefix("/")))

    asset._graft_patched = True  # type: ignore[attr-defined]
    return asset
