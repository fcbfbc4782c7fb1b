"""Routes of hosted apps: compiled modules, assets, icons, static apps, uploads."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import reflex as rx
from reflex_components_core.core._upload import upload
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.core.actor import Actor
from app.runtime.catalog import AppRecord
from app.runtime.engine import Engine
from app.runtime.loader import ASSET_ROUTE, asset_base_of
from app.runtime.logins import own_token
from app.runtime.problems import AppError
from app.runtime.version import StaticVersion
from app.server.static_apps import static_app_response

# Private: a shared cache would hand it to people who may not use the app.
IMMUTABLE = {"cache-control": "private, max-age=31536000, immutable"}
REVALIDATE = {"cache-control": "no-cache"}

_CLIENT = "reflex-client-token"  # the header that names the browser tab

IdentifyRequest = Callable[[Request], Awaitable[Actor | None]]


def graft_routes(app: rx.App, engine: Engine, identify: IdentifyRequest) -> list[BaseRoute]:
    """Return the routes of hosted apps.

    Args:
        app: the Reflex app, for uploads.
        engine: the running node.
        identify: says who sends a request, or None.
    """
    routes = _Routes(app, engine, identify)
    return [
        Route("/_graft/modules/{client}/{app}/{digest}.js", routes.module),
        Route(ASSET_ROUTE + "/{client}/{app}/{digest}/{name:path}", routes.asset),
        Route("/_graft/icons/{client}/{app}", routes.icon),
        Route("/_upload", routes.upload, methods=["POST"]),
        # Reflex would hand out everything that anybody ever uploaded.
        Route("/_upload/{name:path}", _not_found),
        _StaticAppRoute("/apps/{url}", routes.static_app, engine),
        _StaticAppRoute("/apps/{url}/{path:path}", routes.static_app, engine),
    ]


class _StaticAppRoute(Route):
    """Matches only addresses of static apps; those of other apps are pages of the front end."""

    def __init__(self, path: str, endpoint: Any, engine: Engine) -> None:
        super().__init__(path, endpoint)
        self._engine = engine

    def matches(self, scope: Any) -> Any:
        match, child = super().matches(scope)
        url = child.get("path_params", {}).get("url")
        if url is not None:
            record = self._engine.catalog.at_url(url)
            if record is None or record.kind != "static":
                return type(match).NONE, {}
        return match, child


class _Routes:
    def __init__(self, app: rx.App, engine: Engine, identify: IdentifyRequest) -> None:
        self._engine = engine
        self._identify = identify
        self._upload = upload(app)

    async def module(self, request: Request) -> Response:
        text = self._engine.modules.get(request.path_params["digest"])
        if text is None or await self._usable(request) is None:
            return await _not_found(request)
        return Response(text, media_type="text/javascript; charset=utf-8", headers=IMMUTABLE)

    async def asset(self, request: Request) -> Response:
        params = request.path_params
        record = await self._usable(request)
        version = record.version if record else None
        if version is None:
            return await _not_found(request)
        file = version.source.by_path.get(f"assets/{params['name']}")
        if file is None:
            return await _not_found(request)
        exact = request.url.path.startswith(asset_base_of(version.source) + "/")
        return _file(version.source.root / file.path, IMMUTABLE if exact else REVALIDATE)

    async def icon(self, request: Request) -> Response:
        record = await self._usable(request)
        name = PurePosixPath((record.metadata.icon if record else None) or "")
        if record is None or not name.suffix or ".." in name.parts or name.is_absolute():
            return await _not_found(request)
        return _file(record.root / "assets" / name, REVALIDATE)

    async def static_app(self, request: Request) -> Response:
        params = request.path_params
        record = self._engine.catalog.at_url(params["url"])
        actor = await self._identify(request)
        if record is None or actor is None or self._engine.catalog.usable(record.id, actor) is None:
            return await _not_found(request)
        try:
            version = await self._engine.version_of(record.id)
        except AppError as error:
            return _failed(error, details=self._engine.is_development)
        if not isinstance(version, StaticVersion):
            return await _not_found(request)
        return await static_app_response(version, params.get("path", ""), request)

    async def _usable(self, request: Request) -> AppRecord | None:
        """Return the app of the request's address if whoever asks may use it."""
        params = request.path_params
        actor = await self._identify(request)
        if actor is None:
            return None
        return self._engine.catalog.usable(f"{params['client']}/{params['app']}", actor)

    async def upload(self, request: Request) -> Response:
        actor = await self._identify(request)
        token = own_token(request.headers.get(_CLIENT, ""), actor) if actor else ""
        session = self._engine.sessions.get(token)
        if session is None or actor is None or session.actor.user.id != actor.user.id:
            return JSONResponse({"detail": "This page is not yours."}, status_code=403)
        # Reflex finds the state by this header.
        headers = MutableHeaders(raw=list(request.scope["headers"]))
        headers[_CLIENT] = token
        request = Request({**request.scope, "headers": headers.raw}, request.receive)
        response: Response = await self._upload(request)
        return response


def _file(path: Path, headers: Mapping[str, str]) -> Response:
    if not path.is_file():
        return Response(status_code=404)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return FileResponse(path, media_type=kind, headers=dict(headers))


def _failed(error: AppError, *, details: bool) -> Response:
    lines = ["This app cannot be opened at the moment."]
    if details:
        lines += [str(problem) for problem in error.problems]
    return Response("\n".join(lines), media_type="text/plain; charset=utf-8", status_code=503)


async def _not_found(request: Request) -> Response:
    return Response("Not found", status_code=404, media_type="text/plain")
