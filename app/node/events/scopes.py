"""In whose name and with which rights code of a client app runs in a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.cell.loading.version import LoadedVersion
from app.kernel.actor import Actor, acting_as
from app.node.releases.granting import Granting
from app.node.sessions.sessions import Session
from app.sdk.scope import Host, Scope, enter


class Scopes:
    """Makes the scope of each session's use of each app, once for as long as it holds.

    Args:
        host: what the sdk asks.
        granting: gives versions their grants.
    """

    def __init__(self, host: Host, granting: Granting) -> None:
        self._host = host
        self._granting = granting

    def of(self, session: Session, version: LoadedVersion) -> tuple[Scope, Actor]:
        """Return the scope, and who acts in it."""
        app_id = version.info.id
        grants = self._granting.of(app_id, version.entry.capabilities)
        made_of = (session.actor, version.info, grants)
        known = session.scopes.get(app_id)
        if known is None or known[0] != made_of:
            actor = Actor(
                user=session.actor.user,
                organisation=session.actor.organisation,
                roles=session.actor.roles,
                app_id=app_id,
                session=session.token,
                capabilities=grants,
            )
            scope = Scope(
                version.info,
                self._host,
                actor,
                session.token,
                grants,
                version.source.root,
                has_settings=version.entry.settings is not None,
            )
            known = session.scopes[app_id] = (made_of, scope, actor)
        return known[1], known[2]

    @contextmanager
    def running(self, session: Session, version: LoadedVersion) -> Iterator[None]:
        """Enter the scope of a session's use of an app."""
        scope, actor = self.of(session, version)
        with enter(scope), acting_as(actor):
            yield
