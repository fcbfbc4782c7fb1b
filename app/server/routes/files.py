"""Downloading stored files: `/files/<id>/<name>`, for members of the organisation that has them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Set
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.core import audit, files
from app.core.context import Core
from app.kernel.actor import Actor, acting_as
from app.kernel.errors import NotFound

# What a browser may show at our address. Everything else is handed over as a download: HTML, SVG
# and XML may hold scripts, which would act as whoever looks at them.
_SHOWN = ("image/", "audio/", "video/")
_SHOWN_TYPES = frozenset({"text/plain", "text/csv", "application/pdf"})
_NEVER = ("svg", "xml", "html")
_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; object-src 'self'"


def file_routes(
    core: Core, identify: Callable[[Request], Awaitable[Actor | None]]
) -> list[BaseRoute]:
    """Return the route; `identify` says who loads a page or a part of one."""

    async def download(request: Request) -> Response:
        actor = await identify(request)
        if actor is None:
            return PlainTextResponse("Sign in first.", 401, headers={"cache-control": "no-store"})
        try:
            with acting_as(actor):
                found = await files.info(request.path_params["id"])
            path = await anyio.to_thread.run_sync(core.blobs.path_of, found.sha256)
        except NotFound:
            with acting_as(actor):
                target = request.path_params["id"]
                await audit.refused(core, "files.read", target, source=actor.user.id)
            return PlainTextResponse("Not found", 404)
        headers = {
            "etag": f'"{found.sha256}"',
            # Asked for again each time: who may have it changes, the content never does.
            "cache-control": "private, no-cache",
            "content-security-policy": _POLICY,
            "x-content-type-options": "nosniff",
            "content-disposition": disposition(found.name, found.content_type),
        }
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return FileResponse(path, headers=headers, media_type=found.content_type)

    return [Route("/files/{id}/{name:path}", download)]


def disposition(name: str, content_type: str, but: Set[str] = frozenset()) -> str:
    """Return the Content-Disposition header: shown when that is harmless, else a download.

    Args:
        name: of the file.
        content_type: what is in it.
        but: types that are downloads all the same.
    """
    kind = content_type.partition(";")[0].strip().lower()
    shown = kind.startswith(_SHOWN) or kind in _SHOWN_TYPES - but
    if any(word in kind for word in _NEVER):
        shown = False
    return f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}"
