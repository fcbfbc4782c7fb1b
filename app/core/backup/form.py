"""The form of a backup: the names that may be in the archive, and what its first entry says."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from app.kernel.errors import CoreError

ABOUT = "graft-backup.json"
DATABASE = "database.sqlite3"
KEY = "secret.key"
DIGESTS = "SHA256SUMS"
CODE, FILES = "code", "files"

FORMAT = 1
"""Counted up when an older Graft could not read what a newer one writes."""

CHUNK = 1024 * 1024
LARGEST_NOTE = 256 * 1024 * 1024
"""Bytes of an entry that is read as a whole: the first, the last and the key."""

KeyPlace = Literal["included", "in the environment", "left out", "none"]

_CONTENT = re.compile(rf"({CODE}|{FILES})/([0-9a-f]{{64}})")


class NotABackup(CoreError):
    """What was given is no complete backup, or not one that this Graft can read."""


class About(BaseModel):
    """What a backup says of itself.

    Attributes:
        format: see `FORMAT`.
        graft: version of the Graft that wrote it.
        schema_version: version of the database's tables; "" when the database is not included.
        made_at: when it was begun.
        node: name of the machine.
        database: whether the database is included, or kept somewhere else.
        key: whether the key of secrets is in the archive, or where it is to be found.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = FORMAT
    graft: str
    schema_version: str = ""
    made_at: datetime
    node: str
    database: Literal["included", "elsewhere"]
    key: KeyPlace


def content_name(kind: str, digest: str) -> str:
    """Return the name of a content in the archive; `kind` is `CODE` or `FILES`."""
    return f"{kind}/{digest}"


def parse_content_name(name: str) -> tuple[str, str] | None:
    """Return kind and digest of an entry that is a content; None for every other name."""
    found = _CONTENT.fullmatch(name)
    return (found[1], found[2]) if found else None


def is_known(name: str) -> bool:
    """Tell whether a backup may have an entry of this name."""
    return name in (ABOUT, DATABASE, KEY, DIGESTS) or _CONTENT.fullmatch(name) is not None
