"""State that is carried from version to version."""

from __future__ import annotations

import asyncio
import gc
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bridge.states import instances
from app.cell.attach import attach, current_values, move, take_out
from app.cell.loading.version import LoadedVersion
from app.cell.values.carry import park
from app.cell.values.packed import Former
from tests.unit.apps.loading import Workshop, workshop

TYPES = """
import dataclasses, enum, typing
import pydantic, pydantic.dataclasses

class Mood(enum.Enum):
    CALM = "calm"
    BUSY = "busy"

class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2

@dataclasses.dataclass
class Point:
    x: int = 0
    inner: typing.Any = None

@dataclasses.dataclass(frozen=True, slots=True)
class Fixed:
    x: int = 0
    inner: typing.Any = None

class Item(pydantic.BaseModel):
    x: int = 0
    inner: typing.Any = None

T = typing.TypeVar("T")

class Draft(pydantic.BaseModel):
    x: int = pydantic.Field(0, gt=0)
    inner: typing.Any = None
    _seen: typing.Any = pydantic.PrivateAttr(None)
    @pydantic.model_validator(mode="after")
    def never_again(self):
        raise ValueError("nobody validates this")

class Result(pydantic.BaseModel, typing.Generic[T]):
    x: T
    inner: typing.Any = None

@pydantic.dataclasses.dataclass
class Checked:
    x: int = pydantic.Field(0, gt=0)
    inner: typing.Any = None

class Pair(typing.NamedTuple):
    x: int
    inner: typing.Any

class Plain:
    def __init__(self, x, inner):
        self.x = x
        self.inner = inner

class Name(str):
    pass

class Tags(list):
    pass
"""

STATES = """
class Keeper(rx.State):
    _anything: typing.Any = None
    number: int = 0
    _hidden: typing.Any = None
    _untyped = None

class Below(Keeper):
    _more: typing.Any = None
"""

BODY = TYPES + STATES


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("apps")) as running:
        yield running


@pytest.fixture(scope="module")
def three(made: Workshop) -> tuple[LoadedVersion, ...]:
    """Three versions of the same app; the last has a var more."""
    bodies = (BODY, BODY, BODY + "    added: int = 5\n")
    return tuple(made.states(body) for body in bodies)


def find(version: LoadedVersion, name: str) -> Any:
    return getattr(version.package.modules["client_apps.acme.made.entry"], name)


def state(root: Any, version: LoadedVersion, name: str = "Keeper") -> Any:
    return root.get_substate(find(version, name).get_full_name().split("."))


# A value is described without classes, so that it can be built for one version and looked at in
# another: ("Point", x, inner), ("Mood", member), ("list", …), or plain data.
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.floats(allow_nan=False),
    st.binary(max_size=3),
    st.tuples(st.just("Mood"), st.sampled_from(["CALM", "BUSY"])),
    st.tuples(st.just("Level"), st.sampled_from(["LOW", "HIGH"])),
    st.tuples(st.just("Name"), st.text(max_size=4)),
)


OWNERS = ["Point", "Fixed", "Item", "Draft", "Result", "Checked", "Pair", "Plain"]


