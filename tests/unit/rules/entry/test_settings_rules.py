"""What is wrong with the settings that an app declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel, create_model

from app.rules.entry.validate import validate_entry
from app.sdk import DynamicApp
from app.source.app_source import read_source
from app.source.metadata import read_metadata
from app.source.problems import Problem

if TYPE_CHECKING:
    from tests.unit.conftest import WriteApp

TEXT = """
from app.sdk import DynamicApp
class AppEntry(DynamicApp):
    name = "X"
    pages = {"/": index}
    settings = Settings
    on_settings = State.event
"""


class Fine(BaseModel):
    host: str = ""


class Calling(BaseModel):
    fine: str = ""
    back: Callable[[], int] = int


class Aliased(BaseModel):
    key: str = Field("", alias="api-key")


class Texts(RootModel[list[str]]):
    pass


def index() -> None:
    return None


@pytest.fixture
def judged(write_app: WriteApp) -> Callable[..., tuple[Problem, ...]]:
    """Judge the entry of an app with these attributes."""
    source = read_source(write_app(files={"entry.py": TEXT}))

    def judge(**attributes: Any) -> tuple[Problem, ...]:
        entry = type("AppEntry", (DynamicApp,), {"name": "X", "pages": {"/": index}, **attributes})
        return validate_entry(source, read_metadata(source), entry, taken_urls={})

    return judge


Judged = Callable[..., tuple[Problem, ...]]


@pytest.mark.parametrize("settings", [None, Fine])
def test_a_model_or_none_is_fine(judged: Judged, settings: Any) -> None:
    assert judged(settings=settings) == ()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Fine(), "settings is of type Fine, not a Pydantic model"),
        ({"host": "x"}, "settings is of type dict, not a Pydantic model"),
        (int, "settings is the class int, not a Pydantic model"),
        (Texts, "settings is a RootModel, which has no fields"),
        (Calling, "settings cannot be described (back): Cannot generate a JsonSchema"),
        (Aliased, 'the setting key has the alias "api-key", which is not a Python name'),
        (
            create_model("Many", **{f"f{i}": (int, 0) for i in range(201)}),
            "there are 201 settings; 200 are allowed",
        ),
        (
            create_model("Long", f=(Literal[tuple(f"{i:0100}" for i in range(3000))], "x")),
            "bytes to describe; 262,144 are allowed",
        ),
    ],
)
def test_what_no_form_can_be_made_of_is_told(judged: Judged, settings: Any, message: str) -> None:
    (problem,) = judged(settings=settings)
    assert message in problem.message
    assert (problem.file, problem.line) == ("entry.py", 6)
    assert problem.remedy


def test_on_settings_needs_settings(judged: Judged) -> None:
    (problem,) = judged(on_settings=index)
    assert (problem.line, problem.message[:11]) == (7, "on_settings")
    (problem,) = judged(on_settings=index, settings=Fine)
    assert problem.message == "on_settings names index, which is not an event"


def test_code_of_the_model_that_fails_is_told(judged: Judged) -> None:
    class Failing(BaseModel):
        @classmethod
        def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
            raise ZeroDivisionError("no")

    (problem,) = judged(settings=Failing)
    assert "ZeroDivisionError('no')" in problem.message
