"""The audit log over HTTP."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import AwareDatetime, BeforeValidator

from app.api.caller import Who
from app.api.errors import RESPONSES
from app.api.models import Out
from app.core.audit import Filter, Outcome
from app.core.paging import MAX_PAGE
from app.platform.platform import Platform


def _written(value: object) -> object:
    # Pydantic takes numbers for seconds since 1970, which nobody means here.
    if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise ValueError("write a time with its zone, as 2026-11-23T08:40:00Z")
    return value


_Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
_Word = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_./ -]{1,200}\*?$")]


class EntryOut(Out):
    """One entry. `actor_id` is empty for the server itself and for visitors; `target_name` has the
    name where `target` is the id of a user or an organisation.
    """

    sequence: int
    at: datetime
    actor_id: str
    actor_name: str
    organisation_id: str
    action: str
    target: str
    target_name: str
    outcome: Outcome
    detail: dict[str, Any]
    node: str
    ip: str


class PageOut(Out):
    """Entries, the newest first. `next` is the parameter `before` of the next page, if any."""

    entries: list[EntryOut]
    next: int | None


def wanted(
    since: _Moment | None = None,
    until: _Moment | None = None,
    actor: _Word = None,
    action: _Word = None,
    target: _Word = None,
    outcome: Outcome | None = None,
) -> Filter:
    """Return the filter. A star at the end of `action` or `target` is for all that begin so."""
    return Filter(
        since=since, until=until, actor_id=actor, action=action, target=target, outcome=outcome
    )


Wanted = Annotated[Filter, Depends(wanted)]

_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "All matching entries, oldest first.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }
}
_MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


def audit_router(platform: Platform) -> APIRouter:
    """Return the routes; `platform` does the work."""
    router = APIRouter(prefix="/audit", tags=["audit"], responses=RESPONSES)

    @router.get("")
    async def entries(
        who: Who,
        wanted: Wanted,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
        before: Annotated[int | None, Query(ge=1, le=2**53 - 1)] = None,
    ) -> PageOut:
        """Return entries of the audit log, newest first."""
        page = await platform.audit.query(who, wanted, limit=limit, before=before)
        return PageOut.model_validate(page)

    @router.get("/export", responses=_FILE, response_class=Response)
    async def export(
        who: Who, wanted: Wanted, format: Literal["jsonl", "csv"] = "jsonl"
    ) -> Response:
        """Export all matching entries: one JSON object per line, or CSV."""
        content = await platform.audit.export(who, wanted, format=format)
        headers = {
            "content-disposition": f'attachment; filename="audit.{format}"',
            "cache-control": "no-store",
        }
        return StreamingResponse(content, media_type=_MEDIA[format], headers=headers)

    return router
