"""Files of an organisation; see `app.core.files`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from app.kernel.contexts.exposing import exposed

# In UTF-8; the longest that all usual file systems take, so that a download can be stored.
MAX_NAME_BYTES = 255
UNNAMED = "file"

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_BLANK = re.compile(r"\s")
_BLANKS = re.compile(r"\s+")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)", re.IGNORECASE)


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


@exposed("files:write")
async def save(
    name: str, chunks: AsyncIterator[bytes] | bytes, content_type: str | None = None
) -> FileInfo:
    """Store a file of the actor's organisation and return it; the same content is stored once.

    Args:
        name: what the user calls it; made safe, see `FileInfo.name` for the result.
        chunks: the content, at once or as a stream, which is never held in memory as a whole.
        content_type: by default what the extension of the name suggests.

    Raises:
        TooLarge: the content is above the limit; the rest of the stream is not read.
        StorageFull: the disk is full.
        Invalid: the content type cannot be accepted.
        Forbidden: the app was not granted "files:write".
        Whatever the stream raises. In all these cases nothing is left behind.
    """
    raise NotImplementedError


@exposed("files:read", name="open")
async def open_file(id: str) -> AsyncGenerator[bytes, None]:
    """Return the content as a stream of chunks of at most 1 MiB.

        async for chunk in await files.open(id): ...

    Whoever may stop before the end closes it: `async with contextlib.aclosing(await …) as chunks`.

    Raises:
        NotFound: there is none in the actor's organisation.
        Forbidden: the app was not granted "files:read".
    """
    raise NotImplementedError


@exposed("files:read")
async def info(id: str) -> FileInfo:
    """Return what is known of a file.

    Raises:
        NotFound: there is none in the actor's organisation.
        Forbidden: the app was not granted "files:read".
    """
    raise NotImplementedError


@exposed("files:read", name="list")
async def list_files(limit: int = 100, after: str | None = None) -> list[FileInfo]:
    """Return the organisation's files, the newest first.

    Args:
        limit: at most so many, 1 to 1000.
        after: the id of the last file of the page before, to get the next page.

    Raises:
        NotFound: the file `after` is gone.
        Invalid: `limit` is out of range.
        Forbidden: the app was not granted "files:read".
    """
    raise NotImplementedError


@exposed("files:read")
async def url(id: str) -> str:
    """Return the path at which members of the organisation download a file.

    Raises:
        NotFound: there is none in the actor's organisation.
        Forbidden: the app was not granted "files:read".
    """
    raise NotImplementedError


@exposed("files:write")
async def delete(id: str) -> None:
    """Delete a file; its content goes with the last file that has it.

    Raises:
        NotFound: there is none in the actor's organisation.
        Forbidden: the app was not granted "files:write".
    """
    raise NotImplementedError


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
