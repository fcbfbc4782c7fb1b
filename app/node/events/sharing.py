"""States that tabs share (`rx.SharedState`): whom each name is shared with, and over versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from app.bridge.states import registration
from app.bridge.types import BaseState, RegistrationContext
from app.cell.attach import attach
from app.cell.loading.version import LoadedVersion
from app.cell.tab import Tab
from app.kernel.errors import Forbidden
from app.node.events.names import app_of
from app.node.events.scopes import Scopes
from app.node.observe.observed import Observed
from app.node.releases.served import Served
from app.node.sessions.sessions import Session, Sessions

_TAB = "_graft_tab"  # beside the vars of the root of a tree: what it has of the app


class Sharing:
    """See `app.bridge.states.shared_states.SharingHost`.

    Args:
        sessions: the node's sessions.
        served: has the apps of the moment.
        observed: told of values that a version could not take as they were.
        scopes: in which code of apps runs.
        core: registry with the core's states.
    """

    def __init__(
        self,
        sessions: Sessions,
        served: Served,
        observed: Observed,
        scopes: Scopes,
        core: RegistrationContext,
    ) -> None:
        self._sessions = sessions
        self._served = served
        self._observed = observed
        self._scopes = scopes
        self._core = core

    def place_of(self, token: str, state: str, name: str) -> str:
        """See `SharingHost`: a name is one of an app in an organisation, and those who preview a
        version share it among themselves.

        Raises:
            Forbidden: the session is gone, or the state is no app's.
        """
        session, app_id = self._sessions.get(token), app_of(state)
        if session is None or app_id is None:
            raise Forbidden("states are shared in an event of an open page")
        preview = self._preview(session, app_id)
        organisation = session.actor.organisation.id
        # The name comes last, whatever is in it, and no tab's token begins like this.
        return f"shared/{organisation}/{app_id}/{preview or ''}/{name}"

    def bring(self, token: str, state: str, root: BaseState) -> None:
        """See `SharingHost`."""
        session, app_id = self._sessions.get(token), app_of(state)
        version = session.attached.get(app_id or "") if session is not None else None
        if version is None:
            return
        tab: Tab = vars(root).setdefault(_TAB, Tab(token=token, core=self._core))
        self._observed.not_carried(version, attach(tab, root, version))

    def acting_in(self, token: str, states: Iterable[str]) -> AbstractContextManager[None] | None:
        """See `SharingHost`."""
        session = self._sessions.get(token)
        if session is None:
            return None
        apps = (app_of(state) or "" for state in states)
        version = next((session.attached[app] for app in apps if app in session.attached), None)
        return self._acting_in(session, version) if version is not None else None

    @contextmanager
    def _acting_in(self, session: Session, version: LoadedVersion) -> Iterator[None]:
        with self._scopes.running(session, version), registration.active(session.registration):
            yield

    def _preview(self, session: Session, app_id: str) -> int | None:
        record = self._served.catalog.get(app_id)
        if record is None or not record.access.previews:
            return None
        return record.access.preview_for(session.actor, session.previews.get(app_id))
