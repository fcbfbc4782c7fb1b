"""Rows of databases in vars: whole in the next version, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect

from tests.unit.apps.carrying import Journey
from tests.unit.apps.loading import Workshop, workshop

PLAIN = """
from typing import Any
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import (
    DeclarativeBase, Mapped, Session, attribute_keyed_dict, mapped_column, relationship,
)

class Base(DeclarativeBase): ...

class Crew(Base):
    __tablename__ = "crew"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    members: Mapped[list["Member"]] = relationship(back_populates="crew")
    by_name: Mapped[dict[str, "Member"]] = relationship(
        collection_class=attribute_keyed_dict("name"), viewonly=True
    )

class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    crew_id: Mapped[int] = mapped_column(ForeignKey("crew.id"))
    crew: Mapped[Crew] = relationship(back_populates="members")
"""

# A registry of their own: tables of SQLModel's are known to the whole process.
SQLMODEL = """
from typing import Any
from sqlalchemy.orm import registry
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine, select

class Base(SQLModel, registry=registry()): ...

class Crew(Base, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = ""
    members: list["Member"] = Relationship(back_populates="crew")

class Member(Base, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = ""
    crew_id: int | None = Field(default=None, foreign_key="crew.id")
    crew: Crew | None = Relationship(back_populates="members")
"""

STATE = """
ENGINE = create_engine("sqlite:///{file}")
Base.metadata.create_all(ENGINE)
OPEN = []

def stored():
    with Session(ENGINE, expire_on_commit=False) as session:
        crew = Crew(name="x", members=[Member(name="a"), Member(name="b")])
        session.add(crew)
        session.commit()
        crew.members
        return crew

def attached():
    OPEN.append(Session(ENGINE))
    crew = Crew(name="x")
    OPEN[0].add(crew)
    return crew

def save(row):
    with Session(ENGINE) as session:
        session.add(row)
        session.commit()
        return [(c.name, sorted(m.name for m in c.members)) for c in session.scalars(select(Crew))]

class Keeper(rx.State):
    _row: Any = None
    _rows: Any = None
"""

BOTH = pytest.mark.parametrize("models", [PLAIN, SQLMODEL], ids=["SQLAlchemy", "SQLModel"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("apps")) as running:
        yield running


@BOTH
def test_a_row_is_a_row_of_the_new_version_that_can_be_changed_and_saved(
    made: Workshop, models: str, tmp_path: Path
) -> None:
    body = models + STATE.format(file=tmp_path / "db")
    journey = Journey(made).go(body).set("_row", "stored()").go(body)
    row = journey.get("_row")
    assert journey.lost == ()
    assert isinstance(row, journey.find("Crew"))
    assert (row.name, [m.name for m in row.members]) == ("x", ["a", "b"])
    assert row.members[0].crew is row
    assert inspect(row).detached
    row.name = "changed"
    assert journey.find("save")(row) == [("changed", ["a", "b"])]


@BOTH
def test_what_was_changed_and_not_saved_yet_is_saved_from_the_new_version(
    made: Workshop, models: str, tmp_path: Path
) -> None:
    body = models + STATE.format(file=tmp_path / "db")
    journey = Journey(made).go(body).set("_row", "stored()")
    journey.get("_row").name = "changed"
    journey.get("_row").members.append(journey.find("Member")(name="c"))
    journey.go(body)
    assert journey.find("save")(journey.get("_row")) == [("changed", ["a", "b", "c"])]


@BOTH
def test_a_row_that_the_database_does_not_have_yet_is_new_in_the_new_version(
    made: Workshop, models: str, tmp_path: Path
) -> None:
    body = models + STATE.format(file=tmp_path / "db")
    journey = Journey(made).go(body)
    journey.set("_row", "Crew(name='new', members=[Member(name='m')])").go(body)
    assert inspect(journey.get("_row")).transient
    assert journey.find("save")(journey.get("_row")) == [("new", ["m"])]


@BOTH
def test_rows_in_a_list_of_a_row_become_an_ordinary_list(
    made: Workshop, models: str, tmp_path: Path
) -> None:
    body = models + STATE.format(file=tmp_path / "db")
    journey = Journey(made).go(body).set("_row", "stored()")
    journey.state()._rows = journey.get("_row").members
    journey.go(body)
    assert type(journey.get("_rows")) is list
    assert journey.get("_rows")[0] is journey.get("_row").members[0]


@BOTH
def test_a_row_of_an_open_session_is_refused_with_the_name_of_the_var(
    made: Workshop, models: str, tmp_path: Path
) -> None:
    body = models + STATE.format(file=tmp_path / "db")
    journey = Journey(made).go(body).set("_rows", "{'all': [attached()]}")
    [session] = journey.find("OPEN")
    journey.go(body)
    assert journey.get("_rows") is None
    [told] = journey.told()
    assert told.startswith("Keeper._rows: it holds a row (Crew) of a database session that is open")
    session.close()
    journey.find("ENGINE").dispose()


def test_rows_in_a_dictionary_of_a_row_are_found_there(made: Workshop, tmp_path: Path) -> None:
    body = PLAIN + STATE.format(file=tmp_path / "db")
    journey = Journey(made).go(body).set("_row", "stored()")
    with journey.find("Session")(journey.find("ENGINE")) as session:
        row = session.get(journey.find("Crew"), 1)
        assert sorted(row.by_name) == ["a", "b"]
    journey.state()._row = row
    journey.go(body)
    assert sorted(journey.get("_row").by_name) == ["a", "b"]
    assert isinstance(journey.get("_row").by_name["a"], journey.find("Member"))


def test_a_column_that_was_removed_comes_back_with_a_rollback(
    made: Workshop, tmp_path: Path
) -> None:
    one = SQLMODEL + STATE.format(file=tmp_path / "db")
    two = one.replace('    name: str = ""\n    members', "    members").replace(
        "c.name, ", "c.id, "
    )
    assert one != two
    journey = Journey(made).go(one).set("_row", "Crew(name='x')").go(two)
    assert not hasattr(journey.get("_row"), "name")
    assert journey.go(one).get("_row").name == "x"


def test_a_row_over_a_restart(made: Workshop, tmp_path: Path) -> None:
    body = SQLMODEL + STATE.format(file=tmp_path / "db")
    journey = Journey(made).go(body).set("_row", "stored()")
    journey.restart()
    journey.go(body)
    assert journey.find("save")(journey.get("_row")) == [("x", ["a", "b"])]
