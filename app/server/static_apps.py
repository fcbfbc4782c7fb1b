"""Serving static apps: a finished single page app at the same kind of address as any other."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from pathlib import PurePosixPath

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from app.frontend.csp import policy
from app.runtime.version import StaticVersion

_HEAD = re.compile(rb"<head[^>]*>", re.IGNORECASE)
_BASE = re.compile(rb"<base\s", re.IGNORECASE)
_INLINE_SCRIPT = re.compile(
    rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.IGNORECASE | re.DOTALL
)


async def static_app_response(version: StaticVersion, path: str, request: Request) -> Response:
    """Return a file of the app, or its index.html for every address that is not a file."""
    root = PurePosixPath(version.root.relative_to(version.source.root).as_posix())
    name = PurePosixPath(path)
    file = version.source.by_path.get(str(root / name)) if path and ".." not in name.parts else None
    if file is None and name.suffix and name.suffix != ".html":
        return Response("Not found", status_code=404, media_type="text/plain")
    if file is None or name.name == "index.html":
        return _index(version)
    etag = f'"{file.sha256}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"etag": etag})
    kind = mimetypes.guess_type(name.name)[0] or "application/octet-stream"
    headers = {"etag": etag, "cache-control": "no-cache"}
    return FileResponse(version.source.root / file.path, media_type=kind, headers=headers)


def _index(version: StaticVersion) -> Response:
    """Return index.html, with its relative links made to work at any depth.

    Inline scripts of a finished app cannot be taken out; exactly these are allowed, by digest.
    """
    html = (version.root / "index.html").read_bytes()
    if not _BASE.search(html):
        base = f'<base href="/apps/{version.info.url}/">'.encode()
        html = _HEAD.sub(lambda m: m[0] + base, html, count=1)
    response = HTMLResponse(html, headers={"cache-control": "no-cache"})
    digests = [_digest(match[1]) for match in _INLINE_SCRIPT.finditer(html)]
    if digests:
        allowed = " ".join(["script-src 'self'", *digests])
        response.headers["content-security-policy"] = re.sub(r"script-src [^;]*", allowed, policy())
    return response


def _digest(script: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
