"""Routes of hosted apps: compiled modules, assets, icons, static apps, uploads."""

from __future__ import annotations

import asyncio
import contextlib
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path, PurePosixPath

import reflex as rx
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from app.bridge.sockets.file_uploads import upload_endpoint
from app.bridge.states import registration
from app.cell.compiling.parts import ROUTE as PART_ROUTE
from app.cell.loading.assets import ASSET_ROUTE, BESIDE_ROUTE, asset_base_of, beside_url
from app.cell.uploads import ROUTE as UPLOAD_ROUTE
from app.cell.uploads import UPLOADS
from app.core.disk import full_disk_reported
from app.kernel.actor import Actor
from app.kernel.errors import StorageFull
from app.node.cells import uploads
from app.node.engine import Engine
from app.node.events.names import app_of
from app.node.releases.catalog import AppRecord
from app.node.sessions.keepsakes import MOST_UPLOADS
from app.node.sessions.logins import own_token
from app.node.sessions.sessions import Session
from app.server.routes.app_addresses import app_routes
from app.server.routes.uploads import upload_response
from app.source.problems import AppError

# Private: a shared cache would hand it to people who may not use the app.
IMMUTABLE = {"cache-control": "private, max-age=31536000, immutable"}
REVALIDATE = {"cache-control": "no-cache"}
# What a component of a var shows is whatever its state holds.
NOT_KEPT = {"cache-control": "no-store"}

_STILL = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
_CLIENT = "reflex-client-token"  # the header that names the browser tab
_HANDLER = "reflex-event-handler"  # the header that names the event which gets the files

IdentifyRequest = Callable[[Request], Awaitable[Actor | None]]


def graft_routes(
    app: rx.App,
    engine: Engine,
    identify: IdentifyRequest,
    identify_open: IdentifyRequest | None = None,
) -> list[BaseRoute]:
    """Return the routes of hosted apps.

    Args:
        app: the Reflex app, for uploads.
        engine: the running node.
        identify: says who sends a request, or None.
        identify_open: the same for parts of a page, which is open as a rule; default `identify`.
    """
    routes = _Routes(app, engine, identify, identify_open or identify)
    return [
        Route("/_graft/modules/{client}/{app}/{digest}.js", routes.module),
        Route(ASSET_ROUTE + "/{client}/{app}/{digest}/{name:path}", routes.asset),
        Route(BESIDE_ROUTE + "/{client}/{app}/{mark}/{name:path}", routes.beside),
        Route(PART_ROUTE + "/{name}", routes.part),
        Route("/_graft/icons/{client}/{app}", routes.icon),
        Route(UPLOAD_ROUTE + "/{client}/{app}/{name:path}", routes.uploaded),
        Route("/_upload", routes.upload, methods=["POST"]),
        # Reflex would hand out everything that anybody ever uploaded.
        Route("/_upload/{name:path}", _not_found),
        *app_routes(engine, identify),
    ]


