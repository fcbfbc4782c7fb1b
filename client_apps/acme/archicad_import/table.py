"""The rooms of one schedule as a table that is searched, sorted and paged on the server.

Two forms of the same rows: JSON lines, which go into the file store and are what counts, and an
SQLite file made from them, which answers a page of 200,000 rooms in milliseconds without holding
them in memory. The SQLite file is a cache: it may vanish at any time and is then made again.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .checks import canonical_category
from .schedule import NO_STOREY, UNNAMED_STOREY, Zone

COLUMNS = (
    "number",
    "name",
    "category",
    "storey",
    "level",
    "area",
    "height",
    "perimeter",
    "department",
    "line",
    "finishes",
)
PAGE_SIZES = (25, 50, 100)
MAX_PAGE_SIZE = PAGE_SIZES[-1]
MAX_QUERY = 100

Row = tuple[str, str, str, str, int | None, float | None, float | None, float | None, str, int, str]

_ORDERS = {
    "number": "number_key",
    "name": "name COLLATE NOCASE",
    "category": "category COLLATE NOCASE",
    "storey": "level",
    "area": "area",
    "height": "height",
    "perimeter": "perimeter",
    "department": "department COLLATE NOCASE",
}
SORTABLE = tuple(_ORDERS)

_CREATE = """
CREATE TABLE rooms (
    position INTEGER PRIMARY KEY, number, name, category, storey, level, area, height, perimeter,
    department, line, finishes, number_key, haystack
)
"""
_INSERT = f"INSERT INTO rooms VALUES (NULL, {', '.join('?' * 13)})"  # noqa: S608 - only question marks


@dataclass(frozen=True, slots=True)
class Query:
    """Which rooms: all words of `text` occur; `page` counts from 1, `size` is rows per page."""

    text: str = ""
    category: str = ""
    sort: str = ""
    descending: bool = False
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class TablePage:
    """The rows of one page, each a dict with the keys `COLUMNS`; `found` rooms match in all."""

    rows: list[dict[str, Any]]
    found: int
    page: int
    pages: int


def row_of(zone: Zone) -> Row:
    """Return the row of a room."""
    finishes = [[finish.surface, finish.material, finish.area] for finish in zone.finishes]
    return (
        zone.number,
        zone.name,
        canonical_category(zone.category),
        NO_STOREY if zone.storey is None else zone.storey or UNNAMED_STOREY,
        zone.level,
        zone.area,
        zone.height,
        zone.perimeter,
        zone.department,
        zone.line,
        json.dumps(finishes, ensure_ascii=False, separators=(",", ":")),
    )


def line_of(row: Row) -> bytes:
    """Return the row as one line of JSON: an array in the order of `COLUMNS`."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def rows_of(lines: Iterable[bytes]) -> Iterator[Row]:
    """Yield the rows that `line_of` wrote."""
    for line in lines:
        row: Row = tuple(json.loads(line))
        yield row


class TableWriter:
    """Makes the SQLite file at `path`, which must not exist. Use it on one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # The file is made again when a crash leaves it half written: no need to be safe.
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("BEGIN")
        self._connection.execute(_CREATE)

    def add(self, rows: Iterable[Row]) -> None:
        """Append rows."""
        self._connection.executemany(
            _INSERT, ((*row, _natural(row[0]), _haystack(row)) for row in rows)
        )

    def close(self, *, complete: bool) -> None:
        """Close the file; without `complete` its content is of no use."""
        if complete:
            self._connection.execute("COMMIT")
        self._connection.close()


def read_page(path: Path, query: Query) -> TablePage:
    """Return the page that `query` asks for, or the last one if there are fewer.

    Raises sqlite3.DatabaseError when the file is gone or damaged.
    """
    where, values = _where(query)
    size = min(max(query.size, 1), MAX_PAGE_SIZE)
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        counting = f"SELECT COUNT(*) FROM rooms{where}"  # noqa: S608 - fixed texts
        found = connection.execute(counting, values).fetchone()[0]
        pages = max(1, -(-found // size))
        page = min(max(query.page, 1), pages)
        reading = (
            f"SELECT {', '.join(COLUMNS)} FROM rooms{where}"  # noqa: S608 - fixed texts
            f" ORDER BY {_order(query)} LIMIT ? OFFSET ?"
        )
        rows = connection.execute(reading, (*values, size, (page - 1) * size)).fetchall()
    return TablePage([dict(zip(COLUMNS, row, strict=True)) for row in rows], found, page, pages)


def _where(query: Query) -> tuple[str, tuple[str, ...]]:
    words = query.text[:MAX_QUERY].casefold().split()
    terms = ["instr(haystack, ?) > 0"] * len(words)
    values = words
    if query.category:
        terms, values = [*terms, "category = ?"], [*values, query.category]
    return (f" WHERE {' AND '.join(terms)}" if terms else ""), tuple(values)


def _order(query: Query) -> str:
    column = _ORDERS.get(query.sort)
    if column is None:
        return "position"
    direction = "DESC" if query.descending else "ASC"
    return f"{column} {direction} NULLS LAST, position"


def _natural(number: str) -> str:
    """Return a key by which "2.9" comes before "2.10", and no number comes last."""
    key = re.sub(r"\d+", lambda digits: digits[0].zfill(12), number, flags=re.ASCII)
    return key.casefold() if number else "\U0010ffff"


def _haystack(row: Row) -> str:
    # A line feed between the fields, so that a word is found inside one of them only.
    return "\n".join((row[0], row[1], row[2], row[3], row[8])).casefold()