def _nest(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    owners = st.sampled_from(OWNERS)
    lists = st.sampled_from(["list", "tuple", "deque", "Tags"])
    dicts = st.sampled_from(["dict", "OrderedDict", "defaultdict"])
    return st.one_of(
        st.tuples(owners, st.integers(), inner),
        st.tuples(lists, st.lists(inner, max_size=3)),
        st.tuples(dicts, st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    )


DESCRIBED = st.recursive(LEAVES, _nest, max_leaves=12)


def build(version: LoadedVersion, described: Any) -> Any:
    if not isinstance(described, tuple):
        return described
    kind, *rest = described
    if kind in ("Mood", "Level"):
        return find(version, kind)[rest[0]]
    if kind == "Name":
        return find(version, kind)(rest[0])
    if kind in ("list", "tuple", "deque", "Tags"):
        items = [build(version, item) for item in rest[0]]
        builtin = {"list": list, "tuple": tuple, "deque": deque}
        return (builtin.get(kind) or find(version, kind))(items)
    if kind in ("dict", "OrderedDict", "defaultdict"):
        items = {key: build(version, item) for key, item in rest[0].items()}
        types: dict[str, Any] = {"dict": dict, "OrderedDict": OrderedDict}
        return types[kind](items) if kind in types else defaultdict(list, items)
    x, inner = rest
    made = {"x": x, "inner": build(version, inner)}
    if kind == "Result":
        return find(version, kind)[int](**made)
    if kind == "Draft":
        draft = find(version, kind).model_construct(**made)
        draft._seen = made["inner"]
        return draft
    if kind == "Checked":
        checked = find(version, kind)(x=1, inner=made["inner"])
        checked.x = x
        return checked
    return find(version, kind)(**made)


def describe(version: LoadedVersion, value: Any) -> Any:
    """Undo `build`; every class of the app must be this version's."""
    cls = type(value)
    if cls.__name__ == "Result[int]":
        assert cls is find(version, "Result")[int]
    elif cls.__module__.startswith("client_apps."):
        assert cls is find(version, cls.__name__)
    kind = cls.__name__.removesuffix("[int]")
    if kind in ("Mood", "Level"):
        return (kind, value.name)
    if kind == "Name":
        return (kind, str(value))
    if kind in ("list", "tuple", "deque", "Tags"):
        return (kind, [describe(version, item) for item in value])
    if kind in ("dict", "OrderedDict", "defaultdict"):
        return (kind, {key: describe(version, item) for key, item in value.items()})
    if kind == "Draft":
        assert value._seen is value.inner
    if kind in OWNERS:
        return (kind, value.x, describe(version, value.inner))
    return value


@settings(max_examples=150, deadline=None)
@given(
    values=st.fixed_dictionaries(
        {
            "_anything": DESCRIBED,
            "number": st.integers(),
            "_hidden": DESCRIBED,
            "_untyped": DESCRIBED,
        }
    ),
    more=DESCRIBED,
    journey=st.lists(st.integers(0, 2), max_size=5),
)
def test_values_survive_any_number_of_swaps_and_rollbacks(
    made: Workshop,
    three: tuple[LoadedVersion, ...],
    values: dict[str, Any],
    more: Any,
    journey: list[int],
) -> None:
    session, root = made.session()
    version = three[0]
    attach(session, root, version)
    for name, described in values.items():
        instances.set_raw(state(root, version), name, build(version, described))
    instances.set_raw(state(root, version, "Below"), "_more", build(version, more))
    for number in journey:
        version = three[number]
        assert attach(session, root, version) == ()
    keeper = state(root, version)
    found = {name: instances.without_proxy(getattr(keeper, name)) for name in values}
    assert {name: describe(version, value) for name, value in found.items()} == values
    below = instances.without_proxy(state(root, version, "Below")._more)
    assert describe(version, below) == more


@settings(max_examples=50, deadline=None)
@given(described=DESCRIBED)
def test_values_put_aside_hold_no_class_of_the_app(
    made: Workshop, three: tuple[LoadedVersion, ...], described: Any
) -> None:
    session, root = made.session()
    attach(session, root, three[0])
    instances.set_raw(state(root, three[0]), "_anything", build(three[0], described))
    take_out(session, root, three[0])
    assert not _classes_in(session.parked["acme/made"])


def _classes_in(value: Any) -> list[type]:
    seen, waiting, found = set(), [value], []
    while waiting:
        item = waiting.pop()
        foreign = isinstance(item, type) and not item.__module__.startswith("client")
        if foreign or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, type):
            found.append(item)
        waiting.extend(r for r in gc.get_referents(item) if not callable(r) or isinstance(r, type))
    return found


def carried(made: Workshop, before: str, value: str, after: str, **entry: Any) -> tuple[Any, Any]:
    """Move a session that has this value; return its state then, and what was lost."""
    first = made.states(before)
    session, root = made.session()
    attach(session, root, first)
    held = eval(value, vars(first.package.modules["client_apps.acme.made.entry"]))
    instances.set_raw(state(root, first), "_anything", held)
    second = made.states(after, **entry)
    lost = attach(session, root, second)
    return state(root, second), tuple(one.name for one in lost)


def test_an_object_is_the_same_object_wherever_a_value_refers_to_it(made: Workshop) -> None:
    keeper, _ = carried(made, BODY, "(lambda p: [p, p, Point(1, p)])(Point(7))", BODY)
    one, two, around = vars(keeper)["_anything"]
    assert one is two is around.inner


def test_objects_that_refer_to_each_other_are_carried(made: Workshop) -> None:
    value = "(lambda p: setattr(p, 'inner', [p]) or p)(Point(7))"
    keeper, lost = carried(made, BODY, value, BODY)
    point = vars(keeper)["_anything"]
    assert point.inner[0] is point
    assert lost == ()


def test_a_field_that_was_added_has_its_default_and_one_that_was_removed_is_gone(
    made: Workshop,
) -> None:
    after = BODY.replace("class Point:\n    x: int = 0", "class Point:\n    y: int = 3")
    keeper, lost = carried(made, BODY, "Point(7, 'kept')", after)
    point = vars(keeper)["_anything"]
    assert (point.y, point.inner, hasattr(point, "x")) == (3, "kept", False)
    assert lost == ()


def test_a_field_that_was_added_without_a_default_keeps_the_list_and_says_what_is_missing(
    made: Workshop,
) -> None:
    after = BODY.replace("class Point:\n    x: int = 0", "class Point:\n    y: int\n    x: int = 0")
    first = made.states(BODY)
    session, root = made.session()
    attach(session, root, first)
    point = find(first, "Point")
    instances.set_raw(state(root, first), "_anything", [point(7), point(8)])
    second = made.states(after)
    [lost] = attach(session, root, second)
    found = vars(state(root, second))["_anything"]
    assert [(one.x, one.y) for one in found] == [(7, 0), (8, 0)]
    why = "Point.y is new and has no default, so it is 0 (2 times)"
    assert str(lost) == f"Keeper._anything: {why}"
    assert lost.file == "entry.py"


def test_a_class_that_is_gone_loses_the_value_and_says_so(made: Workshop) -> None:
    after = BODY.replace("Plain", "Renamed")
    keeper, lost = carried(made, BODY, "{'a': Plain(1, 2)}", after)
    assert keeper._anything is None
    assert lost == ("Keeper._anything",)


def test_a_member_that_is_gone_is_found_by_its_value(made: Workshop) -> None:
    keeper, lost = carried(made, BODY, "Mood.CALM", BODY.replace("CALM", "QUIET"))
    assert keeper._anything.name == "QUIET"
    assert lost == ()


def test_a_field_of_a_model_that_has_another_type_takes_what_is_of_that_type(
    made: Workshop,
) -> None:
    after = BODY.replace("BaseModel):\n    x: int = 0", "BaseModel):\n    x: bool = False")
    assert carried(made, BODY, "Item(x=1)", after)[0]._anything.x is True
    keeper, lost = carried(made, BODY, "Item(x=7, inner='kept')", after)
    assert (keeper._anything.x, keeper._anything.inner) == (False, "kept")
    assert lost == ("Keeper._anything",)


def test_a_model_with_aliases_is_carried_by_its_own_names(made: Workshop) -> None:
    aliased = BODY.replace(
        "BaseModel):\n    x: int = 0", "BaseModel):\n    x: int = pydantic.Field(0, alias='eks')"
    )
    keeper, lost = carried(made, aliased, "Item(eks=4)", aliased)
    assert (keeper._anything.x, lost) == (4, ())


def test_what_cannot_be_copied_is_handed_over_as_it_is(made: Workshop) -> None:
    keeper, lost = carried(made, BODY, "[__import__('threading').Lock(), Point(1)]", BODY)
    assert vars(keeper)["_anything"][0].acquire(blocking=False)
    assert lost == ()


def test_classes_and_functions_of_the_app_become_those_of_the_new_version(made: Workshop) -> None:
    keeper, _ = carried(made, BODY, "[Point, index, __import__('collections').Counter]", BODY)
    cls, function, foreign = vars(keeper)["_anything"]
    assert cls.__init__.__globals__ is function.__globals__
    assert foreign.__name__ == "Counter"


def test_a_value_behind_reflexs_proxy_is_carried(made: Workshop) -> None:
    first = made.states(BODY)
    session, root = made.session()
    attach(session, root, first)
    state(root, first)._anything = [find(first, "Point")(3)]
    point = state(root, first)._anything[0]
    assert type(point) is not find(first, "Point")
    instances.set_raw(state(root, first), "_hidden", {"point": point})
    second = made.states(BODY)
    attach(session, root, second)
    assert type(vars(state(root, second))["_hidden"]["point"]) is find(second, "Point")


# Vars that come, go and change


VARS = "class Keeper(rx.State):\n{vars}"


def moved(made: Workshop, before: str, values: dict[str, Any], after: str, **entry: Any) -> Any:
    """Move a session with these values of Keeper's vars from one declaration to another."""
    first = made.states(VARS.format(vars=before))
    session, root = made.session()
    attach(session, root, first)
    for name, value in values.items():
        setattr(state(root, first), name, value)
    second = made.states(VARS.format(vars=after), **entry)
    lost = attach(session, root, second)
    return state(root, second), tuple(one.name for one in lost)


def test_a_var_that_is_new_starts_at_its_default(made: Workshop) -> None:
    keeper, lost = moved(made, "    a: int = 1", {"a": 5}, "    a: int = 1\n    b: int = 2")
    assert (keeper.a, keeper.b, lost) == (5, 2, ())


def test_a_var_that_is_removed_is_forgotten_without_a_word(made: Workshop) -> None:
    keeper, lost = moved(made, "    a: int = 1\n    b: int = 2", {"b": 5}, "    a: int = 1")
    assert (keeper.a, hasattr(keeper, "b"), lost) == (1, False, ())


@pytest.mark.parametrize(
    ("before", "value", "after", "expected", "lost"),
    [
        ("int = 1", 5, "str = ''", "", ("Keeper.a",)),
        ("int = 1", 5, "int | None = None", 5, ()),
        ("list[int] = []", [1], "list[int | str] = []", [1], ()),
        ("int | None = 5", None, "int = 1", 1, ("Keeper.a",)),
        ("int | None = None", None, "int = 1", 1, ()),
        ("list[int] = []", [1], "list[str] = []", [], ("Keeper.a",)),
        ("list[int] = []", [1], "dict[str, int] = {}", {}, ("Keeper.a",)),
        ("str = ''", "5", "bytes | str = b''", "5", ()),
    ],
)
def test_a_var_whose_type_changed_keeps_a_value_that_fits(
    made: Workshop, before: str, value: Any, after: str, expected: Any, lost: tuple[str, ...]
) -> None:
    keeper, told = moved(made, f"    a: {before}", {"a": value}, f"    a: {after}")
    assert (keeper.a, told) == (expected, lost)


def test_a_session_that_never_changed_a_var_gets_the_new_default(made: Workshop) -> None:
    keeper, _ = moved(made, "    a: int = 1", {}, "    a: int = 2")
    assert keeper.a == 2


def shown(made: Workshop, before: str, after: str, *, change: str = "", **entry: Any) -> Any:
    """Move a session of which every var was shown, and then one was changed in place."""
    first = made.states(VARS.format(vars=before))
    session, root = made.session()
    attach(session, root, first)
    keeper = state(root, first)
    for name in type(keeper).__fields__:
        getattr(keeper, name)
    exec(change, {"keeper": keeper})
    second = made.states(VARS.format(vars=after), **entry)
    assert attach(session, root, second) == ()
    return state(root, second)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a: int = 1", "a: int = 2", 2),
        ("_a: int = 1", "_a: int = 2", 2),
        ("a: list[str] = ['x']", "a: list[str] = ['x', 'y']", ["x", "y"]),
        ("a: dict[str, int] = {}", "a: dict[str, int] = {'x': 1}", {"x": 1}),
        ("a: str | None = None", "a: str | None = 'x'", "x"),
        ("a: str = rx.LocalStorage('x')", "a: str = rx.LocalStorage('y')", "y"),
    ],
)
def test_a_var_that_was_shown_and_never_changed_gets_the_new_default(
    made: Workshop, before: str, after: str, expected: Any
) -> None:
    keeper = shown(made, f"    {before}", f"    {after}")
    assert getattr(keeper, before.partition(":")[0]) == expected


