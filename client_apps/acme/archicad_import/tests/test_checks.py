"""The checks."""

from typing import Any

import pytest
from hypothesis import given

from client_apps.acme.archicad_import.checks import MAX_CATEGORIES, OTHER, Checker
from client_apps.acme.archicad_import.schedule import (
    NO_CATEGORY,
    NO_STOREY,
    Problem,
    Skipped,
    Storey,
    Zone,
)

from .strategies import schedules


def zone(number: str = "1", area: float | None = 10.0, **other: Any) -> Zone:
    values: dict[str, Any] = {"name": "Room", "category": "Office", "storey": "Ground floor"}
    return Zone(number=number, area=area, **{"line": 7, **values, **other})


def checked(*records, keep: int = 100) -> Checker:
    checker = Checker(keep)
    for record in records:
        checker.add(record)
    checker.finish()
    return checker


def found(*records) -> list[tuple[str, str, int, str]]:
    return [(f.severity, f.code, f.line, f.zone) for f in checked(*records).findings]


def test_a_proper_room_has_no_findings():
    assert found(zone()) == []


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (zone(number=""), ("error", "number-missing", 7, "")),
        (zone(area=None), ("error", "area-missing", 7, "1")),
        (zone(area=-0.5), ("error", "area-negative", 7, "1")),
        (zone(area=0.0), ("warning", "area-zero", 7, "1")),
        (zone(category="Dungeon"), ("warning", "category", 7, "1")),
        (zone(category=""), ("warning", "category", 7, "1")),
        (zone(storey=None), ("warning", "no-storey", 7, "1")),
        (
            zone(area=None, problems=(Problem("number", "area", "12,5"),)),
            ("error", "not-a-number", 7, "1"),
        ),
        (zone(problems=(Problem("length", "name", "x"),)), ("note", "too-long", 7, "1")),
    ],
)
def test_a_wrong_room_is_found_with_its_line_and_number(wrong, expected):
    assert found(wrong) == [expected]


def test_a_number_that_is_used_twice_is_found_where_it_comes_again():
    checker = checked(zone(line=3), zone(line=3), zone(number="2", line=5))
    (finding,) = checker.findings
    assert (finding.code, finding.line, finding.zone) == ("number-twice", 3, "1")
    assert "line 3" in finding.message


def test_elements_that_were_skipped_are_noted():
    assert found(zone(), Skipped("Meta", 4)) == [("note", "skipped", 4, "")]


def test_a_file_without_rooms_is_found():
    assert found() == [("warning", "empty", 0, "")]


def test_a_storey_whose_rooms_do_not_add_up_is_found():
    storey = Storey("Ground floor", 0, area=25.0, line=2)
    (finding,) = checked(storey, zone("1"), zone("2")).findings
    assert (finding.code, finding.line) == ("storey-total", 2)
    assert "20.00" in finding.message
    assert "25.00" in finding.message


def test_rounding_of_two_decimals_is_no_difference():
    storey = Storey("Ground floor", 0, area=20.01, line=2)
    assert found(storey, zone("1"), zone("2")) == []


def test_a_storey_without_a_total_is_not_compared():
    assert found(Storey("Ground floor", 0), zone("1")) == []


def test_categories_are_added_up_whatever_their_case():
    checker = checked(zone("1", category="OFFICE"), zone("2", area=5.0), zone("3", category=""))
    assert {name: (s.zones, s.area) for name, s in checker.categories.items()} == {
        "Office": (2, 15.0),
        NO_CATEGORY: (1, 10.0),
    }


def test_endless_unknown_categories_are_added_up_together():
    checker = checked(*[zone(str(n), category=f"c{n}") for n in range(MAX_CATEGORIES + 5)])
    assert len(checker.categories) == MAX_CATEGORIES + 1
    assert checker.categories[OTHER].zones == 5


def test_rooms_outside_of_storeys_are_added_up_apart():
    checker = checked(Storey("S", 1), zone("1", storey="S"), zone("2", storey=None))
    assert [(s.storey.name, s.sum.zones) for s in checker.storeys] == [("S", 1), (NO_STOREY, 1)]


def test_all_findings_are_counted_but_not_all_are_kept():
    checker = checked(*[zone("") for _ in range(9)], zone("1", area=0.0), keep=4)
    assert checker.counts == {"error": 9, "warning": 1}
    assert [f.severity for f in checker.findings] == ["error"] * 4 + ["warning"]


@given(schedules)
def test_every_room_is_counted_once_in_each_total(schedule):
    _, storeys = schedule
    checker = Checker()
    rooms = 0
    for storey, zones in storeys:
        if storey is not None:
            checker.add(storey)
        for one in zones:
            checker.add(one if storey is None else zone_in(one, storey))
            rooms += 1
    checker.finish()
    assert checker.total.zones == rooms
    assert sum(s.zones for s in checker.categories.values()) == rooms
    assert sum(s.sum.zones for s in checker.storeys) == rooms


def zone_in(one: Zone, storey: Storey) -> Zone:
    return zone(one.number, one.area, category=one.category, storey=storey.name)
