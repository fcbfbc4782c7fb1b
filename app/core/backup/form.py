"""The form of a backup: the names that may be in the archive, and what its first entry says."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

from pydantic import BaseModel, ConfigDict

from app.core.app_folders import ORGANISATIONS, SHARED
from app.kernel.errors import CoreError

ABOUT = "graft-backup.json"
DATABASE = "database.sqlite3"
KEY = "secret.key"
DIGESTS = "SHA256SUMS"
CODE, FILES = "code", "files"
FOLDERS = "folders"

FORMAT = 2
"""Counted up when an older Graft could not read what a newer one writes."""

CHUNK = 1024 * 1024
LARGEST_NOTE = 256 * 1024 * 1024
"""Bytes of an entry that is read as a whole: the first, the last and the key."""

KeyPlace = Literal["included", "in the environment", "left out", "none"]

_CONTENT = re.compile(rf"({CODE}|{FILES})/([0-9a-f]{{64}})")
_KEPT = re.compile(
    rf"{FOLDERS}/(?P<app>[a-z0-9_]{{1,60}}/[a-z0-9_]{{1,60}})"
    rf"/(?:{SHARED}|{ORGANISATIONS}/(?P<organisation>[A-Za-z0-9_-]{{1,64}}))/(?P<path>.+)",
    re.ASCII,
)


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


def kept_name(app_id: str, organisation: str | None, parts: Sequence[str]) -> str:
    """Return the name in the archive of a file that an app keeps in a folder.

    Apps call their files what they like. In the archive each name is one of ASCII.
    """
    whose = SHARED if organisation is None else f"{ORGANISATIONS}/{organisation}"
    path = "/".join(quote(os.fsencode(part)) for part in parts)
    return f"{FOLDERS}/{app_id}/{whose}/{path}"


def parse_kept_name(name: str) -> tuple[str, str | None, tuple[str, ...]] | None:
    """Return app, organisation and path of an entry that an app keeps; None for every other name,
    and for one that would lead out of the folder.
    """
    found = _KEPT.fullmatch(name)
    if found is None:
        return None
    app_id, organisation = found["app"], found["organisation"]
    parts = tuple(os.fsdecode(unquote_to_bytes(part)) for part in found["path"].split("/"))
    if any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
        return None
    # Each file has one name, so that none is there twice.
    return (app_id, organisation, parts) if kept_name(app_id, organisation, parts) == name else None


def is_known(name: str) -> bool:
    """Tell whether a backup may have an entry of this name."""
    if name in (ABOUT, DATABASE, KEY, DIGESTS):
        return True
    return _CONTENT.fullmatch(name) is not None or parse_kept_name(name) is not None