@pytest.mark.parametrize(
    ("before", "change", "expected"),
    [
        ("a: list[int] = [1]", "keeper.a.append(2)", [1, 2]),
        ("a: int = 1", "keeper.a = True", True),  # equal, and yet another value
        ("a: int = rx.field(default_factory=lambda: 7)", "", 7),  # made for the session
    ],
)
def test_a_value_that_is_not_the_default_stays_whatever_the_new_default_is(
    made: Workshop, before: str, change: str, expected: Any
) -> None:
    after = before.replace("[1]", "[]").replace("= 1", "= 3").replace("7", "8")
    kept = shown(made, f"    {before}", f"    {after}", change=change).a
    assert kept == expected
    assert type(instances.without_proxy(kept)) is type(expected)


def test_a_value_stays_that_happens_to_be_the_default_of_a_version_on_the_way(
    made: Workshop,
) -> None:
    versions = [made.states(VARS.format(vars=f"    a: str = {text!r}")) for text in "abc"]
    session, root = made.session()
    attach(session, root, versions[0])
    state(root, versions[0]).a = "b"
    for number in (1, 2, 0):
        attach(session, root, versions[number])
        assert state(root, versions[number]).a == "b"


def test_upgrade_is_given_defaults_too_and_what_it_makes_of_them_counts(made: Workshop) -> None:
    upgrade = """
    @classmethod
    def upgrade(cls, state, values, previous):
        return {**values, "a": values["a"] + 10}
"""
    vars_ = "    a: int = 1\n    b: int = 1"
    keeper = shown(made, vars_, vars_.replace("1", "2"), extra=upgrade)
    assert (keeper.a, keeper.b) == (11, 2)


