"""Posting files to Reflex's upload endpoint, without a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx
from reflex_components_core.core._upload import UPLOAD_EVENT_ARGS_FIELD, upload
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.node.cells import uploads
from app.node.events.names import app_of

if TYPE_CHECKING:
    from app.testing.node import Node


async def post_files(
    node: Node, token: str, handler: str, files: Mapping[str, bytes], arguments: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Upload files to an event handler; returns the updates that the answer carries.

    Raises:
        RuntimeError: the server refuses.
    """
    session, here = node.engine.sessions.get(token), upload(node.app)

    async def post(request: Request) -> Response:
        if session is None:
            raise RuntimeError("the page is not open")
        return await uploads.answer(session, app_of(handler) or "", request, here)

    endpoint = Starlette(routes=[Route("/_upload", post, methods=["POST"])])
    fields = {UPLOAD_EVENT_ARGS_FIELD: json.dumps(dict(arguments))} if arguments else {}
    parts = [("files", (name, content)) for name, content in files.items()]
    headers = {"reflex-client-token": token, "reflex-event-handler": handler}
    transport = httpx.ASGITransport(app=endpoint)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post("/_upload", data=fields, files=parts, headers=headers)
    if answer.status_code >= 400:
        raise RuntimeError(f"the upload was refused: {answer.status_code} {answer.text}")
    return [json.loads(line) for line in answer.text.splitlines() if line.strip() not in ("", "{}")]
