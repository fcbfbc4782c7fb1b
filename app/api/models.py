"""What the API takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from app.core.apps import StartedPreview
from app.platform.described import preview_link
from app.platform.operations.operation import InBody, Number, Seen
from app.platform.uploads import Uploaded

IdOrAddress = Annotated[str, Field(min_length=1, max_length=254)]


Sorted = Annotated[list[str], BeforeValidator(sorted)]


class Out(BaseModel):
    """What the API gives; read from an object with the same attributes, or those that it names."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, told: object) -> Self:
        """Describe something."""
        return cls.model_validate(told)


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
    folder_mb: int | None
    deleted_at: datetime | None
    granted: Sorted
    organisations: dict[str, list[str] | None] | None = Field(
        validation_alias=AliasPath("visible_to", "lists")
    )
    revision: int


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
    users: Sorted
    started_by_name: str
    started_at: datetime
    expires_at: datetime


class StartedPreviewOut(BaseModel):
    """A new preview. The link cannot be shown again."""

    preview: PreviewOut
    link: str

    @classmethod
    def of(cls, started: StartedPreview, url: str) -> Self:
        """Describe a new preview of the app at `url`."""
        link = preview_link(url, started.token)
        return cls(preview=PreviewOut.of(started.preview), link=link)


class StartPreview(Seen):
    """Show a version to the users named, by id or address, and to anybody with the link."""

    number: Annotated[Number, InBody]
    users: list[IdOrAddress] = Field(default_factory=list, max_length=1000)
    days: Annotated[float, InBody, Field(ge=0.01, le=90)] = 7
