"""Objects of an app's classes, built again from the classes of another version."""

from __future__ import annotations

from collections.abc import Iterator

import pydantic as PYDANTIC
import pytest

from tests.unit.apps.carrying import Journey
from tests.unit.apps.loading import Workshop, workshop

IMPORTS = """
import collections, dataclasses, datetime, enum, functools, queue, typing
import pydantic, pydantic.dataclasses
from typing import Annotated, Any, Generic, Literal, TypeVar
"""

KEEPER = """
class Keeper(rx.State):
    _value: Any = None
    _typed: {type} = {default}
"""


def body(classes: str = "", *, type: str = "Any", default: str = "None") -> str:
    return IMPORTS + classes + KEEPER.format(type=type, default=default)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("apps")) as running:
        yield running


def swapped(made: Workshop, classes: str, value: str, after: str | None = None) -> Journey:
    """Move a session that has this value to a version with the same classes, or with others."""
    journey = Journey(made).go(body(classes)).set("_value", value)
    return journey.go(body(classes if after is None else after))


# Pydantic: nothing is validated again


def test_a_draft_that_is_not_valid_yet_is_carried(made: Workshop) -> None:
    model = (
        "class Person(pydantic.BaseModel):\n    mail: str = pydantic.Field('a@b', pattern='@')\n"
    )
    journey = Journey(made).go(body(model)).set("_value", "Person()")
    journey.state()._value.mail = "not yet"
    journey.go(body(model))
    assert (journey.get("_value").mail, journey.lost) == ("not yet", ())
    assert isinstance(journey.get("_value"), journey.find("Person"))


def test_what_is_outside_its_type_stays_as_it_is_while_the_type_does(made: Workshop) -> None:
    model = "class Form(pydantic.BaseModel):\n    age: int = 0\n"
    journey = Journey(made).go(body(model)).set("_value", "Form()")
    journey.state()._value.age = "thirty"
    journey.go(body(model))
    assert (journey.get("_value").age, journey.lost) == ("thirty", ())


def test_a_validator_that_changes_what_it_gets_runs_once_only(made: Workshop) -> None:
    model = """
class Coded(pydantic.BaseModel):
    code: str = ""
    @pydantic.field_validator("code")
    @classmethod
    def mark(cls, value): return f"<{value}>"
    @pydantic.model_validator(mode="after")
    def whole(self):
        object.__setattr__(self, "code", self.code + "!")
        return self
"""
    assert swapped(made, model, "Coded(code='x')").get("_value").code == "<x>!"


def test_private_attributes_and_which_fields_were_set_are_carried(made: Workshop) -> None:
    model = """
class Hidden(pydantic.BaseModel):
    a: int = 0
    b: int = 0
    _seen: int = pydantic.PrivateAttr(0)
    def bump(self):
        self._seen += 1
        return self
"""
    value = swapped(made, model, "Hidden(a=1).bump()").get("_value")
    assert (value._seen, value.model_fields_set) == (1, {"a"})


def test_a_default_that_somebody_set_is_set(made: Workshop) -> None:
    model = "class Form(pydantic.BaseModel):\n    a: int = 0\n"
    journey = Journey(made).go(body(model, type="Form", default="Form()"))
    journey.set("_typed", "Form(a=0)").go(body(model, type="Form", default="Form()"))
    assert journey.get("_typed").model_fields_set == {"a"}


@pytest.mark.parametrize("extra", ["forbid", "allow"])
def test_strict_and_frozen_models_are_carried(made: Workshop, extra: str) -> None:
    model = f"""
class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True, frozen=True, extra={extra!r})
    n: int = 0
"""
    arguments = "n=5, more=[1]" if extra == "allow" else "n=5"
    value = swapped(made, model, f"Strict({arguments})").get("_value")
    assert value.n == 5
    assert (value.model_extra or {}) == ({"more": [1]} if extra == "allow" else {})
    with pytest.raises(ValueError, match="frozen"):
        value.n = 6


