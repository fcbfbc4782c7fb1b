"""Kinds of values that states hold, on their way from one version to another."""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cell.loading.version import LoadedVersion
from tests.unit.apps.carrying import Journey
from tests.unit.apps.loading import Workshop, workshop

KINDS = """
import collections, dataclasses, datetime, decimal, enum, functools, io, pathlib, threading
import types, typing
import pydantic

T = typing.TypeVar("T")

class Item(pydantic.BaseModel):
    n: int = 0

class Result(pydantic.BaseModel, typing.Generic[T]):
    value: T

class Guarded(pydantic.BaseModel):
    n: int = 0
    _lock: typing.Any = pydantic.PrivateAttr(default_factory=threading.Lock)

@dataclasses.dataclass(frozen=True)
class Point:
    x: typing.Any = 0

class Mood(enum.Enum):
    CALM = "calm"
    BUSY = "busy"

class Day(datetime.date): pass
class Moment(datetime.datetime): pass
class Span(datetime.timedelta): pass
class Price(decimal.Decimal): pass
class Phase(complex): pass
class Notes(types.SimpleNamespace): pass
class Text(io.StringIO): pass
class Plain: pass
class Place(pathlib.PurePosixPath): pass

def hashed_elsewhere():
    place = Place("a", "b")
    place.label = Item(n=1)
    place._hash = hash(place) + 1  # as in a process where texts have other hashes
    return place

class Knot:
    def __init__(self, name):
        self.name = name
        self.all = {self}
        self.c, self.b, self.a = 3, 2, 1
    def __hash__(self):
        return hash(self.name)

class Broken(Exception):
    def __init__(self, what, *more):
        super().__init__(what, *more)
        self.what = what
    def __reduce__(self):
        raise TypeError("nobody pickles this")

def make(): return Item(n=5)
def adder(n): return lambda x: x + n
def caught():
    try:
        raise ValueError(Item(n=1))
    except ValueError as error:
        return error
"""
STATE = """
class Keeper(rx.State):
    _one: typing.Any = None
    _two: typing.Any = None
"""
BODY = KINDS + STATE


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("apps")) as running:
        yield running


@pytest.fixture(scope="module")
def two(made: Workshop) -> tuple[LoadedVersion, LoadedVersion]:
    return made.states(BODY), made.states(BODY)


def check(journey: Journey, code: str) -> bool:
    """Look at the value `v` in the words of the version that the session has."""
    assert journey.version is not None
    namespace = vars(journey.version.package.modules["client_apps.acme.made.entry"])
    return bool(eval(code, namespace, {"v": journey.get("_one")}))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Day(2026, 1, 2)", "v == Day(2026, 1, 2) and type(v) is Day"),
        (
            "Moment(2026, 1, 2, fold=1, tzinfo=datetime.UTC)",
            "type(v) is Moment and v.fold == 1 and v.tzinfo is datetime.UTC and v.year == 2026",
        ),
        ("Span(seconds=3)", "type(v) is Span and v.seconds == 3"),
        ("Price('1.50')", "type(v) is Price and str(v) == '1.50'"),
        ("Phase(1, 2)", "type(v) is Phase and v == 1 + 2j"),
        ("Notes(a=Item(n=1))", "type(v) is Notes and v.a == Item(n=1)"),
        ("Broken('x', Item(n=1))", "type(v) is Broken and v.args == (v.what, Item(n=1))"),
        ("ValueError(Item(n=1))", "v.args == (Item(n=1),)"),
        ("ExceptionGroup('all', [Broken('x')])", "type(v.exceptions[0]) is Broken"),
        ("caught()", "v.args == (Item(n=1),) and v.__traceback__ is None"),
        ("types.SimpleNamespace(a=Item(n=1))", "v.a == Item(n=1)"),
        (
            "hashed_elsewhere()",
            "type(v) is Place and v in {Place('a/b')} and v.label == Item(n=1)",
        ),
        ("Knot('k')", "v in v.all and list(vars(v)) == ['name', 'all', 'c', 'b', 'a']"),
        ("types.MappingProxyType({'a': Item(n=1)})", "v['a'] == Item(n=1)"),
        ("collections.UserDict(a=Item(n=1))", "v['a'] == Item(n=1)"),
        ("collections.UserList([Item(n=1)])", "v[0] == Item(n=1)"),
        ("collections.ChainMap({}, {'a': Item(n=1)})", "v['a'] == Item(n=1)"),
        ("collections.defaultdict(Item, a=Item(n=1))", "v['b'] == Item() and v['a'].n == 1"),
        ("collections.defaultdict(make, a=1)", "v['b'] == Item(n=5) and v['a'] == 1"),
        ("collections.defaultdict(lambda: Item(n=4), a=1)", "v['b'] == Item(n=4) and v['a'] == 1"),
        ("[adder(2), adder(Item)][0]", "v(3) == 5 and v.__globals__['Item'] is Item"),
        (
            "Result[typing.Union[Item, None]](value=None)",
            "type(v) is Result[typing.Union[Item, None]]",
        ),
        ("Result[Item | None](value=None)", "type(v) is Result[Item | None]"),
        ("Result[typing.List[Item]](value=[])", "type(v) is Result[typing.List[Item]]"),
        ("Result[list[Item]](value=[])", "type(v) is Result[list[Item]]"),
        ("[typing.Callable[[Item], int]]", "v == [typing.Callable[[Item], int]]"),
    ],
)
def test_each_kind_is_in_the_next_version_what_it_was(
    made: Workshop, two: tuple[LoadedVersion, LoadedVersion], value: str, expected: str
) -> None:
    journey = Journey(made).go(two[0]).set("_one", value).go(two[1]).go(two[0]).go(two[1])
    assert check(journey, expected)
    assert journey.told() == []
    assert foreign_classes(journey) == []


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("functools.reduce(lambda a, _: [a], range(3000), Item())", "nested too deeply"),
        ("functools.reduce(lambda a, _: [a], range(3000), 1)", "nested too deeply"),
        ("functools.reduce(lambda a, _: Point(a), range(200), Item())", "nested too deeply"),
        ("Text('written')", "an object of StringIO cannot be made anew"),
        ("collections.defaultdict(adder(Keeper), a=Text('x'))", "cannot be made anew"),
    ],
)
def test_what_cannot_be_carried_is_said_and_keeps_no_other_value_from_it(
    made: Workshop, two: tuple[LoadedVersion, LoadedVersion], value: str, why: str
) -> None:
    journey = Journey(made).go(two[0]).set("_one", value).set("_two", "[Item(n=7)]").go(two[1])
    assert journey.get("_one") is None
    assert journey.get("_two") == [journey.find("Item")(n=7)]
    [told] = journey.told()
    assert told.startswith("Keeper._one: ")
    assert why in told


