"""What the settings of an installed app are; knows no database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.errors import CoreError, Invalid

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
class Settings:
    """The settings of an app as an admin may see them.

    Attributes:
        values: field to value, secrets left out.
        secrets: field to whether it is set, for secret fields.
        revision: grows whenever they change; 0 while none was ever set.
    """

    app_id: str
    values: Mapping[str, Any]
    secrets: Mapping[str, bool]
    revision: int


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
