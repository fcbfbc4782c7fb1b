from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy.dialects.sqlite import dialect
from sqlmodel import SQLModel

from app.core.migrations.models import metadata
from app.core.tables import Moment


def test_a_moment_is_utc_whatever_zone_it_came_in() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    stored = Moment().process_bind_param(noon, dialect())
    assert stored == noon
    assert stored is not None
    assert stored.tzinfo is UTC


def test_a_moment_of_a_database_without_zones_comes_out_aware() -> None:
    read = Moment().process_result_value(datetime(2026, 1, 1, 10), dialect())
    assert read == datetime(2026, 1, 1, 10, tzinfo=UTC)


def test_tables_of_others_do_not_end_up_in_the_cores_migrations() -> None:
    assert metadata is not SQLModel.metadata
    assert not set(metadata.tables) & set(SQLModel.metadata.tables)
