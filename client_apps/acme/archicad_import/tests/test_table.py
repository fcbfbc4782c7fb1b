"""The table of rooms and its cache."""

import os
import sqlite3
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given

from client_apps.acme.archicad_import.cache import KEEP, TableCache, default_folder
from client_apps.acme.archicad_import.schedule import Finish, Zone
from client_apps.acme.archicad_import.table import (
    SORTABLE,
    Query,
    TableWriter,
    line_of,
    read_page,
    row_of,
    rows_of,
)

from .strategies import zones

ROOMS = [
    Zone("2.10", "Lobby", "Circulation", 40.0, department="Shared", storey="Second", level=2),
    Zone("2.9", "Straße office", "office", 12.5, storey="Second", level=2),
    Zone("", "Nameless", "Dungeon", None, storey=None),
    Zone("-1.1", "Bay 100%", "Parking", 15.0, storey="", level=-1, finishes=(Finish("floor", ""),)),
]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "rooms.sqlite"
    writer = TableWriter(path)
    writer.add(map(row_of, ROOMS))
    writer.close(complete=True)
    return path


def numbers(table, **query) -> list[str]:
    return [row["number"] for row in read_page(table, Query(**query)).rows]


def test_rooms_come_in_the_order_of_the_file(table):
    assert numbers(table) == [room.number for room in ROOMS]


def test_numbers_are_sorted_as_people_count(table):
    assert numbers(table, sort="number") == ["-1.1", "2.9", "2.10", ""]


@pytest.mark.parametrize("descending", [False, True])
def test_rooms_without_a_value_come_last_in_both_directions(table, descending):
    assert numbers(table, sort="area", descending=descending)[-1] == ""


@pytest.mark.parametrize("column", SORTABLE)
def test_every_sortable_column_can_be_sorted(table, column):
    assert sorted(numbers(table, sort=column)) == sorted(room.number for room in ROOMS)


def test_an_unknown_column_is_not_sorted_by(table):
    assert numbers(table, sort="area; DROP TABLE rooms") == [room.number for room in ROOMS]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lobby", ["2.10"]),
        ("STRASSE", ["2.9"]),
        ("second shared", ["2.10"]),
        ("100%", ["-1.1"]),
        ("_", []),
        ("'", []),
        ("  ", ["2.10", "2.9", "", "-1.1"]),
    ],
)
def test_rooms_are_found_by_all_words_anywhere(table, text, expected):
    assert numbers(table, text=text) == expected


def test_rooms_are_found_by_category_in_its_usual_spelling(table):
    assert numbers(table, category="Office") == ["2.9"]


def test_pages_are_cut_and_counted(table):
    page = read_page(table, Query(page=2, size=3))
    assert [row["number"] for row in page.rows] == ["-1.1"]
    assert (page.found, page.page, page.pages) == (4, 2, 2)


def test_a_page_behind_the_last_is_the_last(table):
    assert read_page(table, Query(page=99, size=3)).page == 2


def test_no_rooms_are_one_empty_page(table):
    page = read_page(table, Query(text="nothing like it"))
    assert (page.rows, page.found, page.page, page.pages) == ([], 0, 1, 1)


@given(zones)
def test_a_room_comes_back_from_its_line(zone):
    row = row_of(zone)
    assert list(rows_of([line_of(row)])) == [row]
    assert line_of(row).count(b"\n") == 1


async def test_a_table_is_made_again_from_the_lines_when_it_is_gone(tmp_path):
    lines = b"".join(line_of(row_of(room)) for room in ROOMS)
    opened = []

    async def stream() -> AsyncGenerator[bytes, None]:
        for start in range(0, len(lines), 7):
            yield lines[start : start + 7]

    async def rows() -> AsyncGenerator[bytes, None]:
        opened.append(1)
        return stream()

    cache = TableCache(tmp_path)
    for _ in range(2):
        page = await cache.page("abc", Query(), rows)
        assert [row["number"] for row in page.rows] == [room.number for room in ROOMS]
    assert len(opened) == 1
    assert [path.suffix for path in tmp_path.iterdir()] == [".sqlite"]


async def test_a_damaged_table_is_made_again(tmp_path, table):
    cache = TableCache(tmp_path)
    cache.keep(table, "abc")
    (damaged,) = tmp_path.glob("abc*")
    damaged.write_bytes(b"no database " * 100)

    async def rows() -> AsyncGenerator[bytes, None]:
        return stream()

    async def stream() -> AsyncGenerator[bytes, None]:
        yield line_of(row_of(ROOMS[0]))

    assert (await cache.page("abc", Query(), rows)).found == 1


def test_the_tables_that_were_not_used_for_longest_go(tmp_path):
    cache = TableCache(tmp_path)
    for number in range(KEEP + 2):
        made = tmp_path / "made"
        made.write_bytes(b"")
        cache.keep(made, f"{number:03}")
        (kept,) = tmp_path.glob(f"{number:03}.*")
        os.utime(kept, (number, number))
    names = sorted(path.name[:3] for path in tmp_path.glob("*.sqlite"))
    assert len(names) == KEEP
    assert names[-1] == f"{KEEP + 1:03}"


def test_a_folder_that_others_can_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = default_folder()
    assert folder.stat().st_mode & 0o077 == 0
    folder.chmod(0o755)
    with pytest.raises(PermissionError):
        default_folder()


def test_a_table_that_was_not_completed_holds_nothing(tmp_path):
    path = tmp_path / "rooms.sqlite"
    writer = TableWriter(path)
    writer.add(map(row_of, ROOMS))
    writer.close(complete=False)
    with pytest.raises(sqlite3.DatabaseError):
        read_page(path, Query())
