"""Settings of apps over HTTP: what can be set, what is set; secrets go in and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api.caller import Part, Who
from app.api.errors import RESPONSES
from app.platform.app_settings import AppSettings
from app.platform.operations.operation import In, InBody, Number, Revision
from app.platform.platform import Platform

Name = Annotated[str, Field(min_length=1, max_length=100)]


class SetOut(BaseModel):
    """Who set a field last."""

    at: datetime
    by_name: str


class SettingsOut(BaseModel):
    """What can be set for a version of an app, and what is set for the app.

    `schema` is the JSON schema of the version's settings model, null when it has none. `values` are
    those that are set, without secrets; `secrets` says of each secret field whether it is set.
    `set` has who set a field last. `missing` are required and not set, `unused` are set and not
    declared by the version, `lost` are secrets whose key is gone. `revision` names what was seen;
    send it back as `base_revision`.
    """

    app_id: str
    number: int
    schema_: dict[str, Any] | None = Field(serialization_alias="schema")
    values: dict[str, Any]
    secrets: dict[str, bool]
    set: dict[str, SetOut]
    missing: list[str]
    unused: list[str]
    lost: list[str]
    revision: int

    @classmethod
    def of(cls, seen: AppSettings) -> Self:
        """Describe settings."""
        stored = seen.stored
        touched = {
            name: SetOut(at=touch.at, by_name=touch.by_name)
            for name, touch in stored.touched.items()
        }
        return cls(
            app_id=seen.app.id,
            number=seen.number,
            schema_=None if seen.schema is None else dict(seen.schema.schema),
            values=dict(stored.values),
            secrets=dict(stored.secrets),
            set=touched,
            missing=list(seen.missing),
            unused=list(seen.unused),
            lost=list(stored.lost),
            revision=stored.revision,
        )


class SaveSettings(In):
    """Settings to set and to unset; those that are named in neither stay as they are.

    `number` is the version whose model decides what is accepted; by default the one that is served,
    or else the newest. `base_revision` is that of the settings, not of the app.
    """

    values: dict[Name, Any] = Field(default_factory=dict, max_length=500, repr=False)
    remove: list[Name] = Field(default_factory=list, max_length=500)
    number: Annotated[Number, InBody] | None = None
    base_revision: Annotated[Revision, InBody] | None = None


def settings_router(platform: Platform) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["apps"], responses=RESPONSES)

    @router.get("/apps/{client}/{app}/settings")
    async def describe(
        who: Who, client: Part, app: Part, number: Annotated[Number | None, Query()] = None
    ) -> SettingsOut:
        """Return what can be set for an app, by the model of a version, and what is set."""
        return SettingsOut.of(await platform.settings.describe(who, f"{client}/{app}", number))

    @router.put("/apps/{client}/{app}/settings")
    async def save(who: Who, client: Part, app: Part, body: SaveSettings) -> SettingsOut:
        """Set some settings and unset others; running pages follow at once.

        What results must fit the app's model as a whole. If it does not, nothing is saved, and
        `errors` of the answer (422) says what is wrong with which field.
        """
        saved = await platform.settings.save(
            who,
            f"{client}/{app}",
            body.values,
            remove=body.remove,
            number=body.number,
            base_revision=body.base_revision,
        )
        return SettingsOut.of(saved)

    return router
