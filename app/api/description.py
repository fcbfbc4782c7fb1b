"""The OpenAPI document: what FastAPI derives, and what it cannot know."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.errors import MEDIA_TYPE, ProblemDetail

_PROBLEM = {"$ref": "#/components/schemas/ProblemDetail"}


def describe(api: FastAPI) -> None:
    """Let the API describe itself, errors in the format that they have."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            made = get_openapi(
                title=api.title,
                version=api.version,
                description=api.description,
                routes=api.routes,
                servers=api.servers,
            )
            schemas = made["components"]["schemas"]
            schemas["ProblemDetail"] = ProblemDetail.model_json_schema()
            for path in made["paths"].values():
                for operation in path.values():
                    _refusals(operation["responses"])
            api.openapi_schema = made
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _refusals(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status[0] in "45":
            response["content"] = {MEDIA_TYPE: {"schema": _PROBLEM}}
