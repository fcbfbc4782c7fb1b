"""The table of the audit log. It refers to nothing, so that it outlives what it tells of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, Index

from app.core.tables import Moment, Table


class EntryRow(Table, table=True):
    """One thing that was done or refused. `sequence` gives the order; rows are never changed."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_at", "at"),
        Index("ix_audit_entries_actor", "actor_id", "sequence"),
        Index("ix_audit_entries_action", "action", "sequence"),
        Index("ix_audit_entries_target", "target", "sequence"),
    )

    sequence: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Moment)
    actor_id: str = Field(max_length=32)
    actor_name: str = Field(max_length=200)
    organisation_id: str = Field(max_length=32)
    action: str = Field(max_length=60)
    target: str = Field(max_length=200)
    outcome: str = Field(max_length=10)
    detail: str = Field(sa_column=Column(Text, nullable=False))
    node: str = Field(max_length=100)
    ip: str = Field(max_length=60)
