"""Folders in which client apps keep files: one for each organisation that uses an app, and one that
its organisations share. They outlive versions, restarts and rollbacks of the app.

    <root>/<client>/<app>/organisations/<id>/…
    <root>/<client>/<app>/shared/…

What is in them was made by apps. So nothing here follows a symbolic link, whatever it leads to.
"""

from app.core.app_folders.store import ORGANISATIONS, SHARED, AppFolders, Kept, Use
from app.core.app_folders.walking import Walked, open_below, walk

__all__ = ["ORGANISATIONS", "SHARED", "AppFolders", "Kept", "Use", "Walked", "open_below", "walk"]
