"""Installed apps over HTTP: the same as in the admin pages and commands."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.api.caller import AppId, Limit, Part, Who
from app.api.errors import RESPONSES
from app.api.models import (
    AppOut,
    DiffOut,
    PreviewOut,
    StartedPreviewOut,
    StartPreview,
    StepOut,
    UploadOut,
    VersionOut,
)
from app.platform.operations.operation import Note, Number, Operation, Seen
from app.platform.operations.table import OPERATIONS
from app.platform.platform import Platform

_PACKAGE = {
    "requestBody": {
        "description": "A package, as written by the command `package`.",
        "required": True,
        "content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_UPLOADED: dict[int | str, dict[str, Any]] = {
    200: {"model": UploadOut, "description": "This exact package had been uploaded before."}
}


def apps_router(platform: Platform) -> APIRouter:
    """Return the routes of installed apps; `platform` does the work."""
    router = APIRouter(prefix="/apps", tags=["apps"], responses=RESPONSES)

    @router.get("")
    async def list_apps(who: Who, deleted: bool = False) -> list[AppOut]:
        """List the apps that you may manage."""
        return [AppOut.of(app) for app in await platform.apps(who, deleted=deleted)]

    @router.post("", status_code=201, responses=_UPLOADED, openapi_extra=_PACKAGE)
    async def upload(
        request: Request,
        response: Response,
        who: Who,
        app: AppId | None = None,
        note: Annotated[Note, Query()] = "",
        preview: bool = False,
    ) -> UploadOut:
        """Upload a package: the body is the file. The same package again is the same version (200).

        With `preview`, a preview of it starts, and the response has its link. Nothing is activated.
        """
        uploaded = await platform.upload(
            who, request.stream(), expected_id=app, note=note, file_name="the request's body"
        )
        if not uploaded.new:
            response.status_code = 200
        started = None
        if preview:
            version = uploaded.version
            begun = await platform.start_preview(who, version.app_id, version.number)
            started = StartedPreviewOut.of(begun, uploaded.app.url)
        return UploadOut.of(uploaded, started)

    @router.get("/{client}/{app}")
    async def get_app(who: Who, client: Part, app: Part) -> AppOut:
        """Return one app."""
        return AppOut.of(await platform.app(who, f"{client}/{app}"))

    @router.get("/{client}/{app}/versions")
    async def versions(
        who: Who, client: Part, app: Part, limit: Limit = 100, before: Number | None = None
    ) -> list[VersionOut]:
        """List versions, newest first."""
        found = await platform.versions(who, f"{client}/{app}", limit=limit, before=before)
        return [VersionOut.of(version) for version in found]

    @router.get("/{client}/{app}/versions/{number}")
    async def version(who: Who, client: Part, app: Part, number: Number) -> VersionOut:
        """Return one version."""
        return VersionOut.of(await platform.version(who, f"{client}/{app}", number))

    @router.get("/{client}/{app}/versions/{number}/package", response_class=Response)
    async def package(who: Who, client: Part, app: Part, number: Number) -> Response:
        """Download a version's package, exactly as it was uploaded."""
        content = await platform.package(who, f"{client}/{app}", number)
        name = f"{client}-{app}-{number}.tar.gz"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="application/gzip", headers=headers)

    @router.get("/{client}/{app}/versions/{older}/diff/{newer}")
    async def diff(who: Who, client: Part, app: Part, older: Number, newer: Number) -> DiffOut:
        """Return what differs between the files of two versions, line by line."""
        return DiffOut.model_validate(await platform.diff(who, f"{client}/{app}", older, newer))

    @router.get("/{client}/{app}/history")
    async def history(who: Who, client: Part, app: Part, limit: Limit = 100) -> list[StepOut]:
        """List what happened to an app, newest first."""
        found = await platform.history(who, f"{client}/{app}", limit=limit)
        return [StepOut.of(step) for step in found]

    @router.get("/{client}/{app}/previews")
    async def previews(who: Who, client: Part, app: Part) -> list[PreviewOut]:
        """List the current previews."""
        found = await platform.previews(who, f"{client}/{app}")
        return [PreviewOut.of(preview) for preview in found]

    @router.post("/{client}/{app}/previews", status_code=201)
    async def start_preview(
        who: Who, client: Part, app: Part, body: StartPreview
    ) -> StartedPreviewOut:
        """Show a version to some people. The link is in this response and nowhere else."""
        known = await platform.app(who, f"{client}/{app}")
        started = await platform.start_preview(
            who,
            known.id,
            body.number,
            users=body.users,
            base_revision=body.base_revision,
            days=body.days,
        )
        return StartedPreviewOut.of(started, known.url)

    for operation in OPERATIONS.values():
        _offer(router, platform, operation)
    return router


def _offer(router: APIRouter, platform: Platform, operation: type[Operation]) -> None:
    """Add the route of an operation, if it has one; `router` is that of the apps."""
    route = operation.api
    if route is None:
        return

    async def answer(who: Who, client: Part, app: Part, body: BaseModel) -> AppOut | None:
        wanted = operation.model_validate(body.model_dump())
        done = await platform.do(who, f"{client}/{app}", wanted)
        return None if route.status == 204 else AppOut.of(done)

    # FastAPI reads from the annotation what a request has.
    answer.__annotations__["body"] = _taken(operation, route.method)
    router.add_api_route(
        f"/{{client}}/{{app}}{route.path}",
        answer,
        methods=[route.method],
        name=operation.name,
        description=route.text,
        status_code=route.status,
        response_model=None if route.status == 204 else AppOut,
    )


def _taken(operation: type[Operation], method: str) -> Any:
    if method == "DELETE":
        return Annotated[operation, Depends()]  # from the address
    # Those without arguments of their own have one description.
    return Seen if operation.model_fields.keys() == Seen.model_fields.keys() else operation
