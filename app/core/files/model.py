"""What a file is; knows neither database nor disk."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from app.kernel.errors import Invalid

# In UTF-8; the longest that all usual file systems take, so that a download can be stored.
MAX_NAME_BYTES = 255
UNNAMED = "file"
UNKNOWN_TYPE = "application/octet-stream"

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_BLANK = re.compile(r"\s")
_BLANKS = re.compile(r"\s+")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)", re.IGNORECASE)
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file without its content. `size` is in bytes, `created_at` in UTC."""

    id: str
    name: str
    size: int
    sha256: str
    content_type: str
    created_at: datetime

    @property
    def url(self) -> str:
        """The path at which members of the organisation download it."""
        return f"/files/{self.id}/{quote(self.name, safe='')}"


def safe_name(name: str) -> str:
    """Return `name` as one that is safe to show, to put in a URL and to store on any system.

    Folders before it are cut off; invisible characters (that reorder text, for example) go;
    characters and names that Windows reserves are changed; a long one is cut before its extension.
    """
    last = re.split(r"[/\\]", name)[-1]
    # Line breaks are invisible too, but separate words: so they become blanks first. What is
    # removed may bring blanks together, or a letter and its accent: so the rest comes after.
    visible = "".join(
        character
        for character in _BLANK.sub(" ", last)
        if unicodedata.category(character)[0] != "C"
    )
    normal = _BLANKS.sub(" ", unicodedata.normalize("NFC", visible))
    cleaned = _shortened(_FORBIDDEN.sub("_", normal).strip(" ."))
    if _DEVICE.match(cleaned):
        cleaned = _shortened(f"_{cleaned}")
    return cleaned or UNNAMED


def checked_content_type(content_type: str | None, name: str) -> str:
    """Return `content_type`, or by default the one that the extension of `name` suggests.

    Raises:
        Invalid: it does not look like one.
    """
    if content_type is None:
        # An instance knows Python's own table only: the same answer on every machine.
        return mimetypes.MimeTypes().guess_type(name)[0] or UNKNOWN_TYPE
    if len(content_type) > 255 or not _CONTENT_TYPE.fullmatch(content_type):
        raise Invalid(f"{content_type[:255]!r} is not a content type such as 'text/csv'")
    return content_type


def _shortened(name: str) -> str:
    """Cut the part before the extension so that the whole fits, at a character's border."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    ending = dot + extension
    if not stem or len(ending.encode()) > 20:
        stem, ending = name, ""
    room = MAX_NAME_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + ending
