"""What a client app imports to be hosted by Graft."""

from app.kernel.errors import FolderFull, ReadOnlyFolder
from app.kernel.grants import CapabilityNotGranted
from app.sdk.capabilities import granted
from app.sdk.config import SettingsInvalid, settings
from app.sdk.current import current
from app.sdk.entry import ClientApp, DynamicApp, Page, StaticApp
from app.sdk.folders import folder
from app.sdk.live import broadcast, presence, subscribe
from app.sdk.logging import log
from app.sdk.scope import AppInfo, Member, OutsideApp

__all__ = [
    "AppInfo",
    "CapabilityNotGranted",
    "ClientApp",
    "DynamicApp",
    "FolderFull",
    "Member",
    "OutsideApp",
    "Page",
    "ReadOnlyFolder",
    "SettingsInvalid",
    "StaticApp",
    "broadcast",
    "current",
    "folder",
    "granted",
    "log",
    "presence",
    "settings",
    "subscribe",
]
