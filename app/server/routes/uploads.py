"""What apps keep as uploads, handed out to those who may use the app, each their organisation's."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Mapping
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from app.core.app_folders import Kept, open_below
from app.server.routes.files import disposition

_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
_DOWNLOADS = frozenset({"text/plain", "text/csv"})  # in Reflex, too
# Viewers of PDF do not work in a sandbox; they run nothing on the page's origin.
_UNBOXED = frozenset({"application/pdf"})


def upload_response(kept: Kept, folder: str, name: str, request: Request) -> Response | None:
    """Return a file below a folder of an app's; None if there is none, or it is elsewhere.

    Whoever uploaded it decides what is in it and what it is called: nothing of it may run as part
    of our pages.
    """
    try:
        file = open_below(kept.path, (folder, *name.split("/")))
    except FileNotFoundError:
        return None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    status = os.fstat(file.fileno())
    headers = {
        "etag": f'"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"',
        # Asked for again each time: it may be another file by then, or not theirs any more.
        "cache-control": "private, no-cache",
        "content-security-policy": _POLICY if kind in _UNBOXED else f"{_POLICY}; sandbox",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "content-disposition": disposition(name.rpartition("/")[2], kind, but=_DOWNLOADS),
    }
    if request.headers.get("if-none-match") == headers["etag"]:
        file.close()
        return Response(status_code=304, headers=headers)
    return _OpenFile(file, status, kind, headers)


class _OpenFile(FileResponse):
    """Sends a file that is open, whatever has become of its name meanwhile."""

    def __init__(
        self, file: BinaryIO, status: os.stat_result, kind: str, headers: Mapping[str, str]
    ) -> None:
        path = f"/dev/fd/{file.fileno()}"
        super().__init__(path, media_type=kind, headers=dict(headers), stat_result=status)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()
