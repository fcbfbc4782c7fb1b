"""Warm: all that loading an app needs is imported, ahead of processes that are forked from this."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.bridge.compiling.wraps import BUILT_IN_WRAPS
from app.cell.loading.check import load_unserved
from app.frontend.libraries import COMPONENT_PACKAGES, is_available
from app.source.app_source import read_source


def warm_up(folder: Path, packages: Iterable[str] = ()) -> None:
    """Load a small app once, so that all that loading imports and caches is there to be inherited.

    `folder` is an empty folder to write it into. Components that this app does not use, and
    `packages`, are imported for the others: every app would import them anew.
    """
    for package in packages:
        importlib.import_module(package)
    for name in _component_modules():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    root = folder / "graft" / "warm"
    root.mkdir(parents=True)
    (root / "entry.py").write_text(_WARM_APP, encoding="utf-8")
    load_unserved(
        read_source(root), taken_urls={}, has_library=is_available, built_in_wraps=BUILT_IN_WRAPS
    )


def _component_modules() -> Iterator[str]:
    for package in pkgutil.iter_modules():
        if package.name.startswith(COMPONENT_PACKAGES):
            path = importlib.import_module(package.name).__path__
            yield from (module.name for module in pkgutil.walk_packages(path, f"{package.name}."))


_WARM_APP = """
import reflex as rx
from pydantic import BaseModel, SecretStr

from app.sdk import DynamicApp, Page, log


class Settings(BaseModel):
    host: str = ""
    key: SecretStr | None = None


class WarmState(rx.State):
    count: int = 0
    rows: list[dict[str, str]] = []

    @rx.var
    def double(self) -> int:
        return self.count * 2

    @rx.event
    def add(self):
        self.count += 1


def index() -> rx.Component:
    return rx.vstack(
        rx.heading(WarmState.double),
        rx.button("+", rx.icon("plus"), on_click=WarmState.add),
        rx.foreach(WarmState.rows, lambda row: rx.text(row["a"])),
        rx.cond(WarmState.count, rx.input(), rx.box()),
    )


class AppEntry(DynamicApp):
    name = "Warm"
    settings = Settings
    pages = {"/": index, "/[part]": Page(index, on_load=WarmState.add)}
"""
