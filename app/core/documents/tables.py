"""The tables of documents. Content lies with the revisions only, so lists never load it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, Index

from app.core.tables import Moment, Table


class DocumentRow(Table, table=True):
    """A document as it is now. `sequence` gives the order of creation."""

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_organisation_kind", "organisation_id", "kind", "sequence"),
        Index("ix_documents_organisation", "organisation_id", "sequence"),
    )

    sequence: int | None = Field(default=None, primary_key=True)
    id: str = Field(max_length=32, unique=True)
    organisation_id: str = Field(max_length=32, foreign_key="organisations.id")
    kind: str = Field(max_length=100)
    title: str = Field(max_length=200)
    revision: int
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    updated_by: str = Field(max_length=32)
    updated_by_name: str = Field(max_length=200)


class RevisionRow(Table, table=True):
    """What one save wrote. Who saved is copied, so that history outlives users and their names."""

    __tablename__ = "document_revisions"

    document_id: str = Field(
        max_length=32, primary_key=True, foreign_key="documents.id", ondelete="CASCADE"
    )
    number: int = Field(primary_key=True)
    title: str = Field(max_length=200)
    body: str = Field(sa_column=Column(Text, nullable=False))
    saved_at: datetime = Field(sa_type=Moment)
    saved_by: str = Field(max_length=32)
    saved_by_name: str = Field(max_length=200)
    note: str = Field(max_length=500)
