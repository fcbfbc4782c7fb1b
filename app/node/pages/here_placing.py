"""What tabs have of apps whose code runs in this process; see `app.node.cells.placing.Placing`."""

from __future__ import annotations

from typing import Any

from app.bridge.states import instances, registration
from app.bridge.states.instances import Delta
from app.bridge.types import BaseState
from app.cell.attach import apply_storage, attach, current_values, move, rehearse, take_out
from app.cell.loading.version import LoadedVersion
from app.node.cells.placing import Placed
from app.node.events.scopes import Scopes
from app.node.observe.observed import Observed
from app.node.sessions.sessions import Session


class HerePlacing:
    """`Placing` for code that runs in this process.

    Args:
        scopes: in which code of apps runs.
        observed: told of errors, and of values that a version could not take as they were.
    """

    def __init__(self, scopes: Scopes, observed: Observed) -> None:
        self._scopes = scopes
        self._observed = observed

    async def open(self, session: Session, root: BaseState, version: LoadedVersion) -> Placed:
        """See `Placing`."""
        app_id = version.info.id
        moved = session.attached.get(app_id) is not version
        states: Delta = {}
        failed: list[Exception] = []
        with self._scopes.running(session, version):
            problems = self._observed.not_carried(version, attach(session, root, version))
            stored = session.stored.take(app_id)
            if stored:
                apply_storage(root, version, stored)
            if moved or stored is not None or app_id not in session.merged:
                states = await current_values(session, root, version, failed)
        entries = [self._observed.failed(version, "opening", error) for error in failed]
        return Placed(states, (*problems, *(entry.problem for entry in entries)))

    async def move(self, session: Session, root: BaseState, version: LoadedVersion) -> Placed:
        """See `Placing`."""
        with self._scopes.running(session, version):
            states, lost = await move(session, root, version)
        return Placed(states, self._observed.not_carried(version, lost))

    async def take_out(self, session: Session, root: BaseState, version: LoadedVersion) -> None:
        """See `Placing`."""
        take_out(session, root, version)

    async def rehearse(self, session: Session, version: LoadedVersion) -> None:
        """See `Placing`."""
        with self._scopes.running(session, version):
            rehearse(session, version)

    async def store(
        self, session: Session, root: BaseState, version: LoadedVersion, values: dict[str, Any]
    ) -> None:
        """See `Placing`."""
        with self._scopes.running(session, version):
            apply_storage(root, version, values)

    async def renew(self, session: Session, root: BaseState, version: LoadedVersion) -> Delta:
        """See `Placing`."""
        with (
            self._scopes.running(session, version),
            registration.active(session.registration),
        ):
            return await instances.renew_computed(root, version.tree)
