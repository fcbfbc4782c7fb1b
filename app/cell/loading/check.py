"""Check: whether an app can be loaded and compiled, without serving it."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from app.bridge import patches
from app.bridge.states import core_states, registration
from app.bridge.states.core_states import Touches
from app.cell import uploads
from app.cell.compiling.front_end import FrontEnd
from app.cell.loading import assets, turns
from app.cell.loading.app_code import app_code, blame
from app.cell.loading.loader import LoadContext, load_version
from app.cell.loading.version import LoadedVersion, Version
from app.sdk.scope import AppInfo, Change, Member, OutsideApp, Scope
from app.source.app_source import AppSource
from app.source.problems import AppError, Problem


def check_app(
    source: AppSource,
    *,
    taken_urls: Mapping[str, str],
    has_library: Callable[[str], bool],
    built_in_wraps: frozenset[tuple[int, str]],
) -> tuple[Problem, ...]:
    """Load and compile an app once, import all its modules, and let go of it; returns what went
    wrong, or nothing.

    `taken_urls` maps the urls of the other apps to their ids; `has_library` and `built_in_wraps`
    describe the front end, see `FrontEnd`.
    """
    try:
        load_unserved(
            source, taken_urls=taken_urls, has_library=has_library, built_in_wraps=built_in_wraps
        )
    except AppError as error:
        return error.problems
    return ()


def load_unserved(
    source: AppSource,
    *,
    taken_urls: Mapping[str, str],
    has_library: Callable[[str], bool],
    built_in_wraps: frozenset[tuple[int, str]],
) -> Version:
    """Load and compile an app that nobody is going to open, and import all its modules; raises
    AppError. See `check_app`.
    """
    patches.install()
    uploads.install()
    core = registration.core_registration()
    core_states.seal(core)
    host = _NobodyServed(source)
    context = LoadContext(core, host, FrontEnd(has_library, built_in_wraps))
    version = load_version(source, 0, context, taken_urls)
    if isinstance(version, LoadedVersion):
        scope = Scope(app=version.info, host=host, root=source.root)
        turns.LOADS.run(source, partial(_import_rest, version, scope))
    return version


def _import_rest(version: LoadedVersion, scope: Scope) -> None:
    """Import the modules that loading did not reach: a handler may do it, on a running server.

    Raises AppError with the problems of all of them.
    """
    source, problems = version.source, dict[object, Problem]()
    with app_code(version.package, version.registration, Touches(), scope):
        for name in _modules_of(source):
            try:
                with blame(source, "load"):
                    version.package.import_module(name)
            except AppError as error:
                if isinstance(error.__cause__, MemoryError):
                    raise
                # Whoever imports a broken module fails in the same place.
                problems |= {(p.file, p.line, p.message): p for p in error.problems}
    if problems:
        raise AppError(tuple(problems.values()))


def _modules_of(source: AppSource) -> Iterator[str]:
    """Full names of all modules that an import statement can name; scripts are none."""
    for file, _ in source.python_files():
        *folders, last = file.path.with_suffix("").parts
        parts = folders if last == "__init__" else [*folders, last]
        if last != "__main__" and all(p.isidentifier() and not keyword.iskeyword(p) for p in parts):
            yield ".".join([source.package, *parts])


class _NobodyServed:
    """The host of an app that is loaded and never opened; see `app.sdk.scope.Host`."""

    def __init__(self, source: AppSource) -> None:
        self._source = source

    def asset_url(self, app: AppInfo, name: str) -> str:
        return assets.asset_url(self._source, name)

    def beside_url(self, app: AppInfo, path: str) -> str:
        return assets.beside_url(self._source, path)

    def is_outdated(self, app: AppInfo) -> bool:
        return False

    def settings_values(self, app: AppInfo) -> Mapping[str, Any]:
        return {}

    def folder(self, scope: Scope, *, shared: bool) -> Path:
        _refuse()

    def changes_file(self, scope: Scope, path: str, change: Change) -> bool:
        return True

    async def broadcast(self, scope: Scope, event: Any, *, to_self: bool) -> None:
        _refuse()

    async def subscribe(self, scope: Scope, topic: str, handler: Any) -> None:
        _refuse()

    async def presence_set(self, scope: Scope, topic: str, meta: Mapping[str, Any]) -> None:
        _refuse()

    async def presence_leave(self, scope: Scope, topic: str) -> None:
        _refuse()

    def presence_here(self, scope: Scope, topic: str) -> Sequence[Member]:
        return ()


def _refuse() -> NoReturn:
    raise OutsideApp("Nobody has the app open while it is checked; do this in an event handler.")
