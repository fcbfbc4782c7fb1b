"""The tables of the settings of installed apps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKeyConstraint, Text
from sqlmodel import Field

from app.core.tables import Moment, Table


class SettingRow(Table, table=True):
    """One field. `value` is JSON text; if `secret`, encrypted for this app and field."""

    __tablename__ = "app_settings"

    app_id: str = Field(max_length=130, primary_key=True, foreign_key="apps.id", ondelete="CASCADE")
    field: str = Field(max_length=100, primary_key=True)
    value: str = Field(sa_column=Column(Text, nullable=False))
    secret: bool
    set_at: datetime = Field(sa_type=Moment)
    set_by: str = Field(max_length=32)
    set_by_name: str = Field(max_length=200)


class SettingsSchemaRow(Table, table=True):
    """What a version says about its settings, as JSON; found out again when it is lost."""

    __tablename__ = "app_settings_schemas"
    __table_args__ = (
        ForeignKeyConstraint(
            ["app_id", "number"],
            ["app_versions.app_id", "app_versions.number"],
            ondelete="CASCADE",
        ),
    )

    app_id: str = Field(max_length=130, primary_key=True)
    number: int = Field(primary_key=True)
    body: str = Field(sa_column=Column(Text, nullable=False))