GENERIC = """
T = TypeVar("T")
class Item(pydantic.BaseModel):
    x: int = 0
class Result(pydantic.BaseModel, Generic[T]):
    value: T
    rest: list[T] = []
    following: "Result[T] | None" = None
class Items(pydantic.RootModel[list[Item]]): ...
"""


@pytest.mark.parametrize(
    "value",
    [
        "Result[Item](value=Item(x=1), rest=[Item(x=2)])",
        "Result[int](value=3)",
        "Result[Result[Item]](value=Result[Item](value=Item()))",
        "Result[list[Item] | None](value=[Item()])",
        "Result[Item](value=Item(), following=Result[Item](value=Item(x=7)))",
        "Items([Item(x=1), Item(x=2)])",
        "pydantic.RootModel[list[Item]]([Item(x=4)])",
        "pydantic.RootModel[dict[str, Item]]({'a': Item(x=4)})",
    ],
)
def test_generic_and_root_models_are_of_the_new_classes(made: Workshop, value: str) -> None:
    journey = swapped(made, GENERIC, value)
    assert journey.lost == ()
    namespace = vars(journey.find("Keeper")) | {n: journey.find(n) for n in ("Result", "Items")}
    expected = eval(value, {**namespace, "Item": journey.find("Item"), "pydantic": PYDANTIC})
    found = journey.get("_value")
    assert (found, type(found)) == (expected, type(expected))


def test_a_var_declared_with_a_generic_model_keeps_its_value(made: Workshop) -> None:
    text = body(GENERIC, type="list[Result[int]]", default="[]")
    journey = Journey(made).go(text).set("_typed", "[Result[int](value=1)]").go(text)
    assert [one.value for one in journey.get("_typed")] == [1]
    assert type(journey.get("_typed")[0]) is journey.find("Result")[int]


def test_members_of_discriminated_unions_and_literals_are_carried(made: Workshop) -> None:
    classes = """
class Cat(pydantic.BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9
class Dog(pydantic.BaseModel):
    kind: Literal["dog"] = "dog"
class Owner(pydantic.BaseModel):
    pet: Annotated[Cat | Dog, pydantic.Field(discriminator="kind")]
"""
    journey = swapped(made, classes, "[Owner(pet=Dog()), Owner(pet=Cat(lives=3))]")
    assert [type(one.pet).__name__ for one in journey.get("_value")] == ["Dog", "Cat"]
    assert journey.get("_value")[1].pet.lives == 3


def test_a_type_with_a_validator_in_it_is_the_same_type_in_another_version(made: Workshop) -> None:
    classes = """
def mark(text): return text + "!"
Marked = Annotated[str, pydantic.AfterValidator(mark)]
"""
    text = body(classes, type="Marked", default="''")
    journey = Journey(made).go(text).set("_typed", "'x'").go(text)
    assert (journey.get("_typed"), journey.lost) == ("x", ())


def test_dataclasses_of_pydantic_are_carried_as_they_are(made: Workshop) -> None:
    classes = """
@pydantic.dataclasses.dataclass(config=pydantic.ConfigDict(validate_assignment=True))
class Amount:
    n: int = pydantic.Field(1, gt=0)
    tags: list[str] = pydantic.Field(default_factory=list)
"""
    grown = classes + "    more: list[str] = pydantic.Field(default_factory=lambda: ['new'])\n"
    journey = Journey(made).go(body(classes)).set("_value", "Amount(n=2, tags=['a'])")
    object.__setattr__(journey.get("_value"), "n", -1)
    value = journey.go(body(grown)).get("_value")
    assert (value.n, value.tags, value.more) == (-1, ["a"], ["new"])


def test_a_library_s_model_that_holds_nothing_of_the_app_stays_the_object_it_is(
    made: Workshop,
) -> None:
    journey = Journey(made).go(body()).set("_value", "pydantic.RootModel[list[int]]([1])")
    before = journey.get("_value")
    assert journey.go(body()).get("_value") is before


# Other objects