@pytest.mark.parametrize(
    ("value", "line", "instead", "why"),
    [
        (
            "{Point(1): 2}",
            "@dataclasses.dataclass(frozen=True)",
            "@dataclasses.dataclass",
            "unhash",
        ),
        ("{Point(1)}", "@dataclasses.dataclass(frozen=True)", "@dataclasses.dataclass", "unhash"),
        (
            "{Point(1): 2, Point(2): 3}",
            "    x: typing.Any = 0",
            "    y: int = 0",
            "are the same now",
        ),
        ("{Point(1), Point(2)}", "    x: typing.Any = 0", "    y: int = 0", "are the same now"),
        ("{Mood.BUSY: 1}", '    BUSY = "busy"', "", "not a valid Mood"),
        ("Mood.BUSY", "class Mood(enum.Enum)", "class Mood", "it was an Enum"),
        ("Plain()", "class Plain: pass", "def Plain(): pass", "Plain is no longer a class"),
        (
            "Result[int](value=1)",
            "(pydantic.BaseModel, typing.Generic[T])",
            "(pydantic.BaseModel)",
            "Generic",
        ),
    ],
)
def test_a_class_that_cannot_make_it_again_loses_it_until_one_can(
    made: Workshop,
    two: tuple[LoadedVersion, LoadedVersion],
    value: str,
    line: str,
    instead: str,
    why: str,
) -> None:
    journey = Journey(made).go(two[0]).set("_one", value).set("_two", "[Item(n=7)]")
    journey.go(BODY.replace(line, instead))
    assert journey.get("_one") is None
    assert journey.get("_two") == [journey.find("Item")(n=7)]
    [told] = journey.told()
    assert why in told
    journey.go(two[1])
    assert check(journey, "v == " + value if "Plain" not in value else "type(v) is Plain")


LEAVES = st.sampled_from(
    [
        *(
            "1",
            "'x'",
            "None",
            "Item(n=1)",
            "Point(2)",
            "Mood.BUSY",
            "Day(2026, 1, 1)",
            "Item",
            "make",
        ),
        *("Broken('x')", "caught()", "lambda: 0", "Text('x')", "Plain()", "threading.Lock()"),
        *(
            "functools.reduce(lambda a, _: [a], range(500), Item())",
            "collections.defaultdict(make)",
        ),
    ]
)
NESTED = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        str.format,
        st.sampled_from(
            [
                *("[{0}, 1]", "{{'k': {0}}}", "Point({0})", "Result[typing.Any](value={0})"),
                *("({0},)", "collections.UserList([{0}])", "ValueError({0})"),
                *(
                    "collections.defaultdict(lambda: 0, a={0})",
                    "types.MappingProxyType(dict(a={0}))",
                ),
                *("functools.partial(make, {0})", "types.SimpleNamespace(a={0}, b=Item())"),
                *("Broken({0})", "collections.deque([{0}], 3)"),
            ]
        ),
        inner,
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(value=NESTED, restarted=st.booleans())
def test_a_value_is_whole_in_the_next_version_or_something_is_said(
    made: Workshop, two: tuple[LoadedVersion, LoadedVersion], value: str, restarted: bool
) -> None:
    journey = Journey(made).go(two[0]).set("_one", value).set("_two", "Item(n=7)")
    if restarted:
        journey.restart()
    journey.go(two[1])
    assert journey.get("_two") == journey.find("Item")(n=7)
    assert foreign_classes(journey) == []
    assert value == "None" or journey.get("_one") is not None or journey.told()


def foreign_classes(journey: Journey) -> list[type]:
    """Return the classes of the app behind `_one` that are not those of the session's version."""
    seen: set[int] = set()
    waiting: list[Any] = [journey.get("_one")]
    found = []
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, types.ModuleType | types.FunctionType):
            continue
        seen.add(id(item))
        if isinstance(item, type):
            is_app = item.__module__.startswith("client_apps.")
            name = item.__name__.partition("[")[0]
            if is_app and "[" not in item.__name__ and journey.find(name) is not item:
                found.append(item)
        else:
            waiting.extend(gc.get_referents(item))
    return found
