from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_apps.initech.operations.simulation import AREAS, STATUSES, plant, reading
from client_apps.initech.operations.table import ANY, COLUMNS, PAGE_SIZE, View, row, select

ROWS = [row(machine, reading(machine, 1_790_000_000)) for machine in plant()]
VIEWS = st.builds(
    View,
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(str.strip),
    status=st.sampled_from([ANY, *STATUSES]),
    area=st.sampled_from([ANY, *AREAS]),
    sort=st.sampled_from(list(COLUMNS)),
    descending=st.booleans(),
    page=st.integers(1, 99),
)


@given(VIEWS)
def test_a_view_comes_back_from_its_address(view: View) -> None:
    assert View.of(dict(parse_qsl(view.address().removeprefix("?")))) == view


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e9", "²", "99999999999999999999"])
def test_an_address_that_makes_no_sense_shows_all(page: str) -> None:
    wrong = {"status": "broken", "area": "Moon", "sort": "-colour", "page": page}
    assert View.of(wrong) == replace(View(), descending=True)


@given(VIEWS)
def test_pages_together_hold_every_matching_row_once(view: View) -> None:
    first = select(ROWS, replace(view, page=1))
    pages = [select(ROWS, replace(view, page=number + 1)) for number in range(first.pages)]
    ids = [each.id for page in pages for each in page.rows]
    assert len(ids) == len(set(ids)) == first.matching
    assert all(len(page.rows) == PAGE_SIZE for page in pages[:-1])


def test_a_page_behind_the_last_is_the_last() -> None:
    assert select(ROWS, View(page=99)).page == 3


def test_filters_are_combined() -> None:
    found = select(ROWS, View(text="robot 2", area="Assembly"))
    assert [each.name for each in found.rows] == ["Robot cell 2"]
    assert select(ROWS, View(text="robot", area="Packing")).matching == 0


def test_statuses_are_sorted_by_how_bad_they_are() -> None:
    rows = [replace(ROWS[at], status=status) for at, status in enumerate(reversed(STATUSES))]
    assert [each.status for each in select(rows, View(sort="status")).rows] == list(STATUSES)


@given(st.sampled_from(list(COLUMNS)), st.booleans())
def test_rows_are_sorted_by_the_column(column: str, descending: bool) -> None:
    rows = select(ROWS, View(sort=column, descending=descending)).rows
    if column != "status":
        values = [getattr(each, column) for each in rows]
        assert values == sorted(values, reverse=descending)


def test_sorting_twice_by_a_column_turns_the_order_round() -> None:
    view = View(page=3).sorted_by("output")
    assert (view.sort, view.descending, view.page) == ("output", False, 1)
    assert view.sorted_by("output").descending
    assert not view.sorted_by("output").sorted_by("area").descending
    assert view.sorted_by("colour") == view
