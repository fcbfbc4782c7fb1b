"""Values that are more than plain data: drafts, rows of a database, objects of the app's own."""

import dataclasses

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator
from sqlalchemy.orm import registry
from sqlmodel import Field as Column
from sqlmodel import Session, SQLModel, create_engine, select
from sqlmodel.pool import StaticPool

from app.sdk import DynamicApp


class Person(BaseModel):
    mail: str = Field("a@b", pattern="@")


class Coded(BaseModel):
    code: str = ""

    @field_validator("code")
    @classmethod
    def mark(cls, value: str) -> str:
        return f"<{value}>"


class Hidden(BaseModel):
    a: int = 0
    b: int = 0
    _seen: int = PrivateAttr(0)

    def bump(self) -> None:
        self._seen += 1


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")
    n: int = 0


@dataclasses.dataclass
class Line:
    text: str
    done: bool = False


class Base(SQLModel, registry=registry()):
    pass


class Thing(Base, table=True):
    id: int | None = Column(default=None, primary_key=True)
    name: str = ""


ENGINE = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(ENGINE)
OPEN = Session(ENGINE)


class DraftState(rx.State):
    person: Person = Person()
    coded: Coded = Coded()
    hidden: Hidden = Hidden()
    strict: Strict = Strict()
    lines: list[Line] = []
    thing: Thing | None = None
    _open: Thing | None = None
    out: str = ""

    @rx.event
    def fill(self):
        self.person.mail = "not yet complete"
        self.coded = Coded(code="x")
        self.hidden = Hidden(a=1)
        self.hidden.bump()
        self.strict = Strict(n=5)
        self.lines = [Line("milk"), Line("bread", done=True)]
        with Session(ENGINE, expire_on_commit=False) as session:
            self.thing = Thing(name="x")
            session.add(self.thing)
            session.commit()

    @rx.event
    def keep_open(self):
        self._open = Thing(name="open")
        OPEN.add(self._open)

    @rx.event
    def save(self):
        with Session(ENGINE) as session:
            self.thing.name = "changed"
            session.merge(self.thing)
            session.commit()
            self.out = ",".join(session.exec(select(Thing.name)).all())

    @rx.event
    def look(self):
        self.out = (
            f"{self.person.mail} {self.coded.code} {self.hidden._seen}"
            f" {sorted(self.hidden.model_fields_set)} {self.strict.n}"
        )


def index():
    return rx.el.main(
        rx.heading("Drafts one", id="title"),
        *[
            rx.button(event.fn.__name__, on_click=event, id=event.fn.__name__)
            for event in (DraftState.fill, DraftState.look, DraftState.save, DraftState.keep_open)
        ],
        rx.foreach(DraftState.lines, lambda line: rx.text(line.text, class_name="line")),
        rx.text(DraftState.thing.name, id="thing"),
        rx.text(DraftState.out, id="out"),
    )


class AppEntry(DynamicApp):
    name = "Drafts"
    pages = {"/": index}
