"""What the settings of an installed app are; knows no database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.core.apps.model import Step
from app.kernel.errors import CoreError, Invalid

# Where every change of settings is told: {"app", "revision"}.
TOPIC = "graft/settings"
MAX_FIELDS = 500
# Of one value, as JSON text, in characters.
MAX_VALUE = 64 * 1024

_FIELD = re.compile(r"[^\W\d]\w{0,99}")


class SecretLost(CoreError):
    """Secrets of an app cannot be decrypted; `fields` names them. Setting them again helps."""

    def __init__(self, app_id: str, fields: tuple[str, ...]) -> None:
        super().__init__(
            f"secrets of {app_id} cannot be read ({', '.join(fields)}): bring back the key they"
            " were encrypted with (GRAFT_SECRET_KEY, or secret.key in the data folder), or set"
            " them again"
        )
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Touch:
    """Who set a field last, and when."""

    at: datetime
    by_name: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of an app as an admin may see them.

    Attributes:
        values: field to value, secrets left out.
        secrets: field to whether it is set, for secret fields.
        revision: grows by 1 whenever they change; 0 while none was ever set.
        touched: field to who set it last, secrets included.
        lost: secrets that are set, and whose key is gone.
    """

    app_id: str
    values: Mapping[str, Any]
    secrets: Mapping[str, bool]
    revision: int
    touched: Mapping[str, Touch] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


class SettingsChanged(CoreError):
    """Somebody saved settings of the app since the caller looked at them.

    Attributes:
        current: the settings as they are now.
        since: what happened since, in order; the note of each names the fields.
    """

    def __init__(self, current: Settings, since: tuple[Step, ...]) -> None:
        told = ", then ".join(map(str, since)) or "changed"
        super().__init__(
            f"the settings of {current.app_id} are at revision {current.revision} by now ({told}):"
            " look at them and decide again"
        )
        self.current = current
        self.since = since


@dataclass(frozen=True, slots=True)
class Described:
    """What a version of an app says about its settings.

    Attributes:
        schema: JSON schema of its settings model; None when it has none.
        secret: the fields that are secret.
    """

    schema: Mapping[str, Any] | None
    secret: frozenset[str] = frozenset()


def checked_fields(fields: Mapping[str, Any]) -> None:
    """Return if all are names of fields, as in a Pydantic model.

    Raises:
        Invalid: one is not, or there are too many.
    """
    if len(fields) > MAX_FIELDS:
        raise Invalid(f"an app may have up to {MAX_FIELDS} settings")
    for name in fields:
        if not _FIELD.fullmatch(name):
            raise Invalid(f"{name[:100]!r} is not the name of a setting")
