"""Settings of installed apps; secrets are encrypted before they are stored.

    await app_settings.save(core, "example/counter", {"host": "db", "password": "…"},
                            secret={"password"}, base_revision=seen.revision)
    await app_settings.describe(core, "example/counter")      # for admins: secrets set or not
    await app_settings.settings_for(core, "example/counter")  # for the node: in clear

For the core only: every function refuses client apps. A change is told on `TOPIC` as {"app",
"revision"}, and as a change of the app (`apps.TOPIC`). What a version says about its settings is
kept when it is uploaded (`keep_schema`), so that they can be set before it runs.
"""

from app.core.app_settings.model import (
    TOPIC,
    Described,
    SecretLost,
    Settings,
    SettingsChanged,
    Touch,
)
from app.core.app_settings.schemas import keep_schema, schema_of
from app.core.app_settings.service import (
    describe,
    encrypt_again,
    readable_settings,
    save,
    settings_for,
)

__all__ = [
    "TOPIC",
    "Described",
    "SecretLost",
    "Settings",
    "SettingsChanged",
    "Touch",
    "describe",
    "encrypt_again",
    "keep_schema",
    "readable_settings",
    "save",
    "schema_of",
    "settings_for",
]
