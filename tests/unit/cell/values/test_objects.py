"""Objects whose class is another kind in each version, with other fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cell.loading.version import LoadedVersion
from tests.unit.apps.carrying import Journey
from tests.unit.apps.loading import Workshop, workshop

HEAD = "import dataclasses, typing\nfrom pydantic import BaseModel\n"
KINDS = {
    "dataclass": "@dataclasses.dataclass\nclass P:\n",
    "frozen": "@dataclasses.dataclass(frozen=True, slots=True)\nclass P:\n",
    "by keyword": "@dataclasses.dataclass(kw_only=True)\nclass P:\n",
    "model": "class P(BaseModel):\n",
    "frozen model": "class P(BaseModel, frozen=True, strict=True):\n",
    "named tuple": "class P(typing.NamedTuple):\n",
}
# The same names with other types; `z` is there so that no class is empty.
FIELDS = {
    "a": ["int = 1", "str = ''", "float = 0.5", "int | None = None"],
    "b": ["int = 1", "str = ''"],
}
VALUES = {
    "int": st.integers(2, 9),
    "str": st.text("xy", min_size=1),
    "float": st.floats(1, 2),
    "int | None": st.integers(2, 9),
}
STATE = "\nclass Keeper(rx.State):\n    _one: object = None\n"

Shape = Mapping[str, str]
SHAPES = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(types) for name, types in FIELDS.items()}
)
CLASSES = st.tuples(st.sampled_from(sorted(KINDS)), SHAPES)


@pytest.fixture(scope="module")
def version(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Workshop, Callable[[str, Shape], LoadedVersion]]]:
    """Returns the version whose class is of a kind and has these fields."""
    known: dict[Any, LoadedVersion] = {}
    with workshop(tmp_path_factory.mktemp("apps")) as made:

        def load(kind: str, shape: Shape) -> LoadedVersion:
            fields = "".join(f"    {name}: {text}\n" for name, text in sorted(shape.items()))
            text = HEAD + KINDS[kind] + fields + "    z: int = 0\n" + STATE
            if text not in known:
                known[text] = made.states(text)
            return known[text]

        yield made, load


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    first=CLASSES,
    way=st.lists(CLASSES, min_size=1, max_size=3),
    restarted=st.booleans(),
)
def test_an_object_is_what_it_was_whatever_was_on_the_way(
    version: tuple[Workshop, Callable[[str, Shape], LoadedVersion]],
    data: st.DataObject,
    first: tuple[str, Shape],
    way: list[tuple[str, Shape]],
    restarted: bool,
) -> None:
    made, load = version
    journey = Journey(made).go(load(*first))
    given_ = {
        name: data.draw(VALUES[text.partition(" = ")[0]])
        for name, text in first[1].items()
        if data.draw(st.booleans())
    }
    journey.set("_one", f"P(**{given_!r})")
    before = _content(journey, first[1])
    for kind, shape in [*way, first]:
        if restarted:
            journey.restart()
        journey.go(load(kind, shape))
        assert type(journey.get("_one")) is journey.find("P")
        assert _content(journey, shape).keys() >= shape.keys()
    assert _content(journey, first[1]) == before


def _content(journey: Journey, shape: Shape) -> dict[str, Any]:
    found = journey.get("_one")
    fields_set = getattr(found, "model_fields_set", None)
    return {**{name: getattr(found, name) for name in shape}, "fields set": fields_set}


def test_a_field_has_of_each_type_what_it_had_last(
    version: tuple[Workshop, Callable[[str, Shape], LoadedVersion]],
) -> None:
    made, load = version
    one, two, without = (
        load("dataclass", shape) for shape in ({"a": "int | None = None"}, {"a": "int = 1"}, {})
    )
    journey = Journey(made).go(one).set("_one", "P(a=2)")
    assert journey.go(two).go(without).go(one).get("_one").a == 2
    journey.go(two).get("_one").a = 5
    assert journey.go(one).get("_one").a == 5
    assert journey.told() == []