def test_attributes_that_a_dataclass_made_for_itself_are_carried(made: Workshop) -> None:
    classes = """
@dataclasses.dataclass
class Search:
    text: str = ""
    def __post_init__(self): self.hits = [self.text]
    @functools.cached_property
    def long(self): return "{}" + self.text
"""
    journey = Journey(made).go(body(classes.format("old "))).set("_value", "Search('x')")
    assert journey.get("_value").long == "old x"
    journey.get("_value").hits.append("y")
    value = journey.go(body(classes.format("new "))).get("_value")
    assert (value.hits, value.long) == (["x", "y"], "new x")


def test_objects_around_built_in_values_are_carried_without_running_their_code(
    made: Workshop,
) -> None:
    classes = """
class Shout(str):
    def __new__(cls, text): return super().__new__(cls, text.upper() + "!")
class Tags(list):
    def __init__(self, first, second): super().__init__([first, second])
class Counts(collections.OrderedDict): ...
class Groups(collections.defaultdict): ...
class Last(collections.deque): ...
"""
    value = (
        "[Shout('a'), Tags(1, 2), Counts(b=1, a=2), Groups(list, a=[1]), Last([1, 2, 3], maxlen=2)]"
    )
    journey = swapped(made, classes, value)
    shout, tags, counts, groups, last = journey.get("_value")
    assert (shout, tags, list(counts.items())) == ("A!", [1, 2], [("b", 1), ("a", 2)])
    groups["b"].append(2)
    last.append(4)
    assert (dict(groups), list(last)) == ({"a": [1], "b": [2]}, [3, 4])


def test_methods_and_partials_of_the_app_call_the_new_version(made: Workshop) -> None:
    classes = """
class Rule:
    def __init__(self, n): self.n = n
    def check(self, more): return ("{0}", self.n, more)
def add(a, b): return ("{0}", a, b)
"""
    journey = Journey(made).go(body(classes.format("old")))
    journey.set("_value", "[Rule(1).check, functools.partial(add, 1)]")
    method, partial = journey.go(body(classes.format("new"))).get("_value")
    assert (method(2), partial(2)) == (("new", 1, 2), ("new", 1, 2))


def test_two_vars_that_hold_one_object_hold_one_after_a_swap(made: Workshop) -> None:
    classes = "class Item(pydantic.BaseModel):\n    x: int = 0\n"
    journey = Journey(made).go(body(classes)).set("_value", "[Item(x=1)]")
    journey.state()._typed = journey.get("_value")[0]
    journey.go(body(classes))
    assert journey.get("_typed") is journey.get("_value")[0]


# What a class has no place for


POINT = "@dataclasses.dataclass\nclass Point:\n{}"
FORM = "class Point(pydantic.BaseModel):\n{}"
SLOTS = "@dataclasses.dataclass(frozen=True, slots=True)\nclass Point:\n{}"
TUPLE = "class Point(typing.NamedTuple):\n{}"
KINDS = pytest.mark.parametrize("kind", [POINT, FORM, SLOTS, TUPLE])


@KINDS
def test_a_field_that_was_removed_comes_back_with_a_rollback(made: Workshop, kind: str) -> None:
    one = made.states(body(kind.format("    x: int = 0\n    y: str = ''\n")))
    two = made.states(body(kind.format("    x: int = 0\n")))
    three = made.states(body(kind.format("    x: int = 0\n    z: int = 1\n")))
    journey = Journey(made).go(one).set("_value", "[Point(x=1, y='a'), Point(x=2, y='b')]")
    journey.go(two)
    assert not hasattr(journey.get("_value")[0], "y")
    if kind in (POINT, FORM):
        journey.get("_value")[0].x = 5
    journey.go(three).go(one)
    changed = 5 if kind in (POINT, FORM) else 1
    assert [(p.x, p.y) for p in journey.get("_value")] == [(changed, "a"), (2, "b")]
    assert journey.lost == ()


