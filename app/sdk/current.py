"""`current`: who is using which app, for the event that runs right now."""

from __future__ import annotations

from app.kernel.actor import Actor, Organisation, User
from app.sdk.scope import AppInfo, OutsideApp, scope


class _Current:
    """Reads the running scope; holds nothing itself."""

    @property
    def app(self) -> AppInfo:
        """The app version that runs."""
        return scope().app

    @property
    def user(self) -> User:
        """Who opened the page that this event came from."""
        return _actor().user

    @property
    def organisation(self) -> Organisation:
        """The organisation that the user works for here."""
        return _actor().organisation

    @property
    def session(self) -> str:
        """A name of the open page (browser tab) that is the same for all its events."""
        session = scope().session
        if session is None:
            raise OutsideApp("There is no session while an app is loaded; use this in a handler.")
        return session

    @property
    def outdated(self) -> bool:
        """True when a newer version of the app is live than the one this code belongs to.

        Long background tasks return their own event when they see it, and so go on in the new
        version: `if current.outdated: return MyState.watch`.
        """
        running = scope()
        return running.host.is_outdated(running.app)


def _actor() -> Actor:
    actor = scope().actor
    if actor is None:
        raise OutsideApp(
            "There is no user while an app is loaded or a page is built; read current.user in an"
            " event handler or a computed var."
        )
    return actor


current = _Current()
