"""An app's `upgrade` rewrites the values of a session on their way into another version."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from app.cell.attach import move, rehearse
from app.rules.signatures import WrongUpgrade
from tests.unit.apps.carrying import Journey
from tests.unit.apps.loading import Workshop, workshop


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("apps")) as running:
        yield running


def state(name: str, *vars_: str, base: str = "rx.State") -> str:
    return f"class {name}({base}):\n" + "".join(f"    {one}\n" for one in vars_ or ("...",))


def upgrade(*lines: str, arguments: str = "values, previous") -> dict[str, str]:
    head = f"    @classmethod\n    def upgrade(cls, {arguments}):\n"
    return {"extra": head + "".join(f"        {line}\n" for line in (*lines, "return values"))}


CART = state("CartState", "items: list[str] = []", "owner: str = ''")
USER = state("UserState", "name: str = ''")


def test_states_and_vars_have_new_names_and_vars_move_to_other_states(made: Workshop) -> None:
    after = state("OrderState", "lines: list[str] = []") + USER
    journey = Journey(made).go(CART + USER)
    journey.set("items", "['milk']", "CartState").set("owner", "'Ada'", "CartState")
    journey.go(
        after,
        **upgrade(
            "order = values['OrderState'] = values.pop('CartState')",
            "order['lines'] = order.pop('items')",
            "values['UserState']['name'] = order.pop('owner')",
        ),
    )
    assert journey.get("lines", "OrderState") == ["milk"]
    assert journey.get("name", "UserState") == "Ada"
    assert journey.lost == ()


def test_what_upgrade_took_away_comes_back_with_a_rollback(made: Workshop) -> None:
    one = made.states(CART)
    after = state("OrderState", "lines: list[str] = []")
    moves = upgrade("values['OrderState']['lines'] = values.pop('CartState')['items']")
    journey = Journey(made).go(one).set("items", "['milk']", "CartState").go(after, **moves)
    assert journey.get("lines", "OrderState") == ["milk"]
    assert journey.go(one).get("items", "CartState") == ["milk"]


def test_what_upgrade_took_away_does_not_come_back_in_a_later_version(made: Workshop) -> None:
    one = made.states(CART)
    journey = Journey(made).go(one).set("items", "['milk']", "CartState")
    journey.go(CART, **upgrade("values['CartState'].pop('items')"))
    assert journey.get("items", "CartState") == []
    journey.go(CART + "# another version\n")
    assert journey.get("items", "CartState") == []
    assert journey.go(one).get("items", "CartState") == ["milk"]


def test_it_is_given_all_states_those_that_are_gone_and_those_that_are_new(made: Workshop) -> None:
    journey = Journey(made).go(CART + USER, version="1.5")
    journey.set("items", "['milk']", "CartState")
    journey.go(
        USER + state("OrderState", "seen: str = ''"),
        **upgrade("values['OrderState']['seen'] = repr((values, previous))"),
    )
    seen = eval(journey.get("seen", "OrderState"), {"values": None})
    assert seen == (
        {
            "CartState": {"items": ["milk"], "owner": ""},
            "UserState": {"name": ""},
            "OrderState": {},
        },
        "1.5",
    )


def test_substates_and_nested_names_are_those_of_their_classes(made: Workshop) -> None:
    body = CART + state("LineState", "n: int = 0", base="CartState")
    journey = Journey(made).go(body).set("n", "3", "LineState")
    journey.go(body, **upgrade("values['LineState']['n'] += 1"))
    assert journey.get("n", "LineState") == 4


def test_two_states_of_one_name_have_their_modules_before_it(made: Workshop) -> None:
    entry = """
import reflex as rx
from app.sdk import DynamicApp
from . import cart, orders
def index(): return rx.fragment()
class AppEntry(DynamicApp):
    name = "Test"
    pages = {"/": index}
"""
    hook = """
    @classmethod
    def upgrade(cls, values, previous):
        values["cart.ListState"], values["orders.ListState"] = (
            values["orders.ListState"], values["cart.ListState"]
        )
        return values
