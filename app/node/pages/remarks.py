"""What a page says besides what it shows: that something is wrong, and that it is a preview."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from app.cell.loading.version import LoadedVersion
from app.node.observe.observed import Observed
from app.node.pages.messages import Previewed
from app.node.pages.problem_view import ProblemView
from app.node.releases.served import Served
from app.node.sessions.sessions import Session
from app.source.problems import Problem

Cause = Literal["save", "settings", "values"]


@dataclass(frozen=True)
class Remark:
    """What is said of a page at its opening; see `app.node.pages.messages.Show`."""

    cause: Cause
    problems: list[dict[str, Any]]
    preview: Previewed | None = None


class Remarks:
    """Finds what there is to say of pages, at every opening: those that were open were told.

    Args:
        served: has the apps of the moment.
        observed: knows which settings do not fit.
        view: says who sees problems.
        leave: name of the event with which a browser leaves a preview.
    """

    def __init__(self, served: Served, observed: Observed, view: ProblemView, leave: str) -> None:
        self._served = served
        self._observed = observed
        self._view = view
        self._leave = leave

    def of(self, session: Session, version: LoadedVersion, lost: Iterable[Problem]) -> Remark:
        """Return what to say of a version's page; `lost` are values that it could not take."""
        cause, wrong = self._wrong(version.info.id)
        return Remark(cause, self._view.visible((*wrong, *lost)), self._preview(session, version))

    def _wrong(self, app_id: str) -> tuple[Cause, tuple[Problem, ...]]:
        record = self._served.catalog.get(app_id)
        if record is not None and record.failure is not None:
            return "save", record.failure.problems
        settings = self._observed.wrong_settings.get(app_id)
        return ("settings", (settings,)) if settings is not None else ("values", ())

    def _preview(self, session: Session, version: LoadedVersion) -> Previewed | None:
        info = version.info
        record = self._served.catalog.get(info.id)
        if record is None or not record.access.previews:
            return None
        opened = session.previews.get(info.id)
        if record.access.preview_for(session.actor, opened) != info.number:
            return None
        leave = self._leave if record.released else ""
        return Previewed(version=info.version, number=info.number, leave=leave)
