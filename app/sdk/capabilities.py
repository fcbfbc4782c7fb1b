"""`granted`: whether the running app may do something, to offer only what will work."""

from __future__ import annotations

from app.kernel.grants import is_granted
from app.sdk.scope import scope


def granted(capability: str) -> bool:
    """Return whether the app has a capability at the moment, such as "network".

    It needs both `AppEntry.capabilities` and an administrator's grant; in development mode the
    app may do everything. Using what an app was not granted raises
    `app.kernel.grants.CapabilityNotGranted`; ask here first to do without it.

    Raises:
        OutsideApp: no client app is running.
    """
    grants = scope().grants
    return grants is None or is_granted(capability, grants)