class _Routes:
    def __init__(
        self,
        app: rx.App,
        engine: Engine,
        identify: IdentifyRequest,
        identify_open: IdentifyRequest,
    ) -> None:
        self._engine = engine
        self._identify = identify
        self._identify_open = identify_open
        self._upload = upload_endpoint(app)

    async def module(self, request: Request) -> Response:
        record = await self._usable(request, "app.module")
        digest = request.path_params["digest"]
        text = self._engine.modules.get(record.id, digest) if record else None
        if text is None:
            return await _not_found(request)
        return Response(text, media_type="text/javascript; charset=utf-8", headers=IMMUTABLE)

    async def part(self, request: Request) -> Response:
        """Serve a component of a var to the user of the tab that was sent it."""
        actor = await self._identify_open(request)
        found = self._engine.sessions.part(actor.user.id, request.url.path) if actor else None
        if actor is None or found is None:
            return await _not_found(request)
        code, session = found
        usable = self._engine.catalog.usable
        if all(usable(app_id, actor) is None for app_id in session.attached):
            return await _not_found(request)
        return Response(code, media_type="text/javascript; charset=utf-8", headers=NOT_KEPT)

    async def asset(self, request: Request) -> Response:
        record = await self._usable(request, "app.asset")
        if record is None:
            return await _not_found(request)
        path = request.url.path
        loaded = self._engine.versions.of(record.id)
        asked = next((v for v in loaded if path.startswith(f"{asset_base_of(v.source)}/")), None)
        # A page of a version that is gone gets what the file is by now.
        version = asked or record.version
        file = version.source.by_path.get(_asset_path(request)) if version else None
        if version is None or file is None:
            return await _not_found(request)
        return _file(version.source.root / file.path, IMMUTABLE if asked else REVALIDATE)

    async def beside(self, request: Request) -> Response:
        """Serve a file beside the code, at the address that the app itself tells."""
        record = await self._usable(request, "app.asset")
        if record is None:
            return await _not_found(request)
        name, path = request.path_params["name"], request.url.path
        loaded = self._engine.versions.of(record.id)
        for version in [*loaded, *([record.version] if record.version else [])]:
            with contextlib.suppress(FileNotFoundError):
                if beside_url(version.source, name) == path:
                    return _file(version.source.root / name, IMMUTABLE)
        return await _not_found(request)

    async def icon(self, request: Request) -> Response:
        record = await self._usable(request, "app.icon")
        name = PurePosixPath((record.metadata.icon if record else None) or "")
        if record is None or not name.suffix or ".." in name.parts or name.is_absolute():
            return await _not_found(request)
        try:
            folder = await self._engine.releases.folder_of(record.id)
        except AppError:
            return await _not_found(request)
        # Shown by pages of the core: nothing in it may run on their origin, also opened alone.
        kind = mimetypes.guess_type(name.name)[0] or ""
        if not kind.startswith("image/"):
            return await _not_found(request)
        return _file(folder / "assets" / name, {**REVALIDATE, "content-security-policy": _STILL})

    async def uploaded(self, request: Request) -> Response:
        """Hand out a file that the app keeps for the organisation of whoever asks."""
        record = await self._usable(request, "app.uploaded")
        actor = await self._identify_open(request)
        if record is None or actor is None:
            return await _not_found(request)
        kept = self._engine.files.folders.of(record.id, actor.organisation.id)
        name = request.path_params["name"]
        found = await asyncio.to_thread(upload_response, kept, UPLOADS, name, request)
        return found or await _not_found(request)

    async def _usable(self, request: Request, action: str) -> AppRecord | None:
        """Return the app of the request's address if whoever asks may use it."""
        app_id = "{client}/{app}".format(**request.path_params)
        actor = await self._identify_open(request)
        if actor is None:
            return None
        record = self._engine.catalog.usable(app_id, actor)
        if record is None:
            await self._engine.admission.refuse_request(actor, action, app_id)
        return record

    async def upload(self, request: Request) -> Response:
        actor = await self._identify(request)
        token = own_token(request.headers.get(_CLIENT, ""), actor) if actor else ""
        session = self._engine.sessions.get(token)
        if session is None or actor is None or session.actor.user.id != actor.user.id:
            if actor is not None:
                handler = request.headers.get(_HANDLER, "")
                await self._engine.admission.refuse_request(actor, "app.file_upload", handler)
            return JSONResponse({"detail": "This page belongs to somebody else."}, status_code=403)
        # Before a byte of the files is read, and the same for an app that does not exist.
        if not await self._engine.uploads.takes(session, request.headers.get(_HANDLER, "")):
            return await self._refuse_upload(session, 403, "Reload the page.")
        if session.uploads >= MOST_UPLOADS:
            await self._engine.admission.refuse_request(
                actor, "app.file_upload", "too many at once"
            )
            return await self._refuse_upload(
                session, 429, "Too many uploads are in progress already."
            )
        # Reflex finds the state by this header.
        headers = MutableHeaders(raw=list(request.scope["headers"]))
        headers[_CLIENT] = token
        request = Request({**request.scope, "headers": headers.raw}, request.receive)
        counted = _Upload(session)
        try:
            with registration.active(session.registration), full_disk_reported():
                app_id = app_of(request.headers.get(_HANDLER, "")) or ""
                answer = await uploads.answer(session, app_id, request, self._upload)
                return counted.until(answer)
        except StorageFull:
            return await self._refuse_upload(session, 507, "The server's disk is full.")
        finally:
            counted.leave()

    async def _refuse_upload(self, session: Session, status: int, text: str) -> Response:
        """Refuse files. Reflex's page writes it to the console only, so the server tells people."""
        await self._engine.outbox.complain(session.token, f"Your files were not uploaded. {text}")
        return JSONResponse({"detail": text}, status_code=status)


def _asset_path(request: Request) -> str:
    return f"assets/{request.path_params['name']}"


def _file(path: Path, headers: Mapping[str, str]) -> Response:
    if not path.is_file():
        return Response(status_code=404)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return FileResponse(path, media_type=kind, headers=dict(headers))


class _Upload:
    """Counts a request with files for as long as it is answered: until then the files are kept."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waits = False
        session.uploads += 1

    def until(self, response: Response) -> Response:
        """Go on counting until a response was sent."""
        self._waits = True
        return _Counted(response, self._end)

    def leave(self) -> None:
        """End counting unless a response is to be sent."""
        if not self._waits:
            self._end()

    def _end(self) -> None:
        self._session.uploads -= 1


class _Counted(Response):
    def __init__(self, response: Response, sent: Callable[[], None]) -> None:
        super().__init__()
        self._response = response
        self._sent = sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._response(scope, receive, send)
        finally:
            self._sent()


async def _not_found(request: Request) -> Response:
    return Response("Not found", status_code=404, media_type="text/plain")
