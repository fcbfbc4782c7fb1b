"""What the admin pages need besides events: the audit log as a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from app.kernel.errors import Forbidden, Invalid
from app.platform.permissions import Requester
from app.platform.platform import Platform
from app.web.admin.audit.audit_filter import filter_of

Identify = Callable[[Request], Awaitable[Requester | None]]


def admin_routes(platform: Platform, identify: Identify) -> list[BaseRoute]:
    """Return the routes.

    Args:
        platform: does the work.
        identify: says who sends a request, or None.
    """

    async def export(request: Request) -> Response:
        who = await identify(request)
        if who is None:
            return PlainTextResponse("Sign in first.", 401)
        try:
            wanted = filter_of(request.query_params)
            content = await platform.audit.export(who, wanted, format="csv")
        except Forbidden as error:
            return PlainTextResponse(str(error), 403)
        except Invalid as error:
            return PlainTextResponse(str(error), 422)
        headers = {
            "content-disposition": 'attachment; filename="audit.csv"',
            "cache-control": "no-store",
        }
        return StreamingResponse(content, media_type="text/csv; charset=utf-8", headers=headers)

    return [Route("/admin/audit.csv", export)]
