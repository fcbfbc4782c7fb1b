"""Requests with files: answered here, or handed on to the cell of the app that takes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.cell.serving import messages as say
from app.cell.serving.frames import Kind
from app.node.cells.versions import VersionInCell
from app.node.sessions.sessions import Session

Endpoint = Callable[[Request], Awaitable[Response]]


async def answer(session: Session, app_id: str, request: Request, here: Endpoint) -> Response:
    """Return what an app answers to a request of a tab with files; `here` is for those that run in
    this process.
    """
    version = session.attached.get(app_id)
    if isinstance(version, VersionInCell):
        return await hand_over(request, session.token, version)
    return await here(request)


async def hand_over(request: Request, tab: str, version: VersionInCell) -> Response:
    """Return what the app answers to a request of a tab; its content is read as the app asks for
    it.
    """
    streams = version.cell.streams
    order = say.Upload(
        tab=tab, headers=tuple(request.headers.items()), body=streams.give(_pieces(request))
    )
    text, _ = await version.cell.ask(Kind.UPLOAD, order)
    answer = say.UploadAnswer.model_validate_json(text)
    kept = {n: v for n, v in answer.headers if n.lower() in ("content-type", "content-length")}
    return StreamingResponse(streams.read(answer.body), answer.status, kept)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        if piece:
            yield piece
