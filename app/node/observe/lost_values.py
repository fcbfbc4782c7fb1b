"""Values of a session that the next version could not take as they were, as problems of the app."""

from __future__ import annotations

from app.cell.loading.version import LoadedVersion
from app.cell.values.carry import Lost
from app.cell.values.packed import NOT_OVER_A_RESTART
from app.source.problems import Problem

_REWRITTEN = (
    "Rewrite the values in AppEntry.upgrade, or declare what they fit; a rollback gives back what"
    " could be kept."
)
_MADE_AGAIN = "Make it when it is needed and is not there, or in an event of AppEntry.on_resume."


def problem_of(lost: Lost, version: LoadedVersion) -> Problem:
    """Return what to tell the author of a version that could not take a value as it was."""
    return Problem(
        app=version.info.id,
        stage="run",
        file=lost.file,
        line=None,
        message=str(lost),
        remedy=_MADE_AGAIN if lost.why.startswith(NOT_OVER_A_RESTART) else _REWRITTEN,
    )