@KINDS
def test_a_field_with_another_type_says_so_and_has_its_value_again_after_a_rollback(
    made: Workshop, kind: str
) -> None:
    one = made.states(body(kind.format("    x: int = 0\n    y: str = ''\n")))
    two = made.states(
        body(
            kind.format("    x: list[int] = []\n    y: str = ''\n").replace(
                "= []",
                "= dataclasses.field(default_factory=list)" if "dataclass" in kind else "= []",
            )
        )
    )
    journey = Journey(made).go(one).set("_value", "[Point(x=1, y='a')]").go(two)
    assert [(p.x, p.y) for p in journey.get("_value")] == [([], "a")]
    assert journey.told() == ["Keeper._value: Point.x cannot hold its old value, so it is []"]
    journey.go(one)
    assert [(p.x, p.y) for p in journey.get("_value")] == [(1, "a")]


@KINDS
def test_a_field_without_a_default_has_what_a_var_without_one_has(
    made: Workshop, kind: str
) -> None:
    before, after = kind.format("    x: int\n"), kind.format("    x: int\n    y: str\n")
    journey = swapped(made, before, "[Point(x=1)]", after)
    assert [(p.x, p.y) for p in journey.get("_value")] == [(1, "")]
    assert journey.told() == ["Keeper._value: Point.y is new and has no default, so it is ''"]


def test_a_member_that_is_gone_costs_only_the_field_that_had_it(made: Workshop) -> None:
    point = POINT.format("    x: int = 0\n    mood: Any = None\n")
    mood = "class Mood(enum.Enum):\n    CALM = 1\n{}"
    one = made.states(body(mood.format("    BUSY = 2\n") + point))
    two = made.states(body(mood.format("") + point))
    journey = Journey(made).go(one).set("_value", "[Point(1, Mood.BUSY), Point(2, Mood.CALM)]")
    journey.go(two)
    calm = journey.find("Mood").CALM
    assert [(p.x, p.mood) for p in journey.get("_value")] == [(1, None), (2, calm)]
    assert any("Point.mood" in text for text in journey.told())
    busy = journey.go(one).find("Mood").BUSY
    assert [p.mood for p in journey.get("_value")] == [busy, journey.find("Mood").CALM]


def test_private_and_extra_attributes_come_back_with_a_rollback(made: Workshop) -> None:
    one = made.states(
        body(
            FORM.format(
                "    model_config = pydantic.ConfigDict(extra='allow')\n"
                "    _seen: int = pydantic.PrivateAttr(0)\n"
            )
        )
    )
    two = made.states(body(FORM.format("    x: int = 0\n")))
    journey = Journey(made).go(one).set("_value", "Point(more=1)")
    journey.get("_value")._seen = 3
    journey.go(two).go(one)
    assert (journey.get("_value").model_extra, journey.get("_value")._seen) == ({"more": 1}, 3)


def test_a_model_that_became_a_plain_class_or_a_dataclass_keeps_what_it_held(
    made: Workshop,
) -> None:
    form = FORM.format("    x: int = 0\n")
    plain = "class Point:\n    def __init__(self, x): self.x = x\n"
    for other in (POINT.format("    x: int = 0\n"), plain):
        assert swapped(made, form, "Point(x=3)", other).get("_value").x == 3
        assert swapped(made, other, "Point(x=3)", form).get("_value").x == 3


# What hangs on something that stays behind


def test_a_lambda_cannot_outlive_the_server_and_says_so(made: Workshop) -> None:
    journey = Journey(made).go(body()).set("_value", "[lambda: 3]")
    journey.restart()
    journey.go(body())
    assert journey.get("_value") is None
    [told] = journey.told()
    assert told.startswith("Keeper._value: it holds what cannot outlive the server")


def test_a_state_in_a_var_is_refused_with_the_name_of_the_var(made: Workshop) -> None:
    journey = Journey(made).go(body())
    journey.state()._value = {"me": journey.state()}
    journey.go(body())
    assert journey.get("_value") is None
    assert journey.told() == [
        "Keeper._value: it holds a state; take it with get_state when it is needed"
    ]
