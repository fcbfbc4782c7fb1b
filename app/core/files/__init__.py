"""Files of an organisation, streamed to disk and stored by content.

    info = await files.save("plan.pdf", chunks)      # chunks: bytes, or an async iterator of bytes
    async for chunk in await files.open(info.id): ...
    rx.link("Download", href=info.url)

Files of other organisations are not there at all: every function answers `NotFound`.
"""

from app.core.files.service import clean
from app.kernel.contexts.files import FileInfo, delete, info, safe_name, save, url
from app.kernel.contexts.files import list_files as list
from app.kernel.contexts.files import open_file as open
from app.kernel.errors import Invalid, NotFound, StorageFull, TooLarge

__all__ = [
    "FileInfo",
    "Invalid",
    "NotFound",
    "StorageFull",
    "TooLarge",
    "clean",
    "delete",
    "info",
    "list",
    "open",
    "safe_name",
    "save",
    "url",
]
