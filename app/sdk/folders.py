"""`folder`: where an app keeps files of its own."""

from __future__ import annotations

from pathlib import Path

from app.sdk.scope import OutsideApp, running


def folder(*, shared: bool = False) -> Path:
    """Return the folder in which the app keeps files for the user's organisation.

    It is there, the app may write in it, and what is in it stays over new versions, rollbacks and
    restarts. Each organisation has its own, on each node, and none sees another's.

    Args:
        shared: return the folder that all organisations share, instead.

    Raises:
        OutsideApp: nothing of the app runs, or nobody is there whose organisation it could be:
            while the app is loaded, or a page is built.
    """
    now = running()
    if now is None:
        raise OutsideApp(
            "folder() was called where no client app runs, so nobody knows whose folder is meant."
            " Call it in an event handler or a computed var and hand on the path; in tests open the"
            " app with app.testing.open_app."
        )
    if now.actor is None or now.session is None:
        raise OutsideApp(
            "folder() belongs to an organisation, and there is none while an app is loaded or a"
            " page is built. Call it in an event handler or a computed var."
        )
    return now.host.folder(now, shared=shared)
