"""Values that administrators set for apps: where they come from, and how a change arrives."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import anyio.from_thread
import structlog

from app.core.errors import CoreError
from app.runtime.redact import Redactor
from app.sdk.config import SettingsInvalid, checked, secret_values
from app.sdk.entry import ClientApp

log = structlog.get_logger("graft")

Values = Mapping[str, Any]


class SettingsSource(Protocol):
    """Where the values of all apps come from."""

    def values(self, app_id: str) -> Values:
        """Return the values of an app, of this moment, without waiting."""
        ...

    async def prepare(self, app_id: str) -> None:
        """Make sure that `values` can answer for an app that is about to run."""
        ...


class TomlSettings:
    """Development: files `<folder>/<client>/<app>.toml`, read again when they change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[tuple[int, int], Values]] = {}

    def values(self, app_id: str) -> Values:
        """See `SettingsSource`.

        Raises:
            tomllib.TOMLDecodeError: the file is no TOML.
        """
        path = self._folder / f"{app_id}.toml"
        try:
            found = path.stat()
        except FileNotFoundError:
            return {}
        stamp = (found.st_mtime_ns, found.st_size)
        known = self._read.get(app_id)
        if known is not None and known[0] == stamp:
            return known[1]
        values = tomllib.loads(path.read_text("utf-8"))
        self._read[app_id] = (stamp, values)
        return values

    async def prepare(self, app_id: str) -> None:
        """See `SettingsSource`; there is nothing to do."""


class StoredSettings:
    """Production: values in the database, kept in memory until somebody changes them.

    Args:
        read: returns what is stored for an app.
    """

    def __init__(self, read: Callable[[str], Awaitable[Values]]) -> None:
        self._reading = read
        self._values: dict[str, Values] = {}
        self._unread: set[str] = set()

    def values(self, app_id: str) -> Values:
        """See `SettingsSource`."""
        known = self._values.get(app_id)
        if known is not None:
            return known
        # Only an app that is being loaded asks before it was prepared, and in a worker thread.
        anyio.from_thread.run(self.prepare, app_id)
        return self._values[app_id]

    async def prepare(self, app_id: str) -> None:
        """See `SettingsSource`. An app whose values cannot be read runs without, until they can."""
        if app_id not in self._values or app_id in self._unread:
            await self.changed(app_id)

    async def changed(self, app_id: str) -> None:
        """Read an app's values anew; until they are here the ones before go on."""
        try:
            self._values[app_id] = dict(await self._reading(app_id))
            self._unread.discard(app_id)
        except CoreError as error:
            log.error("settings cannot be read", app=app_id, why=str(error))
            self._values.setdefault(app_id, {})
            self._unread.add(app_id)


def check_settings(
    entry: type[ClientApp], app_id: str, source: SettingsSource, redactor: Redactor
) -> SettingsInvalid | None:
    """Check an app's values against the model that it declares; its secrets become known, so that
    they are not logged.

    Returns:
        What is wrong; None when they fit, or when it declares no model.
    """
    model = getattr(entry, "settings", None)
    if model is None:
        return None
    try:
        fitting = checked(model, app_id, source.values(app_id))
    except SettingsInvalid as error:
        return error
    redactor.know(app_id, secret_values(fitting))
    return None
