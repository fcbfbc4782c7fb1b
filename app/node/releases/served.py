"""What a node has of each app at the moment: where it stands, and the catalog that follows from it.

Made before everything that reads it. `Releases` changes it; all others read, but for pages, which
may find out that nobody can be shown a version that was just loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import structlog

from app.node.releases.access import Access
from app.node.releases.catalog import AppRecord, Catalog
from app.node.releases.provider import Offer
from app.node.releases.standing import Standing
from app.source.problems import AppError, Problem

log = structlog.get_logger("graft")


class Served:
    """Where each app stands, by id.

    Attributes:
        catalog: the apps of the moment. Each change makes another one: look it up again after
            whatever is waited for.
    """

    def __init__(self) -> None:
        self.catalog = Catalog()
        self._standings: dict[str, Standing] = {}

    def __iter__(self) -> Iterator[Standing]:
        return iter(tuple(self._standings.values()))

    def get(self, app_id: str) -> Standing | None:
        """Return where an app stands."""
        return self._standings.get(app_id)

    def standing(self, app_id: str) -> Standing:
        """Return where an app stands.

        Raises:
            AppError: there is no such app.
        """
        try:
            return self._standings[app_id]
        except KeyError:
            raise AppError((nothing_served(app_id),)) from None

    def access(self, app_id: str) -> Access | None:
        """Return the rules of an app at this moment; None for an app that is not known."""
        record = self.catalog.get(app_id)
        return record.access if record is not None else None

    def begin(self, offers: Iterable[Offer]) -> None:
        """Take what there is at the start. What changed meanwhile is newer than what was read."""
        for offer in offers:
            self._standings.setdefault(offer.id, Standing(offer).left_alone())
        self.catalog = Catalog.of(standing.record() for standing in self)

    def put(self, standing: Standing) -> None:
        """Note where an app stands; nobody sees it before it is published."""
        self._standings[standing.offer.id] = standing

    def publish(self, app_id: str) -> AppRecord:
        """Let everybody see where an app stands, and return what they see."""
        record = self.standing(app_id).record()
        if record != self.catalog.get(app_id):
            self.catalog = self.catalog.with_record(record)
        return record

    def remove(self, app_id: str) -> None:
        """Forget an app that is gone."""
        self._standings.pop(app_id, None)
        if self.catalog.get(app_id) is not None:
            self.catalog = self.catalog.without(app_id)

    def failing(self, app_id: str, problems: tuple[Problem, ...]) -> None:
        """Note why what is offered of an app cannot be used."""
        before = self.standing(app_id)
        after = before.failed(problems)
        self.put(after)
        for problem in problems if after is not before else ():
            log.warning("app not loaded", app=app_id, place=problem.place, why=problem.message)

    def note_failure(self, app_id: str, problems: tuple[Problem, ...]) -> None:
        """Record that sessions could not be moved to the version that was just loaded."""
        standing = self.get(app_id)
        if standing is not None and standing.failure is None:
            self.failing(app_id, problems)
            self.publish(app_id)


def nothing_served(app_id: str) -> Problem:
    """Return what to tell whoever wants an app of which there is no version."""
    return Problem(
        app=app_id,
        stage="load",
        file="",
        line=None,
        message="no version of the app is served",
        remedy="Have an administrator promote one; in development mode, put its folder back.",
    )