"""
    module = "import reflex as rx\n" + state("ListState", "n: int = 0")
    files = {"entry.py": entry, "cart.py": module, "orders.py": module}
    journey = Journey(made).go(made.load(files))
    for number, name in enumerate(("cart", "orders"), start=1):
        journey.root.get_substate(
            journey.find("ListState", name).get_full_name().split(".")
        ).n = number
    journey.go(made.load({**files, "entry.py": entry + hook}))
    found = [
        journey.root.get_substate(journey.find("ListState", name).get_full_name().split(".")).n
        for name in ("cart", "orders")
    ]
    assert found == [2, 1]


def test_what_it_changes_in_place_changes_nothing_for_a_session_that_stays(made: Workshop) -> None:
    journey = Journey(made).go(CART).set("items", "['milk']", "CartState")
    bad = made.states(CART, **upgrade("values['CartState']['items'].append('oil')", "1 / 0"))
    with pytest.raises(ZeroDivisionError):
        asyncio.run(move(journey.session, journey.root, bad))
    assert journey.get("items", "CartState") == ["milk"]


@pytest.mark.parametrize("parked", [False, True])
def test_it_can_be_tried_with_the_values_of_a_session_that_stay(
    made: Workshop, parked: bool
) -> None:
    journey = Journey(made).go(CART).set("items", "['milk']", "CartState")
    one = journey.version
    bad = made.states(CART, **upgrade("values['CartState']['items'].append('oil')", "1 / 0"))
    good = made.states(CART, **upgrade("values['CartState']['items'].append('oil')"))
    if parked:
        journey.leave()
    with pytest.raises(ZeroDivisionError):
        rehearse(journey.session, bad)
    rehearse(journey.session, good)
    assert journey.go(one).get("items", "CartState") == ["milk"]


def test_what_comes_back_with_a_rollback_is_not_seen_by_a_later_upgrade(made: Workshop) -> None:
    """Otherwise it would be rewritten once more, over what was made of it the first time."""
    after = state("CartState", "lines: list[str] = []")
    moves = upgrade(
        "cart = values['CartState']",
        "if 'items' in cart:",
        "    cart['lines'] = cart.pop('items')",
    )
    journey = Journey(made).go(CART).set("items", "['old']", "CartState").go(after, **moves)
    journey.set("lines", "['new']", "CartState").go(after + "# again\n", **moves)
    assert journey.get("lines", "CartState") == ["new"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("values['OrderState'] = {'n': 1}", "OrderState: upgrade put values there"),
        ("values['CartState']['n'] = 1", "CartState.n: upgrade put a value there"),
        ("values['CartState']['items'] = 3", "CartState.items: upgrade put int there"),
    ],
)
def test_what_it_puts_where_there_is_no_place_is_said(made: Workshop, line: str, told: str) -> None:
    journey = Journey(made).go(CART).set("owner", "'Ada'", "CartState")
    journey.go(CART, **upgrade(line))
    [said] = journey.told()
    assert said.startswith(told)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("return None", "upgrade returned nothing instead of the values"),
        ("return {'CartState': None}", "upgrade returned nothing as the values of CartState"),
        ("return {'CartState': [1]}", "an object of list as the values of CartState"),
    ],
)
def test_what_is_no_values_is_an_error(made: Workshop, line: str, message: str) -> None:
    journey = Journey(made).go(CART).set("owner", "'Ada'", "CartState")
    with pytest.raises(WrongUpgrade, match=message):
        journey.go(CART, **upgrade(line))


def test_packages_that_rewrite_one_state_at_a_time_go_on_to_work(made: Workshop) -> None:
    journey = Journey(made).go(CART + USER).set("items", "['a']", "CartState")
    journey.go(
        CART + USER,
        **upgrade(
            "assert state in ('CartState', 'UserState')",
            "if state == 'CartState':",
            "    values['items'] = values['items'] + [previous]",
            arguments="state, values, previous",
        ),
    )
    assert journey.get("items", "CartState") == ["a", "1.0.0"]


def test_the_way_back_is_open_although_the_former_version_s_upgrade_raises(
    made: Workshop,
) -> None:
    one = made.states(CART, **upgrade("values['CartState']['items'].append('oil')", "1 / 0"))
    journey = Journey(made).go(CART).set("items", "['milk']", "CartState")
    rehearse(journey.session, one)
    journey.go(one)
    assert journey.get("items", "CartState") == ["milk"]
    assert journey.told() == [
        "AppEntry.upgrade: ZeroDivisionError: division by zero, on the way back; values went by"
        " name and type"
    ]


def test_values_that_come_back_to_the_version_that_they_left_are_not_rewritten_again(
    made: Workshop,
) -> None:
    two = made.states(CART, **upgrade("values['CartState']['items'].append('oil')"))
    journey = Journey(made).go(CART).go(two)
    for away in (journey.leave, journey.restart):
        away()
        assert journey.go(two).get("items", "CartState") == ["oil"]


def test_a_session_without_values_is_not_upgraded(made: Workshop) -> None:
    Journey(made).go(CART, **upgrade("1 / 0"))
