"""The tables of installed apps. Who did something is copied, so that history outlives users."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKeyConstraint, Text, text
from sqlmodel import Field, Index

from app.core.tables import Moment, Table

_NOT_DELETED = text("deleted_at IS NULL")


class ChangesRow(Table, table=True):
    """The number of the newest change of any app: one row, held by whoever changes an app.

    Unlike a sequence it grows in the order of commits, so nobody who has seen number n misses an
    earlier change.
    """

    __tablename__ = "app_changes"

    id: int = Field(primary_key=True)
    number: int


class AppRow(Table, table=True):
    """An app as it is now. Name, url … are of the last version that was current, else the first."""

    __tablename__ = "apps"
    __table_args__ = (
        Index(
            "uq_apps_url",
            "url",
            unique=True,
            sqlite_where=_NOT_DELETED,
            postgresql_where=_NOT_DELETED,
        ),
        Index("ix_apps_change", "change"),
    )

    id: str = Field(max_length=130, primary_key=True)
    name: str = Field(max_length=200)
    url: str = Field(max_length=130)
    description: str = Field(sa_column=Column(Text, nullable=False))
    icon: str = Field(max_length=200)
    kind: str = Field(max_length=20)
    created_at: datetime = Field(sa_type=Moment)
    enabled: bool
    current: int | None
    newest: int
    load_at_boot: bool
    folder_mb: int | None = None
    everybody: bool
    deleted_at: datetime | None = Field(default=None, sa_type=Moment)
    settings_revision: int
    revision: int
    change: int


class AppOrganisationRow(Table, table=True):
    """An organisation that may see an app which not everybody may see."""

    __tablename__ = "app_organisations"

    app_id: str = Field(max_length=130, primary_key=True, foreign_key="apps.id", ondelete="CASCADE")
    organisation_id: str = Field(
        max_length=32, primary_key=True, foreign_key="organisations.id", ondelete="CASCADE"
    )
    all_users: bool


class AppUserRow(Table, table=True):
    """A user of such an organisation who may see the app, where not all of it may."""

    __tablename__ = "app_users"

    app_id: str = Field(max_length=130, primary_key=True, foreign_key="apps.id", ondelete="CASCADE")
    organisation_id: str = Field(
        max_length=32, primary_key=True, foreign_key="organisations.id", ondelete="CASCADE"
    )
    user_id: str = Field(
        max_length=32, primary_key=True, foreign_key="users.id", ondelete="CASCADE"
    )


class GrantRow(Table, table=True):
    """A capability that an app was granted, or an origin."""

    __tablename__ = "app_grants"

    app_id: str = Field(max_length=130, primary_key=True, foreign_key="apps.id", ondelete="CASCADE")
    capability: str = Field(max_length=300, primary_key=True)
    granted_at: datetime = Field(sa_type=Moment)
    granted_by: str = Field(max_length=32)
    granted_by_name: str = Field(max_length=200)


class VersionRow(Table, table=True):
    """A version. Only `state` and `problems` ever change. `capabilities`, `problems` are JSON."""

    __tablename__ = "app_versions"
    __table_args__ = (
        Index("uq_app_versions_identity", "app_id", "identity", unique=True),
        Index("ix_app_versions_package_digest", "package_digest"),
    )

    app_id: str = Field(max_length=130, primary_key=True, foreign_key="apps.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    version: str = Field(max_length=64)
    name: str = Field(max_length=200)
    url: str = Field(max_length=130)
    description: str = Field(sa_column=Column(Text, nullable=False))
    icon: str = Field(max_length=200)
    kind: str = Field(max_length=20)
    capabilities: str = Field(sa_column=Column(Text, nullable=False))
    package_digest: str = Field(max_length=64)
    identity: str = Field(max_length=64)
    source_digest: str = Field(max_length=64)
    module_digest: str = Field(max_length=64)
    signature: str = Field(max_length=40)
    signer: str = Field(max_length=200)
    uploaded_by: str = Field(max_length=32)
    uploaded_by_name: str = Field(max_length=200)
    uploaded_at: datetime = Field(sa_type=Moment)
    note: str = Field(max_length=500)
    state: str = Field(max_length=20)
    problems: str = Field(sa_column=Column(Text, nullable=False))


def _of_version() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["app_id", "number"], ["app_versions.app_id", "app_versions.number"], ondelete="CASCADE"
    )


class ManifestRow(Table, table=True):
    """The manifest of a version, as JSON; apart, because it may be megabytes."""

    __tablename__ = "app_manifests"
    __table_args__ = (_of_version(),)

    app_id: str = Field(max_length=130, primary_key=True)
    number: int = Field(primary_key=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class BundleRow(Table, table=True):
    """A version as compiled for one build of the front end; made again when it is lost."""

    __tablename__ = "app_bundles"
    __table_args__ = (_of_version(), Index("ix_app_bundles_digest", "digest"))

    app_id: str = Field(max_length=130, primary_key=True)
    number: int = Field(primary_key=True)
    build: str = Field(max_length=64, primary_key=True)
    digest: str = Field(max_length=64)
    compiled_at: datetime = Field(sa_type=Moment)


class StepRow(Table, table=True):
    """One change of an app; `revision` is the app's revision that it made."""

    __tablename__ = "app_history"

    app_id: str = Field(max_length=130, primary_key=True, foreign_key="apps.id", ondelete="CASCADE")
    revision: int = Field(primary_key=True)
    action: str = Field(max_length=20)
    number: int | None
    at: datetime = Field(sa_type=Moment)
    by: str = Field(max_length=32)
    by_name: str = Field(max_length=200)
    note: str = Field(max_length=500)


class PreviewRow(Table, table=True):
    """A version shown to some. `users` is JSON; of the link's token there is a digest only."""

    __tablename__ = "app_previews"
    __table_args__ = (_of_version(), Index("ix_app_previews_version", "app_id", "number"))

    id: str = Field(max_length=32, primary_key=True)
    app_id: str = Field(max_length=130)
    number: int
    users: str = Field(sa_column=Column(Text, nullable=False))
    token_digest: str = Field(max_length=64, unique=True)
    started_by: str = Field(max_length=32)
    started_by_name: str = Field(max_length=200)
    started_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
