"""The tables of files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, Index

from app.core.tables import Moment, Table


class BlobRow(Table, table=True):
    """A content, shared by all files that have it. Its row is the lock for its place on disk."""

    __tablename__ = "blobs"

    sha256: str = Field(max_length=64, primary_key=True)
    size: int = Field(sa_type=BigInteger)


class FileRow(Table, table=True):
    """A file of an organisation. `sequence` gives the order of creation."""

    __tablename__ = "files"
    __table_args__ = (Index("ix_files_organisation", "organisation_id", "sequence"),)

    sequence: int | None = Field(default=None, primary_key=True)
    id: str = Field(max_length=32, unique=True)
    organisation_id: str = Field(max_length=32, foreign_key="organisations.id")
    name: str = Field(max_length=255)
    sha256: str = Field(max_length=64, foreign_key="blobs.sha256", index=True)
    content_type: str = Field(max_length=255)
    created_at: datetime = Field(sa_type=Moment)
    created_by: str = Field(max_length=32)
