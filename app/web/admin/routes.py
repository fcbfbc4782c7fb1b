"""What the admin pages need besides events: the audit log as a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from app.core import audit
from app.core.actor import acting_as
from app.core.context import Core
from app.core.errors import Invalid
from app.platform.permissions import Action, NotAllowed, Requester, require
from app.web.admin.audit_filter import filter_of

Identify = Callable[[Request], Awaitable[Requester | None]]


def admin_routes(core: Core, identify: Identify) -> list[BaseRoute]:
    """Return the routes; `identify` says who sends a request, or None."""

    async def export(request: Request) -> Response:
        who = await identify(request)
        if who is None:
            return PlainTextResponse("Sign in first.", 401)
        with acting_as(who.actor):
            try:
                require(who, Action.AUDIT)
                wanted = filter_of(who, request.query_params)
            except NotAllowed as error:
                await audit.refused(core, "admin.audit", "export")
                return PlainTextResponse(str(error), 403)
            except Invalid as error:
                return PlainTextResponse(str(error), 422)
            content = audit.export(core, wanted, format="csv")
        headers = {
            "content-disposition": 'attachment; filename="audit.csv"',
            "cache-control": "no-store",
        }
        return StreamingResponse(content, media_type="text/csv; charset=utf-8", headers=headers)

    return [Route("/admin/audit.csv", export)]
