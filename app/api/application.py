"""The API as an ASGI application, to be mounted at /api/v1."""

from __future__ import annotations

from fastapi import FastAPI

import app
from app.api.apps import Identify, apps_router
from app.api.errors import answer_errors
from app.platform.platform import Platform

PREFIX = "/api/v1"


def create_api(platform: Platform, identify: Identify) -> FastAPI:
    """Make the API.

    Args:
        platform: does the work.
        identify: says who sends a request, or None.
    """
    api = FastAPI(
        title="Graft",
        version=app.__version__,
        description="Upload, preview, promote and roll back client apps of a Graft server.",
        openapi_url="/openapi.json",
        # The pages would load their scripts from a foreign origin.
        docs_url=None,
        redoc_url=None,
        servers=[{"url": PREFIX}],
    )
    api.state.identify = identify
    answer_errors(api)
    api.include_router(apps_router(platform))
    return api
