"""Addresses of apps that the server answers itself: static apps, and documents of apps with a
policy of their own. Of all others the front end is the page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.cell.loading.version import StaticVersion
from app.kernel.actor import Actor
from app.node.engine import Engine
from app.node.releases.access import LEFT
from app.node.releases.catalog import AppRecord
from app.server.routes.app_documents import AppDocument
from app.server.routes.static_apps import static_app_response
from app.server.routes.static_frame import Frames, Said, is_visit
from app.source.problems import AppError

PREVIEW = "preview"
"""Parameter of a preview link that holds its secret."""

PREVIEW_COOKIE = "graft_preview"

LEAVE_ROUTE = "/_graft/previews/leave"

_LEFT = "left"  # in place of a secret: somebody left the previews of the app

_AS_PAGE = "graft.as_page"


def app_routes(
    engine: Engine, identify: Callable[[Request], Awaitable[Actor | None]]
) -> list[BaseRoute]:
    """Return the routes; `identify` says who sends a request, or None."""
    routes = _Routes(engine, identify)
    leaving = Route(f"{LEAVE_ROUTE}/{{client}}/{{app}}", routes.leave_preview, methods=["POST"])
    return [
        leaving,
        *(
            route
            for path in ("/apps/{url}", "/apps/{url}/{path:path}")
            for route in (
                _StaticAppRoute(path, routes.static_app, engine),
                _DocumentRoute(path, routes.document, engine),
            )
        ),
    ]


class _AppRoute(Route):
    """Matches only addresses of some apps, and not what is to be said in their place."""

    def __init__(self, path: str, endpoint: Any, engine: Engine) -> None:
        super().__init__(path, endpoint)
        self._engine = engine

    def matches(self, scope: Any) -> Any:
        match, child = super().matches(scope)
        url = child.get("path_params", {}).get("url")
        if scope.get(_AS_PAGE):
            return type(match).NONE, {}
        if url is not None:
            record = self._engine.catalog.at_url(url)
            if record is None or not self._is_of(record):
                return type(match).NONE, {}
        return match, child

    def _is_of(self, record: AppRecord) -> bool:
        raise NotImplementedError


class _StaticAppRoute(_AppRoute):
    """Matches static apps; pages of the others are those of the front end."""

    def _is_of(self, record: AppRecord) -> bool:
        return record.kind == "static"


class _DocumentRoute(_AppRoute):
    """Matches apps whose documents have a policy of their own."""

    def _is_of(self, record: AppRecord) -> bool:
        return record.kind != "static" and record.may_load_elsewhere


class _Routes:
    def __init__(
        self, engine: Engine, identify: Callable[[Request], Awaitable[Actor | None]]
    ) -> None:
        self._engine = engine
        self._identify = identify
        self._frames = Frames(engine.place.core or "/")

    async def static_app(self, request: Request) -> Response:
        params = request.path_params
        record = self._engine.catalog.at_url(params["url"])
        actor = await self._identify(request)
        if record is None or actor is None:
            return _Elsewhere(request.scope["router"])
        link = request.query_params.get(PREVIEW, "")
        secret = link or request.cookies.get(PREVIEW_COOKIE, "")
        is_left = secret == _LEFT
        opened = LEFT if is_left else await self._engine.previews.opened(record.id, secret)
        if not record.is_for(actor, opened):
            # In every respect as for an address that no app has.
            await self._engine.admission.refuse_request(actor, "app.open", request.url.path)
            return _Elsewhere(request.scope["router"])
        if not record.access.enabled:
            return _as_page(request)
        number = record.access.preview_for(actor, opened)
        try:
            version = await self._engine.version_of(record.id, number)
        except AppError:
            return _as_page(request)
        # Meanwhile it may have been switched off, deleted, or given to others.
        record = self._engine.catalog.get(record.id)
        if record is None or not record.is_for(actor, opened) or not record.access.enabled:
            return _as_page(request)
        if not isinstance(version, StaticVersion):
            return _as_page(request)
        said = self._said(record, version, number)
        if said and is_visit(request):
            response = self._frames.around(request, said, without=PREVIEW)
        else:
            origins = record.access.granted_of(version.origins)
            response = await static_app_response(version, params.get("path", ""), request, origins)
        if link and opened:
            keep_preview(response, request, f"/apps/{record.url}", link)
        return response

    def _said(self, record: AppRecord, version: StaticVersion, number: int | None) -> Said:
        """Return what there is to say above a version; `number` is that of a preview, or None."""
        failure = record.failure if self._engine.is_development else None
        leave = f"{LEAVE_ROUTE}/{record.id}" if record.released else ""
        return Said(
            name=version.metadata.name or record.name,
            url=record.url,
            preview=(version.info.number, version.info.version) if number is not None else None,
            leave=leave,
            problems=[problem.as_dict() for problem in failure.problems] if failure else [],
        )

    async def leave_preview(self, request: Request) -> Response:
        """Lead a browser from the preview of a static app back to what everybody gets."""
        actor = await self._identify(request)
        record = self._engine.catalog.get("{client}/{app}".format(**request.path_params))
        if actor is None or record is None or not record.is_for(actor, LEFT):
            return Response("Not found", status_code=404, media_type="text/plain")
        path = f"/apps/{record.url}"
        response = RedirectResponse(path, status_code=303)
        keep_preview(response, request, path, _LEFT)
        return response

    async def document(self, request: Request) -> Response:
        """Return the page of the front end as the document of an app. Whoever may not have the app
        gets the page as it is, and is told there what there is to tell.
        """
        record = self._engine.catalog.at_url(request.path_params["url"])
        actor = await self._identify(request)
        page = _Elsewhere(request.scope["router"])
        if record is None or actor is None:
            return page
        link = request.query_params.get(PREVIEW, "")
        secret = link or request.cookies.get(PREVIEW_COOKIE, "")
        opened = await self._engine.previews.opened(record.id, secret)
        if not record.is_for(actor, opened) or not record.access.enabled:
            return page
        # Whoever previews a version can go back to the other one in the same document.
        numbers = {None, record.access.preview_for(actor, opened)}
        asked = [one for number in numbers for one in await self._asked(record, number)]
        origins = record.access.granted_of(set(asked))
        if not origins:
            return page
        response = AppDocument(page, origins)
        if link and opened:
            keep_preview(response, request, f"/apps/{record.url}", link)
        return response

    async def _asked(self, record: AppRecord, number: int | None) -> tuple[str, ...]:
        """Return the origins that a version asks for; none if it does not load."""
        try:
            return (await self._engine.version_of(record.id, number)).origins
        except AppError:
            return ()


def keep_preview(response: Response, request: Request, path: str, secret: str) -> None:
    """Let a browser that opened the link of a static app's preview have all of that version.

    Pages of other apps have a session that remembers it; files of a static app have a cookie only.
    """
    secure = request.url.scheme == "https"
    response.set_cookie(
        PREVIEW_COOKIE, secret, path=path, httponly=True, samesite="lax", secure=secure
    )


def _as_page(request: Request) -> Response:
    """Return what answers as if the app were not a static one: the page of hosted apps tells why it
    is not here, and opens it when it comes back. Of a file there is nothing to say.
    """
    if PurePosixPath(request.url.path).suffix not in ("", ".html"):
        return Response("Not found", status_code=404, media_type="text/plain")
    return _Elsewhere(request.scope["router"])


class _Elsewhere(Response):
    def __init__(self, router: ASGIApp) -> None:
        super().__init__()
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._router({**scope, _AS_PAGE: True}, receive, send)
