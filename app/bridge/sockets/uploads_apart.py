"""Reflex's upload endpoint for requests that arrive at another process: they come as headers and a
stream, and so does what is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any

from reflex.app import App
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.bridge.sockets.file_uploads import upload_endpoint

Headers = tuple[tuple[str, str], ...]
Answered = tuple[int, Headers, AsyncGenerator[bytes, None]]


async def answer(
    app: App, headers: Iterable[tuple[str, str]], body: AsyncIterator[bytes]
) -> Answered:
    """Hand a request with files to the event that its headers name.

    Returns status, headers and content of the answer.
    """
    request = _request(headers, body)
    endpoint: Callable[[Request], Awaitable[Response]] = upload_endpoint(app)
    try:
        response = await endpoint(request)
    except HTTPException as error:
        response = JSONResponse({"detail": error.detail}, status_code=error.status_code)
    written: asyncio.Queue[Mapping[str, Any] | BaseException | None] = asyncio.Queue()

    async def send(message: Mapping[str, Any]) -> None:
        await written.put(message)

    async def respond() -> None:
        try:
            await response(request.scope, request.receive, send)
        except BaseException as error:
            await written.put(error)
            raise
        await written.put(None)

    task = asyncio.get_running_loop().create_task(respond())
    start = await written.get()
    if not isinstance(start, Mapping):
        raise start or RuntimeError("nothing was answered")
    sent = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]
    )
    return start["status"], sent, _content(task, written)


async def _content(
    task: asyncio.Task[None], written: asyncio.Queue[Mapping[str, Any] | BaseException | None]
) -> AsyncGenerator[bytes, None]:
    try:
        while isinstance(message := await written.get(), Mapping):
            if message.get("body"):
                yield message["body"]
        if isinstance(message, BaseException):
            raise message
    finally:
        task.cancel()


def _request(headers: Iterable[tuple[str, str]], body: AsyncIterator[bytes]) -> Request:
    async def receive() -> dict[str, Any]:
        chunk = await anext(body, None)
        if chunk is None:
            if over.is_set():
                await asyncio.Event().wait()  # whoever asked is still there
            over.set()
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    over = asyncio.Event()
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/_upload",
        "raw_path": b"/_upload",
        "query_string": b"",
        "headers": raw,
        "server": None,
        "client": None,
    }
    return Request(scope, receive)
