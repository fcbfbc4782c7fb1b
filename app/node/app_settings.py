"""Values that administrators set for apps: where they come from, and how a change arrives."""

from __future__ import annotations

import contextvars
import difflib
import tomllib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import anyio
import anyio.from_thread
import anyio.to_thread
import structlog
from pydantic import BaseModel

from app.cell.loading.version import LoadedVersion, Version
from app.kernel.errors import CoreError
from app.kernel.grants import Grants, confined
from app.node.redact import Redactor
from app.sdk.config import FieldProblem, SettingsInvalid, checked, names_of, problems_of
from app.sdk.schema import SettingsSchema, secret_values, settings_schema

log = structlog.get_logger("graft")

Values = Mapping[str, Any]

LONGEST_CHECK = 10
"""Seconds that a model may take to say what it thinks of values."""


class SettingsUnreadable(SettingsInvalid):
    """The file with an app's settings cannot be read."""

    def __init__(self, app_id: str, why: str) -> None:
        super().__init__(app_id, [FieldProblem("", f"{app_id}.toml", why)])
        self.remedy = f"Correct the file settings/{app_id}.toml of the data folder."


class SettingsSource(Protocol):
    """Where the values of all apps come from.

    Attributes:
        is_shared: whether all versions of an app share the values, so that some are for others.
    """

    is_shared: bool

    def values(self, app_id: str) -> Values:
        """Return the values of an app, of this moment, without waiting.

        Raises:
            SettingsUnreadable: they cannot be read.
        """
        ...

    async def prepare(self, app_id: str) -> None:
        """Make sure that `values` can answer for an app that is about to run."""
        ...


class TomlSettings:
    """Development: files `<folder>/<client>/<app>.toml`, read again when they change."""

    is_shared = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[tuple[int, int], Values]] = {}

    def values(self, app_id: str) -> Values:
        """See `SettingsSource`."""
        path = self._folder / f"{app_id}.toml"
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            known = self._read.get(app_id)
            if known is not None and known[0] == stamp:
                return known[1]
            values = tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            why = f"is not TOML: {error}" if isinstance(error, ValueError) else str(error)
            unreadable = SettingsUnreadable(app_id, why)
        else:
            self._read[app_id] = (stamp, values)
            return values
        # Outside of the block: the cause would show the file's text in the traceback.
        raise unreadable

    async def prepare(self, app_id: str) -> None:
        """See `SettingsSource`; there is nothing to do."""


class StoredSettings:
    """Production: values in the database, kept in memory until somebody changes them.

    Args:
        read: returns what is stored for an app.
    """

    is_shared = True

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
        except Exception as error:
            known = isinstance(error, CoreError)
            log.error("settings cannot be read", app=app_id, why=str(error), exc_info=not known)
            self._values.setdefault(app_id, {})
            self._unread.add(app_id)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a version says about its settings, and about some values.

    Attributes:
        schema: what its model is like; None when it has no settings.
        wrong: what is wrong with the values.
    """

    schema: SettingsSchema | None
    wrong: tuple[FieldProblem, ...] = ()


async def ask_version(
    version: Version, values: Values | None, grants: Grants | None = None
) -> Verdict:
    """Ask a version that is loaded about its settings, and about values if there are some.

    A model is code of the app: it runs in a thread, with the app's `grants` and in nobody's name.
    """
    model = version.entry.settings if isinstance(version, LoadedVersion) else None
    if model is None:
        return Verdict(None)
    schema = settings_schema(model)
    if values is None:
        return Verdict(schema)

    def check() -> tuple[FieldProblem, ...]:
        with confined(grants):
            return problems_of(model, values)

    with anyio.move_on_after(LONGEST_CHECK):
        # A context of its own: whoever asks may do more than the app.
        run = partial(contextvars.Context().run, check)
        return Verdict(schema, await anyio.to_thread.run_sync(run, abandon_on_cancel=True))
    late = f"the model's own code takes longer than {LONGEST_CHECK} s"
    return Verdict(schema, (FieldProblem("", "", late),))


def check_settings(
    model: type[BaseModel], app_id: str, source: SettingsSource
) -> SettingsInvalid | None:
    """Check an app's values against the model that it declares.

    Returns:
        What is wrong; None when they fit.
    """
    try:
        values = source.values(app_id)
    except SettingsInvalid as error:
        return error
    wrong = list(problems_of(model, values))
    if not source.is_shared and model.model_config.get("extra") != "allow":
        wrong += unknown_fields(values, names_of(model))
    return SettingsInvalid(app_id, wrong) if wrong else None


def know_secrets(
    models: Iterable[type[BaseModel]], app_id: str, source: SettingsSource, redactor: Redactor
) -> None:
    """Make the secrets of an app known, so that they are not logged; `models` are those of all its
    versions that run.
    """
    known: set[str] = set()
    for model in models:
        try:
            known.update(secret_values(checked(model, app_id, source.values(app_id))))
        except Exception:  # noqa: S112 - what does not fit reaches no code that could log it
            continue
    redactor.know(app_id, known)


def texts_in(values: Iterable[Any]) -> set[str]:
    """Return all texts in some values, however deep."""
    found: set[str] = set()
    waiting = list(values)
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.add(one)
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return found


def unknown_fields(names: Iterable[str], known: Iterable[str]) -> list[FieldProblem]:
    """Return a problem for each name that is none of `known`."""
    known = list(known)
    return [
        FieldProblem(name, name[:100], f"there is no such setting{_meant(name, known)}")
        for name in names
        if name not in known
    ]


def _meant(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
