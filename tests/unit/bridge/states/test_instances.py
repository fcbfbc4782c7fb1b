"""State instances of a version inside a session's tree."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from reflex.istate.proxy import MutableProxy
from reflex_base.constants.state import FIELD_MARKER

from app.bridge.states import instances, registration
from app.cell.attach import attach
from app.cell.loading.version import LoadedVersion
from tests.unit.apps.loading import Workshop

BODY = """
class Mixin(rx.State, mixin=True):
    mixed: str = "m"

class Top(Mixin, rx.State):
    count: int = 1
    items: list[int] = [1]
    theme: str = rx.LocalStorage("light", name="theme", sync=True)
    visit: str = rx.Cookie("0", max_age=60)
    tab: str = rx.SessionStorage("first")
    _hidden: int = 2
    _bare = 3

    @rx.var
    def double(self) -> int:
        return self.count * 2

    @rx.var(cache=False)
    async def slow(self) -> int:
        return self.count * 3

class Below(Top):
    text: str = ""

class Other(rx.State):
    flag: bool = False
"""


def names(version: LoadedVersion) -> list[str]:
    return [name.rpartition("____")[2] for name in version.tree.classes]


def state(root: Any, version: LoadedVersion, name: str) -> Any:
    full = next(n for n in version.tree.classes if n.endswith(f"____{name}"))
    return root.get_substate(full.split("."))


def test_a_tree_lists_parents_before_children_and_knows_its_tops(made: Workshop) -> None:
    version = made.states(BODY)
    assert names(version).index("top") < names(version).index("below")
    tops = {name.rpartition("____")[2] for name in version.tree.tops}
    assert tops == {"top", "other"}


def test_instances_are_made_aside_and_put_in_last(made: Workshop) -> None:
    version = made.states(BODY)
    _, root = made.session()
    with registration.active(version.registration):
        new = instances.create(root, version.tree)
    assert set(new) == set(version.tree.classes)
    assert instances.find(root, version.tree) == {}
    instances.put(root, new, version.tree)
    assert instances.find(root, version.tree) == new
    assert all(type(new[name]) is cls for name, cls in version.tree.classes.items())
    instances.remove(root, version.tree)
    assert instances.find(root, version.tree) == {}
    assert root.get_delta() is not None


def test_a_removed_state_leaves_no_dirty_mark(made: Workshop) -> None:
    version = made.states(BODY)
    session, root = made.session()
    attach(session, root, version)
    state(root, version, "below").text = "changed"
    instances.remove(root, version.tree)
    assert not [name for name in root.dirty_substates if "client_apps" in name]


def test_a_snapshot_has_every_var_as_the_browser_sees_it_and_leaves_nothing_to_send(
    made: Workshop,
) -> None:
    version = made.states(BODY)
    session, root = made.session()
    attach(session, root, version)
    state(root, version, "top").count = 5
    found = instances.find(root, version.tree)
    with registration.active(version.registration):
        delta = asyncio.run(instances.snapshot(found, version.tree))
    (top,) = (values for name, values in delta.items() if name.endswith("____top"))
    assert {key.removesuffix(FIELD_MARKER): value for key, value in top.items()} == {
        "count": 5,
        "items": [1],
        "theme": "light",
        "visit": "0",
        "tab": "first",
        "double": 10,
        "slow": 15,
        "mixed": "m",
    }
    assert set(delta) == set(version.tree.classes)
    assert not any(found[name].dirty_vars for name in found)


def test_only_values_that_a_session_stored_in_a_state_itself_are_its_base_values(
    made: Workshop,
) -> None:
    version = made.states(BODY)
    session, root = made.session()
    attach(session, root, version)
    top, below = state(root, version, "top"), state(root, version, "below")
    assert instances.base_values(top) == {}
    top.count, top._hidden, top._bare, top.mixed = 5, 6, 7, "n"
    below.count = 8
    assert top.double == 16
    assert instances.base_values(top) == {"count": 8, "_hidden": 6, "_bare": 7, "mixed": "n"}
    assert instances.base_values(below) == {}


def test_a_raw_value_is_stored_without_a_mark(made: Workshop) -> None:
    version = made.states(BODY)
    session, root = made.session()
    attach(session, root, version)
    top = state(root, version, "top")
    instances.set_raw(top, "count", 9)
    assert top.count == 9
    assert top.dirty_vars == set()


def test_fields_belong_to_the_state_that_declares_them(made: Workshop) -> None:
    version = made.states(BODY)
    below = next(cls for name, cls in version.tree.classes.items() if name.endswith("below"))
    top = next(cls for name, cls in version.tree.classes.items() if name.endswith("____top"))
    assert instances.own_field(below, "count") is None
    assert instances.own_field(below, "text") is not None
    assert instances.own_field(top, "nothing") is None
    field = instances.own_field(top, "items")
    assert field is not None
    assert instances.type_name(field.outer_type_) == "list[int]"


@pytest.mark.parametrize(
    ("value", "declared", "fits"),
    [
        (1, int, True),
        ("1", int, False),
        (1, int | None, True),
        (None, int | None, True),
        ([1], list[int], True),
        ([1], list[str], False),
        ({"a": 1}, dict[str, int], True),
        ({"a": 1}, dict[str, str], False),
        ((1, "a"), tuple[int, str], True),
        (1, "a type that nobody knows", False),
    ],
)
def test_reflex_tells_whether_a_value_fits(value: Any, declared: Any, fits: bool) -> None:
    assert instances.fits(value, declared) is fits


def test_storage_entries_are_named_as_the_browser_names_them(made: Workshop) -> None:
    version = made.states(BODY)
    top = next(name for name in version.tree.tops if name.endswith("top"))
    storage = instances.client_storage(version.tree)
    assert storage["local_storage"] == {
        f"{top}.theme{FIELD_MARKER}": {"name": "theme", "sync": True}
    }
    assert set(storage["cookies"]) == {f"{top}.visit{FIELD_MARKER}"}
    assert storage["cookies"][f"{top}.visit{FIELD_MARKER}"]["maxAge"] == 60
    assert set(storage["session_storage"]) == {f"{top}.tab{FIELD_MARKER}"}
    assert instances.var_name(f"theme{FIELD_MARKER}") == "theme"


def test_a_value_is_taken_from_behind_its_proxy(made: Workshop) -> None:
    version = made.states(BODY)
    session, root = made.session()
    attach(session, root, version)
    items = state(root, version, "top").items
    assert issubclass(type(items), MutableProxy)
    assert type(instances.without_proxy(items)) is list
    assert instances.without_proxy(5) == 5
