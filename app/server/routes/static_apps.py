"""Serving static apps: a finished single page app at the same kind of address as any other."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import PurePosixPath
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from app.cell.loading.version import StaticVersion
from app.frontend.csp import policy
from app.kernel.origins import sources
from app.server.routes.app_documents import policy_headers
from app.server.routes.workers import guarded, is_worker

# Nothing here repeats, so that no page takes more time than its length: what lies between is looked
# for from one to the next.
_HEAD = re.compile(rb"<head[\s>]", re.IGNORECASE)
_BASE = re.compile(rb"<base\s", re.IGNORECASE)
_SCRIPT = re.compile(rb"<script[\s>]", re.IGNORECASE)
_SCRIPT_END = re.compile(rb"</script", re.IGNORECASE)
_SRC = re.compile(rb"\ssrc[\s=]", re.IGNORECASE)


async def static_app_response(
    version: StaticVersion, path: str, request: Request, origins: Iterable[str] = ()
) -> Response:
    """Return a file of the app; for an address that is none, its index.html or 404.

    The app's own routing knows what such an address means, so whoever goes there gets the app. What
    a page only fetches (a script, a picture, data of a file that is missing) is not found, because
    an index.html would be taken for it.
    """
    root = PurePosixPath(version.root.relative_to(version.source.root).as_posix())
    name = PurePosixPath(path)
    file = version.source.by_path.get(str(root / name)) if path and ".." not in name.parts else None
    if file is None:
        if name.suffix and not _is_navigation(request):
            return Response("Not found", status_code=404, media_type="text/plain")
        return _html(version, "index.html", origins)
    if name.suffix == ".html":
        return _html(version, name.as_posix(), origins)
    if is_worker(request.headers):
        return guarded((version.source.root / file.path).read_bytes())
    etag = f'"{file.sha256}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"etag": etag})
    kind = mimetypes.guess_type(name.name)[0] or "application/octet-stream"
    headers = {"etag": etag, "cache-control": "no-cache"}
    return FileResponse(version.source.root / file.path, media_type=kind, headers=headers)


def _is_navigation(request: Request) -> bool:
    """Tell whether a person goes to the address; browsers ask for HTML then, and only then."""
    return "text/html" in request.headers.get("accept", "")


def _html(version: StaticVersion, name: str, origins: Iterable[str]) -> Response:
    """Return a page, with its relative links made to work whatever address it is shown at.

    Inline scripts of a finished app cannot be taken out; exactly these are allowed, by digest.
    """
    html = (version.root / name).read_bytes()
    if not _BASE.search(html):
        folder = f"/apps/{version.info.url}/{name}".rpartition("/")[0]
        base = f'<base href="{escape(quote(folder))}/">'.encode()
        place = _after_head(html)
        html = html[:place] + base + html[place:] if place else html
    response = HTMLResponse(html, headers={"cache-control": "no-cache", "vary": "accept"})
    more = sources(origins)
    if more:
        response.headers.update(policy_headers(origins))
    digests = dict.fromkeys(_digest(script) for script in _inline_scripts(html))
    if digests:
        allowed = " ".join(["script-src 'self'", *digests, *more.get("script-src", ())])
        text = re.sub(r"script-src [^;]*", allowed, policy(more=more))
        response.headers["content-security-policy"] = text
    return response


def _after_head(html: bytes) -> int:
    """Return the place behind the first <head>, 0 if there is none."""
    head = _HEAD.search(html)
    return html.find(b">", head.start()) + 1 if head else 0


def _inline_scripts(html: bytes) -> Iterator[bytes]:
    """Yield the text of each script that stands in a page."""
    end = 0
    while script := _SCRIPT.search(html, end):
        begin = html.find(b">", script.start()) + 1
        closing = _SCRIPT_END.search(html, begin) if begin else None
        if closing is None:
            return
        if not _SRC.search(html, script.start(), begin):
            yield html[begin : closing.start()]
        end = closing.end()


def _digest(script: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