def test_defaults_of_one_session_are_not_those_of_another(made: Workshop) -> None:
    version = made.states(VARS.format(vars="    a: list[int] = []"))
    (one, first), (two, second) = made.session(), made.session()
    attach(one, first, version)
    attach(two, second, version)
    state(first, version).a.append(1)
    assert state(second, version).a == []


def test_vars_of_a_mixin_are_carried(made: Workshop) -> None:
    body = "class Mixin(rx.State, mixin=True):\n    m: int = 0\nclass Keeper(Mixin, rx.State): ..."
    first = made.states(body)
    session, root = made.session()
    attach(session, root, first)
    state(root, first).m = 3
    second = made.states(body)
    attach(session, root, second)
    assert state(root, second).m == 3


# The hook


def hook(code: str) -> dict[str, str]:
    return {
        "extra": "    @classmethod\n    def upgrade(cls, state, values, previous):\n"
        + "".join(f"        {line}\n" for line in code.splitlines())
    }


def test_upgrade_renames_a_var(made: Workshop) -> None:
    keeper, lost = moved(
        made,
        "    old: int = 1",
        {"old": 5},
        "    new: int = 0",
        **hook(
            "assert (state, previous) == ('Keeper', '1.0.0')\nreturn {'new': values['old'] * 2}"
        ),
    )
    assert (keeper.new, lost) == (10, ())


