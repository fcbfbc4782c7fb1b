"""What the API takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from app.core.apps import App, Preview, StartedPreview, Step, Version, Visibility
from app.platform.uploads import Uploaded

Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
# Numbers that JSON carries exactly everywhere, also to JavaScript.
Revision = Annotated[int, Field(ge=0, le=2**53 - 1)]


def _a_number(value: object) -> object:
    # Left to itself, Pydantic takes "1" and true for numbers, too.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("this is no number")
    return value


InBody = BeforeValidator(_a_number)
Note = Annotated[str, Field(max_length=500)]
Identifier = Annotated[str, Field(min_length=1, max_length=64)]
IdOrAddress = Annotated[str, Field(min_length=1, max_length=254)]
Capability = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_:-]{0,59}$")]


class Out(BaseModel):
    """What the API gives; read from an object with the same attributes."""

    model_config = ConfigDict(from_attributes=True)


class In(BaseModel):
    """What the API takes; a field that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid")


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
        seen_by = app.visible_to.organisations
        organisations = (
            None
            if seen_by is None
            else {key: None if u is None else sorted(u) for key, u in seen_by.items()}
        )
        fields = {name: getattr(app, name) for name in cls.model_fields if hasattr(app, name)}
        return cls(**{**fields, "granted": sorted(app.granted), "organisations": organisations})


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


class Seen(In):
    """Which revision of the app the sender saw; without it, whatever is there is changed."""

    base_revision: Annotated[Revision, InBody] | None = None


class Promote(Seen):
    """Serve a version to everybody."""

    number: Annotated[Number, InBody]
    note: Note = ""


class Rollback(Seen):
    """Serve an earlier version again; the one before by default."""

    to: Annotated[Number, InBody] | None = None
    note: Note = ""


class StartPreview(Seen):
    """Show a version to the users named, by id or address, and to whoever has the link."""

    number: Annotated[Number, InBody]
    users: list[IdOrAddress] = Field(default_factory=list, max_length=1000)
    days: Annotated[float, InBody, Field(ge=0.01, le=90)] = 7


class Grants(Seen):
    """Which capabilities the app has from now on."""

    capabilities: list[Capability] = Field(max_length=100)


class Sharing(Seen):
    """Who sees the app: everybody, or organisations, each with all of its users or some."""

    organisations: dict[Identifier, list[Identifier] | None] | None

    def visibility(self) -> Visibility:
        """Return it as the core has it."""
        if self.organisations is None:
            return Visibility(None)
        return Visibility(
            {
                key: None if users is None else frozenset(users)
                for key, users in self.organisations.items()
            }
        )


class LoadAtBoot(Seen):
    """Whether nodes load the app when they start."""

    load_at_boot: StrictBool
