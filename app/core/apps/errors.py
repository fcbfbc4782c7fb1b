"""What can be refused about installed apps; messages are for the admin who sees them."""

from __future__ import annotations

from app.core.apps.model import App, State, Step, Version
from app.kernel.errors import CoreError, Invalid


class Changed(CoreError):
    """Somebody else changed the app since the revision that the caller knows.

    `current` is the app as it is now, `since` what happened meanwhile, the oldest first: show both
    and let the caller decide.
    """

    def __init__(self, current: App, since: tuple[Step, ...]) -> None:
        steps = "; ".join(map(str, since)) or "it is older than that"
        super().__init__(f"{current.id} is at revision {current.revision} by now: {steps}")
        self.current = current
        self.since = since


class NotReady(CoreError):
    """The version cannot be activated: it failed, or waits for capabilities (`missing`)."""

    def __init__(self, version: Version, missing: tuple[str, ...]) -> None:
        reason = (
            "could not be loaded; see its problems"
            if version.state is State.FAILED
            else f"asks for what {version.app_id} was not granted: {', '.join(missing)}. Grant it"
            f" on the page /admin/apps/{version.app_id}, or with the command `grant`"
        )
        super().__init__(f"version {version.number} of {version.app_id} {reason}")
        self.version = version
        self.missing = missing


class AlreadyThere(CoreError):
    """An app that was to be new is installed."""

    def __init__(self, app_id: str) -> None:
        super().__init__(f"{app_id} is installed already; look at it, and send the package again")


class UrlTaken(Invalid):
    """Another app, `owner`, has the url."""

    def __init__(self, url: str, owner: str) -> None:
        super().__init__(f"/apps/{url} belongs to {owner}: delete that app or change the url")
        self.url = url
        self.owner = owner


class Deleted(CoreError):
    """The app is deleted; bring it back first."""

    def __init__(self, app: App) -> None:
        super().__init__(f"{app.id} is deleted: undelete it before changing it")
        self.app = app


class NoEarlierVersion(CoreError):
    """There is no version to roll back to."""

    def __init__(self, app_id: str, failed: int | None = None) -> None:
        again = f"; version {failed} failed, and is tried again if it is named" if failed else ""
        super().__init__(f"{app_id} had no earlier version that can be activated{again}")
