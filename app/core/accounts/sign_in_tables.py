"""The tables of signing in. No secret is in them, only digests of secrets."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from app.core.tables import Moment, Table


class CredentialRow(Table, table=True):
    """The password of a user, as argon2id in PHC format."""

    __tablename__ = "credentials"

    user_id: str = Field(
        max_length=32, primary_key=True, foreign_key="users.id", ondelete="CASCADE"
    )
    password_hash: str = Field(max_length=255)
    changed_at: datetime = Field(sa_type=Moment)


class LoginRow(Table, table=True):
    """One browser in which a user is signed in."""

    __tablename__ = "logins"

    id: str = Field(max_length=32, primary_key=True)
    digest: str = Field(max_length=64, unique=True)
    user_id: str = Field(max_length=32, foreign_key="users.id", ondelete="CASCADE", index=True)
    organisation_id: str = Field(max_length=32, foreign_key="organisations.id", ondelete="CASCADE")
    created_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    browser: str = Field(max_length=200)
    address: str = Field(max_length=60)


class AttemptsRow(Table, table=True):
    """Failed attempts to sign in, for one account or one address."""

    __tablename__ = "sign_in_attempts"

    key: str = Field(max_length=80, primary_key=True)
    failures: int
    last_at: datetime = Field(sa_type=Moment, index=True)
    blocked_until: datetime | None = Field(default=None, sa_type=Moment)


class LinkRow(Table, table=True):
    """A link that works once: to set up the server, or to join an organisation."""

    __tablename__ = "one_time_links"

    id: str = Field(max_length=32, primary_key=True)
    digest: str = Field(max_length=64, unique=True)
    kind: str = Field(max_length=20)
    organisation_id: str | None = Field(
        default=None, max_length=32, foreign_key="organisations.id", ondelete="CASCADE", index=True
    )
    role: str = Field(max_length=20)
    email: str = Field(max_length=254)
    created_by: str = Field(max_length=32)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)


class ApiTokenRow(Table, table=True):
    """A token with which a program acts as a user. `scopes` are separated by blanks."""

    __tablename__ = "api_tokens"

    id: str = Field(max_length=32, primary_key=True)
    digest: str = Field(max_length=64, unique=True)
    user_id: str = Field(max_length=32, foreign_key="users.id", ondelete="CASCADE", index=True)
    organisation_id: str = Field(max_length=32, foreign_key="organisations.id", ondelete="CASCADE")
    name: str = Field(max_length=200)
    scopes: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)