def test_upgrade_removes_a_value(made: Workshop) -> None:
    keeper, lost = moved(made, "    a: int = 1", {"a": 5}, "    a: int = 1", **hook("return {}"))
    assert (keeper.a, lost) == (1, ())


def test_what_upgrade_returns_must_fit_the_var(made: Workshop) -> None:
    keeper, lost = moved(
        made, "    a: int = 1", {"a": 5}, "    a: int = 1", **hook("return {'a': 'text'}")
    )
    assert (keeper.a, lost) == (1, ("Keeper.a",))


def test_upgrade_sees_what_an_object_held_whose_class_is_gone(made: Workshop) -> None:
    after = BODY.replace("class Plain", "class Renamed")
    code = "old = values['_anything'][0]\nreturn {'_anything': [Point(old.x, old.inner.name)]}"
    keeper, lost = carried(made, BODY, "[Plain(4, Mood.CALM)]", after, **hook(code))
    assert (keeper._anything[0].x, keeper._anything[0].inner, lost) == (4, "CALM", ())


def test_an_object_without_a_class_is_not_left_in_a_var(made: Workshop) -> None:
    after = BODY.replace("class Plain", "class Renamed")
    keeper, lost = carried(made, BODY, "[Plain(4, 1)]", after, **hook("return values"))
    assert (keeper._anything, lost) == (None, ("Keeper._anything",))


def test_upgrade_that_raises_leaves_the_session_with_the_version_it_has(made: Workshop) -> None:
    first = made.states(BODY)
    session, root = made.session()
    attach(session, root, first)
    keeper = state(root, first)
    keeper.number = 5
    bad = made.states(BODY, **hook("raise ValueError('no')"))
    with pytest.raises(ValueError, match="no"):
        asyncio.run(move(session, root, bad))
    assert session.attached == {"acme/made": first}
    assert state(root, first) is keeper
    assert keeper.number == 5
    assert session.parked == {}
    good = made.states(BODY)
    asyncio.run(move(session, root, good))
    assert state(root, good).number == 5


def test_a_computed_var_that_raises_leaves_the_session_with_the_version_it_has(
    made: Workshop,
) -> None:
    first = made.states(BODY)
    session, root = made.session()
    attach(session, root, first)
    state(root, first).number = 5
    bad = made.states(
        BODY + "    @rx.var\n    def broken(self) -> int:\n        return 1 // (self.number - 5)\n"
    )
    with pytest.raises(ZeroDivisionError):
        asyncio.run(move(session, root, bad))
    assert state(root, first).number == 5
    assert asyncio.run(current_values(session, root, first))


def test_a_former_object_looks_like_what_it_was() -> None:
    assert Former(x=1).x == 1


def test_parked_values_carry_the_authors_version(made: Workshop) -> None:
    version = made.states(BODY, version="2.5")
    session, root = made.session()
    attach(session, root, version)
    assert park(instances.find(root, version.tree), version).version == "2.5"
