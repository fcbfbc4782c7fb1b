"""Logs, errors and use of apps, and nodes, over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AliasPath, BeforeValidator, Field

from app.api.caller import Part, Who, still
from app.api.errors import RESPONSES
from app.api.models import Out
from app.api.streams import MEDIA_TYPE, LineStream
from app.kernel.errors import CoreError
from app.node.observe.applog import LINES_PER_APP
from app.node.observe.usage import MINUTES
from app.platform.platform import Platform
from app.source.problems import Problem

ProblemOut = Annotated[dict[str, Any], BeforeValidator(Problem.as_dict)]


class ErrorOut(Out):
    """One kind of error of an app on this node. `traceback` is that of the last occurrence."""

    message: str = Field(validation_alias=AliasPath("problem", "message"))
    file: str = Field(validation_alias=AliasPath("problem", "file"))
    line: int | None = Field(validation_alias=AliasPath("problem", "line"))
    remedy: str = Field(validation_alias=AliasPath("problem", "remedy"))
    traceback: str = Field(validation_alias=AliasPath("problem", "detail"))
    event: str
    number: int
    count: int
    first_at: datetime
    last_at: datetime


class ServingOut(Out):
    """What this node serves of an app: the number of the version, null while none is loaded, and
    why it is not the current one.
    """

    number: int | None
    problems: list[ProblemOut]


class MinuteOut(Out):
    """One minute of an app; latency of events in seconds, null when there was none."""

    at: datetime
    opens: int
    events: int
    errors: int
    p50: float | None
    p95: float | None


class UsageOut(Out):
    """Who has an app open now, and how much it was used, by the minute, the oldest first."""

    people: int = Field(validation_alias=AliasPath("now", "people"))
    pages: int = Field(validation_alias=AliasPath("now", "pages"))
    minutes: list[MinuteOut]


class FolderOut(Out):
    """What an app keeps in one of its folders on this node; `size` in bytes. `organisation` is null
    for the folder that all share, and for organisations that you do not look after, as one.
    """

    organisation: str | None
    name: str
    files: int
    size: int


class KeepingOut(Out):
    """What an app keeps in its folders on this node; `quota` is what each may hold, in bytes."""

    quota: int
    folders: list[FolderOut]


class FailingOut(Out):
    """An app that fails on a node."""

    app_id: str
    problem: ProblemOut | None
    at: datetime


class NodeOut(Out):
    """A node as it is now; `memory` in bytes."""

    name: str
    version: str
    python: str
    started_at: datetime
    open_pages: int
    installed: int
    loaded: int
    memory: int
    failing: list[FailingOut]


_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The newest lines, oldest first; with `follow`, one JSON object per line.",
        "content": {
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            MEDIA_TYPE: {"schema": {"type": "string"}},
        },
    }
}


def watching_router(platform: Platform, stopping: Callable[[], Awaitable[object]]) -> APIRouter:
    """Return the routes; `stopping` returns when the server stops."""
    router = APIRouter(responses=RESPONSES)

    @router.get(
        "/apps/{client}/{app}/logs", tags=["apps"], responses=_LINES, response_class=JSONResponse
    )
    async def logs(
        request: Request,
        who: Who,
        client: Part,
        app: Part,
        limit: Annotated[int, Query(ge=0, le=LINES_PER_APP)] = 100,
        follow: bool = False,
    ) -> Response:
        """Return the newest log lines of an app on this node.

        With `follow`, those and then every new one, as one JSON object a line
        (`application/x-ndjson`; an empty line now and then keeps the connection open). The last
        line has the event `stream ends` and says why. A reader that is too slow gets a line
        `lines missed` in place of what it lost.
        """
        app_id = f"{client}/{app}"
        if not follow:
            found = await platform.watching.log(who, app_id, limit=limit)
            return JSONResponse([dict(line) for line in found])

        async def allowed() -> bool:
            again = await still(request)
            if again is None:
                return False
            try:
                await platform.app(again, app_id)
            except CoreError:
                return False
            return True

        lines = await platform.watching.follow(who, app_id, backlog=limit)
        return LineStream(lines, allowed, stopping)

    @router.get("/apps/{client}/{app}/serving", tags=["apps"])
    async def serving(who: Who, client: Part, app: Part) -> ServingOut:
        """Return what this node serves of an app, and why if that is not the current version."""
        return ServingOut.of(await platform.watching.serving(who, f"{client}/{app}"))

    @router.get("/apps/{client}/{app}/errors", tags=["apps"])
    async def errors(who: Who, client: Part, app: Part) -> list[ErrorOut]:
        """List the errors of an app on this node since it started, newest first."""
        found = await platform.watching.errors(who, f"{client}/{app}")
        return [ErrorOut.of(entry) for entry in found]

    @router.get("/apps/{client}/{app}/usage", tags=["apps"])
    async def usage(
        who: Who,
        client: Part,
        app: Part,
        minutes: Annotated[int, Query(ge=1, le=MINUTES)] = 60,
    ) -> UsageOut:
        """Return how much an app is used on this node, now and in the last minutes."""
        found = await platform.watching.usage(who, f"{client}/{app}", minutes=minutes)
        return UsageOut.of(found)

    @router.get("/apps/{client}/{app}/folders", tags=["apps"])
    async def folders(who: Who, client: Part, app: Part) -> KeepingOut:
        """Return what an app keeps in its folders on this node, and how much it may."""
        return KeepingOut.of(await platform.watching.folders(who, f"{client}/{app}"))

    @router.get("/nodes", tags=["server"])
    async def nodes(who: Who) -> list[NodeOut]:
        """List the nodes of the server, and what fails on them. For operators."""
        return [NodeOut.of(node) for node in await platform.watching.nodes(who)]

    return router
