"""What a version has no place for comes back with one that has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cell.loading.version import LoadedVersion
from app.cell.values.beside import MOST_BYTES, Room
from tests.unit.apps.carrying import Journey
from tests.unit.apps.loading import Workshop, workshop

KEEPER = "class Keeper(rx.State):\n{}"
OTHER = "class Other(rx.State):\n    b: int = 0\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("apps")) as running:
        yield running


def keeper(*vars_: str) -> str:
    return KEEPER.format("".join(f"    {one}\n" for one in vars_ or ("...",)))


def straight(journey: Journey) -> None:
    """Go from one version to the next as an open page does."""


WAYS = pytest.mark.parametrize(
    "between", [straight, Journey.leave, Journey.restart], ids=["at once", "off", "restart"]
)


@WAYS
@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("a: int = 1", "5", "a: str = ''"),
        ("a: list[int] = []", "[1, 2]", "a: dict[str, int] = {}"),
        ("a: int | None = 5", "None", "a: int = 1"),
        ("a: int = 1", "5", "b: int = 1"),
        ("_a: int = 1", "5", "..."),
    ],
)
def test_a_var_that_changed_its_type_or_went_comes_back_with_a_rollback(
    made: Workshop, before: str, value: str, after: str, between: Callable[[Journey], None]
) -> None:
    one, two = made.states(keeper(before)), made.states(keeper(after))
    name = before.partition(":")[0]
    journey = Journey(made).go(one).set(name, value)
    between(journey)
    journey.go(two)
    between(journey)
    journey.go(one)
    assert (journey.get(name), journey.lost) == (eval(value), ())


@WAYS
def test_a_state_that_went_comes_back_with_a_rollback(
    made: Workshop, between: Callable[[Journey], None]
) -> None:
    one, two = made.states(keeper("a: int = 0") + OTHER), made.states(keeper("a: int = 0"))
    journey = Journey(made).go(one).set("b", "7", "Other")
    for version in (two, one):
        between(journey)
        journey.go(version)
    assert journey.get("b", "Other") == 7


def test_each_type_has_its_value_again_over_three_versions(made: Workshop) -> None:
    one, two, three = (
        made.states(keeper(var)) for var in ("a: int = 0", "a: str = ''", "a: list[int] = []")
    )
    journey = Journey(made).go(one).set("a", "5")
    journey.go(two).set("a", "'text'").go(three).set("a", "[1]").go(one)
    assert journey.get("a") == 5
    assert journey.go(two).get("a") == "text"
    assert journey.go(three).get("a") == [1]


def test_what_was_changed_since_is_what_counts(made: Workshop) -> None:
    one, two = made.states(keeper("a: int = 0")), made.states(keeper("a: str = ''"))
    journey = Journey(made).go(one).set("a", "5").go(two).go(one).set("a", "6").go(two).go(one)
    assert journey.get("a") == 6


def test_nothing_comes_back_to_a_var_that_fits(made: Workshop) -> None:
    one, two = made.states(keeper("a: int = 0")), made.states(keeper("a: int | None = 0"))
    journey = Journey(made).go(one).set("a", "5").go(two).set("a", "6").go(one)
    assert journey.get("a") == 6


def test_a_class_that_went_comes_back_with_its_values(made: Workshop) -> None:
    point = "import dataclasses\n@dataclasses.dataclass\nclass Point:\n    x: int = 0\n"
    one = made.states(point + keeper("a: list[Point] = []"))
    two = made.states("class Point: ...\n".replace("Point", "Spot") + keeper("a: int = 0"))
    journey = Journey(made).go(one).set("a", "[Point(3)]").go(two).go(one)
    assert [type(p) is journey.find("Point") and p.x for p in journey.get("a")] == [3]


def test_a_new_default_is_shown_although_the_var_had_another_type_on_the_way(
    made: Workshop,
) -> None:
    one, two, three = (
        made.states(keeper(var)) for var in ("a: int = 1", "a: str = ''", "a: int = 3")
    )
    assert Journey(made).go(one).go(two).go(three).get("a") == 3


def test_a_state_that_moved_to_another_module_keeps_its_values_both_ways(made: Workshop) -> None:
    home = "import reflex as rx\n" + keeper("a: int = 0", "n: int = 0")
    entry = (
        "import reflex as rx\nfrom app.sdk import DynamicApp\n{}\ndef index(): return rx.fragment()"
        "\nclass AppEntry(DynamicApp):\n    name = 'Test'\n    pages = {{'/': index}}\n"
    )
    one = made.load({"entry.py": entry.format(home)})
    two = made.load({"entry.py": entry.format("from .home import Keeper"), "home.py": home})
    journey = Journey(made).go(one).set("a", "5").go(two)
    assert journey.get("a") == 5
    assert journey.set("n", "6").go(one).get("n") == 6


# Not without end


MODEL = "import pydantic\nclass P(pydantic.BaseModel{}):\n    a: int = 0\n{}"
PRIVATE = "    _p: int = pydantic.PrivateAttr(0)\n"
PLAIN = "class P:\n    {}\n    def __init__(self):\n        self.a, self.b = 1, 2\n"
HELD = keeper("_one: object = None")


@WAYS
@pytest.mark.parametrize(
    ("one", "two", "value", "held"),
    [
        (
            MODEL.format("", "    b: int = 1\n"),
            MODEL.format("", ""),
            "P(a=1)",
            "v.model_fields_set",
        ),
        (
            MODEL.format("", "    b: int = 1\n"),
            MODEL.format("", ""),
            "P(b=1)",
            "(v, v.model_fields_set)",
        ),
        (
            MODEL.format(", extra='allow'", ""),
            MODEL.format("", ""),
            "P(q=1)",
            "(v.q, v.model_fields_set)",
        ),
        (
            MODEL.format("", PRIVATE),
            "import dataclasses\n@dataclasses.dataclass\nclass P:\n    a: int = 0\n",
            "(lambda p: setattr(p, '_p', 7) or p)(P())",
            "(v, v._p, v.model_fields_set)",
        ),
        (
            PLAIN.format("__slots__ = ('a', 'b')"),
            PLAIN.format("__slots__ = ('a',)"),
            "P()",
            "(v.a, v.b)",
        ),
        (PLAIN.format("c = 0"), PLAIN.format("b = property()"), "P()", "(v.a, v.b)"),
    ],
)
def test_an_object_is_with_a_rollback_what_it_was(
    made: Workshop,
    one: str,
    two: str,
    value: str,
    held: str,
    between: Callable[[Journey], None],
) -> None:
    first, second = made.states(one + HELD), made.states(two + HELD)
    journey = Journey(made).go(first).set("_one", value)
    before = eval(held, {"v": journey.get("_one")})
    for version in (second, second, first):
        between(journey)
        journey.go(version)
    assert eval(held, {"v": journey.get("_one")}) == before


def test_what_stands_in_place_of_what_did_not_fit_stays_once_it_is_changed(made: Workshop) -> None:
    text = "import pydantic\nclass P(pydantic.BaseModel):\n    a: {}\n" + HELD
    one, two = (made.states(text.format(a)) for a in ("dict = {}", "list = []"))
    journey = Journey(made).go(one).set("_one", "P(a={'x': 1})").go(two)
    journey.get("_one").a.append(5)
    assert journey.go(made.states(text.format("list = []"))).get("_one").a == [5]


def test_private_attributes_that_are_new_are_made_as_for_a_new_object(made: Workshop) -> None:
    factory = "    _p: list = pydantic.PrivateAttr(default_factory=lambda data: [data['a']])\n"
    one, two = (made.states(MODEL.format("", more) + HELD) for more in ("", factory))
    journey = Journey(made).go(one).set("_one", "P(a=3)").go(two)
    assert (journey.get("_one")._p, journey.told()) == ([3], [])


def test_a_default_that_cannot_be_made_keeps_nobody_where_they_are(made: Workshop) -> None:
    factory = "import dataclasses\ndef fail():\n    raise ValueError\n@dataclasses.dataclass\n"
    text = factory + "class P:\n    a: int = 0\n"
    new = text + "    b: list[int] = dataclasses.field(default_factory=fail)\n"
    journey = Journey(made).go(text + HELD).set("_one", "P(3)").go(new + HELD)
    assert (journey.get("_one").a, journey.get("_one").b) == (3, [])


def test_only_so_much_is_kept(made: Workshop) -> None:
    one, two = made.states(keeper("a: str = ''", "b: str = ''")), made.states(keeper())
    journey = Journey(made).go(one).set("a", f"'x' * {MOST_BYTES}").set("b", "'kept'")
    journey.go(two).go(one)
    assert (journey.get("a"), journey.get("b")) == ("", "kept")


def test_a_connection_is_not_kept_by_a_version_that_has_no_place_for_it(made: Workshop) -> None:
    one, two = made.states(keeper("_a = None")), made.states(keeper())
    journey = Journey(made).go(one)
    journey.state()._a = threading.Lock()
    assert journey.go(two).session.kept["acme/made"].asides == {}


@pytest.mark.parametrize(
    ("size", "values", "taken"),
    [
        (1000, ["x" * 500, "y" * 500, "z"], [True, False, True]),
        (1000, [["x" * 400], [1] * 2000], [True, False]),
        (1000, [1, None, 2.5, b"x"], [True, True, True, True]),
        (1000, [threading.Lock()], [False]),
    ],
)
def test_room_is_taken_until_it_is_full(size: int, values: list[Any], taken: list[bool]) -> None:
    room = Room(size)
    assert [room.take(value) for value in values] == taken


# Whatever the way: back at a version, its values are what they were there

VERSIONS = [
    keeper("a: int = 0", "b: str = ''", "c: list[int] = []"),
    keeper("a: str = ''", "b: str = ''"),
    keeper("a: list[int] = []", "c: dict[str, int] = {}"),
    OTHER,
]
VALUES = {
    "int": st.integers(1),
    "str": st.text(min_size=1),
    "list[int]": st.lists(st.integers(), min_size=1),
    "dict[str, int]": st.dictionaries(st.text(), st.integers(), min_size=1),
}


@pytest.fixture(scope="module")
def four(made: Workshop) -> list[LoadedVersion]:
    return [made.states(text) for text in VERSIONS]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), way=st.lists(st.integers(0, 3), max_size=6), parked=st.booleans())
def test_a_rollback_restores_whatever_was_on_the_way(
    made: Workshop, four: list[LoadedVersion], data: st.DataObject, way: list[int], parked: bool
) -> None:
    """The model: of each var and type, the value that it had last."""
    journey = Journey(made).go(four[0])
    last: dict[tuple[str, str], Any] = {}
    for number in (0, *way, 0):
        if parked:
            journey.restart()
        journey.go(four[number])
        for name, kind in _vars(VERSIONS[number]) if number < 3 else ():
            if (name, kind) in last:
                assert journey.get(name) == last[name, kind]
            if data.draw(st.booleans()):
                value = last[name, kind] = data.draw(VALUES[kind])
                journey.set(name, repr(value))


def _vars(text: str) -> list[tuple[str, str]]:
    lines = [line.strip() for line in text.splitlines() if " = " in line]
    return [(line.split(":")[0], line.split(": ")[1].split(" = ")[0]) for line in lines]
