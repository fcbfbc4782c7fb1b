"""Reads a schedule piece by piece: bytes go in, records come out, nothing is kept.

Expat is used directly instead of ElementTree's pull parser: it tells the line of every element,
which the findings need, and it builds no tree, so there is nothing to clear. Memory stays bounded
whatever the file holds: at most one zone, one unfinished tag and the open elements are held.
"""

import math
import re
from collections.abc import Mapping
from typing import NoReturn
from xml.parsers import expat

from .schedule import (
    Finish,
    ForbiddenXml,
    Header,
    MalformedXml,
    NotASchedule,
    Problem,
    Record,
    ScheduleError,
    Skipped,
    Storey,
    TooComplex,
    Zone,
)

MAX_TAG_BYTES = 256 * 1024
MAX_DEPTH = 64
MAX_FINISHES = 256
MAX_STOREYS = 1_000
MAX_ZONES = 500_000
MAX_TEXT = 200
MAX_SKIPPED_NAMES = 50

_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?", re.ASCII)
_LEVEL = re.compile(r"[+-]?\d{1,4}", re.ASCII)
_PARENTS = {"Storey": ("ZoneSchedule",), "Zone": ("ZoneSchedule", "Storey"), "Finish": ("Zone",)}


class _Attributes:
    """Reads the attributes of one element and collects what is wrong with them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.problems: list[Problem] = []

    def text(self, name: str) -> str:
        value = self._values.get(name, "").strip()
        if len(value) > MAX_TEXT:
            self.problems.append(Problem("length", name, value[:40]))
            return value[:MAX_TEXT].rstrip()
        return value

    def number(self, name: str) -> float | None:
        value = self._values.get(name, "").strip()
        if not value:
            return None
        if _NUMBER.fullmatch(value) and math.isfinite(number := float(value)):
            return number
        self.problems.append(Problem("number", name, value[:40]))
        return None

    def level(self) -> int | None:
        value = self._values.get("level", "").strip()
        if not value:
            return None
        if _LEVEL.fullmatch(value):
            return int(value)
        self.problems.append(Problem("number", "level", value[:40]))
        return None


class ScheduleParser:
    """Turns the bytes of a schedule into records, wherever the chunks are cut.

    Feed it on one thread at a time. After a `ScheduleError` it is of no further use.
    """

    def __init__(self) -> None:
        self._expat = expat.ParserCreate(namespace_separator=" ")
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.StartDoctypeDeclHandler = self._refuse_doctype
        self._records: list[Record] = []
        self._open: list[str] = []
        self._skip_depth = 0
        self._storey: Storey | None = None
        self._zone: tuple[_Attributes, int] | None = None
        self._finishes: list[Finish] = []
        self._storeys = 0
        self._zones = 0
        self._skipped: set[str] = set()
        self._fed = 0

    def feed(self, data: bytes) -> list[Record]:
        """Take the next bytes; return the records that are complete now.

        Raises MalformedXml, ForbiddenXml, NotASchedule or TooComplex, each with the line.
        """
        self._parse(data, final=False)
        self._fed += len(data)
        # What lies behind the current event is one unfinished tag that Expat has to buffer.
        if self._fed - max(self._expat.CurrentByteIndex, 0) > MAX_TAG_BYTES:
            raise TooComplex(
                f"A single tag is longer than {MAX_TAG_BYTES // 1024} kB.", self._line()
            )
        return self._take()

    def close(self) -> list[Record]:
        """Say that the file ends here; return the last records. Raises like `feed`."""
        self._parse(b"", final=True)
        return self._take()

    def _parse(self, data: bytes, *, final: bool) -> None:
        try:
            self._expat.Parse(data, final)
        except ScheduleError:
            raise
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code) or "unreadable"
            advice = f"The XML breaks off here: {reason} (column {error.offset + 1})."
            raise MalformedXml(advice, error.lineno) from error
        except (LookupError, ValueError) as error:
            # Expat asks Python for encodings that it does not know itself.
            raise MalformedXml(f"The encoding cannot be read: {error}.", self._line()) from error

    def _take(self) -> list[Record]:
        records, self._records = self._records, []
        return records

    def _line(self) -> int:
        return self._expat.CurrentLineNumber

    def _refuse_doctype(self, *_: object) -> NoReturn:
        raise ForbiddenXml("Export the schedule without a <!DOCTYPE …> line.", self._line())

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        if self._skip_depth:
            self._descend_into_skipped()
        elif not self._open:
            self._start_root(name, attributes)
        elif self._open[-1] in _PARENTS.get(name, ()):
            self._open.append(name)
            getattr(self, f"_start_{name.lower()}")(_Attributes(attributes))
        else:
            self._skip_depth = 1
            self._note_skipped(name)

    def _descend_into_skipped(self) -> None:
        self._skip_depth += 1
        if self._skip_depth > MAX_DEPTH:
            raise TooComplex(f"Elements are nested deeper than {MAX_DEPTH}.", self._line())

    def _note_skipped(self, name: str) -> None:
        name = name[:MAX_TEXT]
        if name not in self._skipped and len(self._skipped) < MAX_SKIPPED_NAMES:
            self._skipped.add(name)
            self._records.append(Skipped(name, self._line()))

    def _start_root(self, name: str, attributes: dict[str, str]) -> None:
        if name != "ZoneSchedule":
            raise NotASchedule(
                f"It starts with <{name[:40]}>; a zone schedule starts with <ZoneSchedule>.",
                self._line(),
            )
        self._open.append(name)
        read = _Attributes(attributes)
        self._records.append(Header(read.text("project"), read.text("exported"), self._line()))

    def _start_storey(self, read: _Attributes) -> None:
        self._storeys += 1
        if self._storeys > MAX_STOREYS:
            raise TooComplex(f"There are more than {MAX_STOREYS} storeys.", self._line())
        name, level, area = read.text("name"), read.level(), read.number("area")
        self._storey = Storey(name, level, area, self._line(), tuple(read.problems))
        self._records.append(self._storey)

    def _start_zone(self, read: _Attributes) -> None:
        self._zones += 1
        if self._zones > MAX_ZONES:
            raise TooComplex(f"There are more than {MAX_ZONES:,} rooms.", self._line())
        self._zone = (read, self._line())

    def _start_finish(self, read: _Attributes) -> None:
        if len(self._finishes) == MAX_FINISHES:
            raise TooComplex(f"A room has more than {MAX_FINISHES} finishes.", self._line())
        surface, material = read.text("surface"), read.text("material")
        self._finishes.append(Finish(surface, material, read.number("area")))
        if self._zone is not None:
            self._zone[0].problems.extend(read.problems)

    def _end(self, _name: str) -> None:
        if self._skip_depth:
            self._skip_depth -= 1
            return
        closed = self._open.pop()
        if closed == "Zone":
            self._end_zone()
        elif closed == "Storey":
            self._storey = None

    def _end_zone(self) -> None:
        assert self._zone is not None
        read, line = self._zone
        storey = self._storey
        zone = Zone(
            number=read.text("number"),
            name=read.text("name"),
            category=read.text("category"),
            area=read.number("area"),
            height=read.number("height"),
            perimeter=read.number("perimeter"),
            department=read.text("department"),
            storey=storey.name if storey else None,
            level=storey.level if storey else None,
            finishes=tuple(self._finishes),
            line=line,
            problems=tuple(read.problems),
        )
        self._records.append(zone)
        self._zone = None
        self._finishes = []
