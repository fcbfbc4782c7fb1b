"""What the API takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from app.core.apps import App, Preview, StartedPreview, Step, Version
from app.platform.operations.operation import InBody, Number, Seen
from app.platform.uploads import Uploaded

IdOrAddress = Annotated[str, Field(min_length=1, max_length=254)]


class Out(BaseModel):
    """What the API gives; read from an object with the same attributes."""

    model_config = ConfigDict(from_attributes=True)


class AppOut(Out):
    """An installed app. `revision` names what was seen; send it back as `base_revision`."""

    id: str
    name: str
    url: str
    description: str
    icon: str
    kind: str
    enabled: bool
    current: int | None
    newest: int
    load_at_boot: bool
    deleted_at: datetime | None
    granted: list[str]
    organisations: dict[str, list[str] | None] | None
    revision: int

    @classmethod
    def of(cls, app: App) -> Self:
        """Describe an app."""
        fields = {name: getattr(app, name) for name in cls.model_fields if hasattr(app, name)}
        return cls(
            **{**fields, "granted": sorted(app.granted), "organisations": app.visible_to.lists}
        )


class VersionOut(Out):
    """A version of an app; it never changes."""

    app_id: str
    number: int
    version: str
    capabilities: list[str]
    package_digest: str
    source_digest: str
    module_digest: str
    signature: str
    signer: str
    uploaded_by_name: str
    uploaded_at: datetime
    note: str
    state: str
    problems: list[dict[str, Any]]

    @classmethod
    def of(cls, version: Version) -> Self:
        """Describe a version."""
        return cls.model_validate(version)


class UploadOut(BaseModel):
    """What became of a package. `new` is false when it was there already."""

    app: AppOut
    version: VersionOut
    new: bool
    warnings: list[dict[str, Any]]
    preview: StartedPreviewOut | None = None

    @classmethod
    def of(cls, uploaded: Uploaded, preview: StartedPreviewOut | None = None) -> Self:
        """Describe an upload."""
        return cls(
            app=AppOut.of(uploaded.app),
            version=VersionOut.of(uploaded.version),
            new=uploaded.new,
            warnings=[warning.as_dict() for warning in uploaded.warnings],
            preview=preview,
        )


class StepOut(Out):
    """Something that happened to an app."""

    revision: int
    action: str
    number: int | None
    at: datetime
    by_name: str
    note: str

    @classmethod
    def of(cls, step: Step) -> Self:
        """Describe a step."""
        return cls.model_validate(step)


class BlockOut(Out):
    """Lines of a difference; `kind` is "place" for those that say where, as in a unified diff."""

    kind: Literal["same", "added", "removed", "place"]
    text: str


class FileDiffOut(Out):
    """One file that differs. `note` says why its lines are not there, or not all."""

    path: str
    change: str
    note: str
    blocks: list[BlockOut]


class DiffOut(Out):
    """What differs between two versions; `left_out` more files do."""

    files: list[FileDiffOut]
    left_out: int


class PreviewOut(Out):
    """A version that some people get."""

    id: str
    number: int
    users: list[str]
    started_by_name: str
    started_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, preview: Preview) -> Self:
        """Describe a preview."""
        fields = {name: getattr(preview, name) for name in cls.model_fields}
        return cls(**{**fields, "users": sorted(preview.users)})


class StartedPreviewOut(BaseModel):
    """A new preview. The link cannot be shown again."""

    preview: PreviewOut
    link: str

    @classmethod
    def of(cls, started: StartedPreview, url: str) -> Self:
        """Describe a new preview of the app at `url`."""
        link = f"/apps/{url}?preview={started.token}"
        return cls(preview=PreviewOut.of(started.preview), link=link)


class StartPreview(Seen):
    """Show a version to the users named, by id or address, and to whoever has the link."""

    number: Annotated[Number, InBody]
    users: list[IdOrAddress] = Field(default_factory=list, max_length=1000)
    days: Annotated[float, InBody, Field(ge=0.01, le=90)] = 7
