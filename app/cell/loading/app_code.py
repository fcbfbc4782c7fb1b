"""App code: what surrounds the import of an app's modules, and what becomes of their exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from app.bridge.compiling import client_assets, naming, pages
from app.bridge.states import core_states, registration
from app.bridge.states.core_states import Touches
from app.bridge.types import RegistrationContext
from app.cell.loading.importer import ImportedPackage
from app.rules.blame import problem_from_exception
from app.sdk.scope import Scope, enter
from app.source.app_source import AppSource
from app.source.problems import AppError, Stage


@contextmanager
def app_code(
    package: ImportedPackage, own: RegistrationContext, touches: Touches, scope: Scope
) -> Iterator[None]:
    """Import and compile a version's code inside the `with` statement, in a turn of its own (see
    `app.cell.loading.turns`).

    Args:
        package: its modules.
        own: the registry that takes its states.
        touches: takes what they depend on in the core's states.
        scope: where the sdk finds itself.
    """
    source = package.source
    with (
        registration.active(own),
        core_states.divert(touches),
        naming.deterministic_names(source.id),
        enter(scope),
        client_assets.assets_at(
            partial(scope.host.asset_url, scope.app), partial(scope.host.beside_url, scope.app)
        ),
        package.installed(),
    ):
        # A handler of an older version may have imported a module with memos late.
        pages.take_memos(source.package)
        try:
            yield
        finally:
            pages.take_memos(source.package)


@contextmanager
def blame(source: AppSource, stage: Stage) -> Iterator[None]:
    """Turn any exception of app code into an AppError of this stage."""
    try:
        yield
    except (AppError, KeyboardInterrupt):
        raise
    except BaseException as error:
        problem = problem_from_exception(source.id, stage, error, source.root)
        raise AppError((problem,)) from error
