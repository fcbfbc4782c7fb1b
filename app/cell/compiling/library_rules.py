"""A library that the front end does not have is refused when an app is compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.cell.compiling.es_module import AppModule, PageLike, library_users
from app.rules.grading import under
from app.source.app_source import AppSource
from app.source.problems import AppError, Problem


def refuse_missing_libraries(
    source: AppSource,
    module: AppModule,
    compiled: Sequence[PageLike],
    has_library: Callable[[str], bool],
) -> None:
    """Check what a module needs, and tell which component needs it, and how to add it.

    Raises:
        AppError: something is not in the front end's build.
    """
    wanted = (*module.libraries, *module.on_demand)
    missing = [library for library in wanted if not has_library(library)]
    if not missing:
        return
    users = library_users(compiled)
    raise AppError(
        tuple(
            under(
                Problem(
                    app=source.id,
                    stage="compile",
                    file="entry.py",
                    line=None,
                    message=f'JavaScript library "{library}" is not in the front end\'s build;'
                    f" wanted: {'; '.join(users.get(library, ()))}.",
                    remedy=f'Add "{library}" with its version to frontend_packages in rxconfig.py'
                    " and restart: the front end is then built once more.",
                ),
                "library",
            )
            for library in missing
        )
    )
