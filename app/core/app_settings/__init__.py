"""Settings of installed apps; secrets are encrypted before they are stored.

    await app_settings.save(core, "acme/counter", {"host": "db", "password": "…"},
                            secret={"password"}, base_revision=app.revision)
    await app_settings.describe(core, "acme/counter")       # for admins: secrets as set or not set
    await app_settings.settings_for(core, "acme/counter")   # for the runtime: in clear

For the core only: every function refuses client apps. A change is told on `TOPIC` as {"app",
"revision"}, and as a change of the app (`apps.TOPIC`).
"""

from app.core.app_settings.model import TOPIC, SecretLost, Settings
from app.core.app_settings.service import describe, encrypt_again, save, settings_for

__all__ = [
    "TOPIC",
    "SecretLost",
    "Settings",
    "describe",
    "encrypt_again",
    "save",
    "settings_for",
]
