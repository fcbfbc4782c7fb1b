"""Where an app stands on this node: what is offered, what runs, and what is wrong.

                     loaded                      loaded
    offered ────────────────────▶ running ────────────────────▶ running the next
       │                             │  ▲
       │ failed               failed │  │ loaded, or what runs is offered again
       ▼                             ▼  │
    failing                       running, and failing

Nothing but a version that is loaded takes the place of the one that runs: not a failure, not a
switch that is turned off. What runs is left when the app is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.cell.loading.version import Version
from app.node.releases.access import Access
from app.node.releases.catalog import AppRecord, Failure
from app.node.releases.provider import Offer
from app.source.problems import Problem


@dataclass(frozen=True)
class Loaded:
    """A version in memory, when it was loaded, and how many milliseconds that took."""

    version: Version
    at: datetime
    milliseconds: float

    @property
    def number(self) -> int:
        """Its deployment number."""
        return self.version.info.number


@dataclass(frozen=True)
class Standing:
    """One app on this node.

    Attributes:
        offer: what its provider has.
        running: what people get, or got before the app was switched off.
        failure: why what is offered is not what runs, or cannot be used.
    """

    offer: Offer
    running: Loaded | None = None
    failure: Failure | None = None

    @property
    def is_served(self) -> bool:
        """Whether there is a version for everybody who may use the app."""
        return self.offer.current is not None and self.offer.access.enabled

    @property
    def needed(self) -> set[int | None]:
        """Numbers of the versions that somebody gets."""
        previews = {preview.number for preview in self.offer.access.previews}
        return {self.offer.current, *previews, *({self.running.number} if self.running else ())}

    def has_settled(self, revision: int) -> bool:
        """Tell whether people get what was decided in a revision of the app, the last one."""
        number = self.running.number if self.running else None
        is_last = self.offer.revision == revision
        return is_last and self.failure is None and number == self.offer.current

    def offered(self, offer: Offer) -> Standing:
        """Something else is offered; what is wrong with it is known when it is loaded."""
        return replace(self, offer=offer)

    def restricted(self, access: Access) -> Standing:
        """Other people may use it."""
        return replace(self, offer=replace(self.offer, access=access))

    def left_alone(self) -> Standing:
        """What is offered is not loaded, as nobody needs it now."""
        problems = self.offer.problems
        return self.failed(problems) if problems else replace(self, failure=None)

    def loaded(self, loaded: Loaded) -> Standing:
        """A version is in memory that takes the place of the one that runs."""
        return replace(self, running=loaded, failure=None)

    def failed(self, problems: tuple[Problem, ...]) -> Standing:
        """What is offered cannot be used; what runs goes on."""
        if self.failure is not None and self.failure.problems == problems:
            return self  # known since then
        return replace(self, failure=Failure(problems, datetime.now(UTC)))

    def record(self) -> AppRecord:
        """Return what the catalog says of the app."""
        offer = self.offer
        running = self.running if self.is_served else None
        return AppRecord(
            id=offer.id,
            root=offer.root,
            metadata=offer.metadata,
            version=running.version if running else None,
            number=running.number if running else offer.current or 0,
            failure=self.failure,
            loaded_at=running.at if running else None,
            load_ms=running.milliseconds if running else None,
            access=offer.access,
            released=offer.current is not None,
            fell=offer.fell,
        )
