"""The tables of accounts."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from app.core.tables import Moment, Table


class OrganisationRow(Table, table=True):
    """A customer."""

    __tablename__ = "organisations"

    id: str = Field(max_length=32, primary_key=True)
    name: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=Moment)


class UserRow(Table, table=True):
    """A person. `subject` is how a way to sign in names them, "<way>:<name>"; None if none does.

    Whoever is disabled cannot sign in, nor use a login or token that they have.
    """

    __tablename__ = "users"

    id: str = Field(max_length=32, primary_key=True)
    name: str = Field(max_length=200)
    email: str = Field(max_length=254, unique=True)
    subject: str | None = Field(default=None, max_length=255, unique=True)
    created_at: datetime = Field(sa_type=Moment)
    disabled_at: datetime | None = Field(default=None, sa_type=Moment)


class MembershipRow(Table, table=True):
    """One role of one user in one organisation."""

    __tablename__ = "memberships"

    organisation_id: str = Field(
        max_length=32, primary_key=True, foreign_key="organisations.id", ondelete="CASCADE"
    )
    user_id: str = Field(
        max_length=32, primary_key=True, foreign_key="users.id", ondelete="CASCADE", index=True
    )
    role: str = Field(max_length=20, primary_key=True)
    created_at: datetime = Field(sa_type=Moment)
