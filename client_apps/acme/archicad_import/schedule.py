"""Room-and-zone schedules: what the file looks like and what is in it.

The XML that an ArchiCAD-like program exports, one element per line or not, in any encoding that its
declaration names (UTF-8 when it names none)::

    <?xml version="1.0" encoding="UTF-8"?>
    <ZoneSchedule project="Harbour House" exported="2026-11-20T14:05:00">
      <Storey name="Ground floor" level="0" area="1804.25">
        <Zone number="0.001" name="Lobby" category="Circulation" area="42.1" height="2.9"
              perimeter="28.4" department="Shared">
          <Finish surface="floor" material="Terrazzo" area="42.1"/>
        </Zone>
      </Storey>
    </ZoneSchedule>

===============  ==============================================================================
ZoneSchedule     the root; `project` and `exported` (free text, usually ISO 8601) are optional
Storey           below the root; `level` is a whole number, 0 is the ground floor; `area` is
                 optional and, when given, what the areas of the storey's zones should add up to
Zone             a room, below a storey (below the root it counts as "without a storey");
                 `number` should be unique in the file, `category` one of `CATEGORIES`
Finish           below a zone; `surface` is floor, wall or ceiling
===============  ==============================================================================

Areas are m², heights and perimeters m, decimal numbers with a point. Attributes may be left out;
`checks` says which gaps matter. Other elements are skipped with everything below them. A document
type declaration is refused: a schedule needs none, and entities are how small files explode.
"""

from dataclasses import dataclass

CATEGORIES = (
    "Circulation",
    "Meeting",
    "Office",
    "Outdoor",
    "Parking",
    "Residential",
    "Retail",
    "Sanitary",
    "Storage",
    "Technical",
)

NO_CATEGORY = "No category"
NO_STOREY = "No storey"
UNNAMED_STOREY = "Unnamed storey"


@dataclass(frozen=True, slots=True)
class Finish:
    """A surface of a zone; `area` in m², None when the file does not say."""

    surface: str
    material: str
    area: float | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """An attribute that could not be taken as it stands: `kind` is "number" or "length"."""

    kind: str
    attribute: str
    text: str


@dataclass(frozen=True, slots=True)
class Header:
    """The root element."""

    project: str
    exported: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class Storey:
    """A storey; `area` is the total in m² that the file claims, None when it claims none."""

    name: str
    level: int | None
    area: float | None = None
    line: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Zone:
    """A room; area in m², height and perimeter in m, None where the file gives no number.

    `storey` is the name of the storey around it, None when it stands outside of one.
    """

    number: str
    name: str
    category: str
    area: float | None
    height: float | None = None
    perimeter: float | None = None
    department: str = ""
    storey: str | None = None
    level: int | None = None
    finishes: tuple[Finish, ...] = ()
    line: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """An element that does not belong in a schedule; reported once for each name."""

    name: str
    line: int


Record = Header | Storey | Zone | Skipped


class ScheduleError(Exception):
    """A file that cannot be read as a schedule.

    `title` and `advice` are sentences for the person who chose the file; `line` counts from 1 and
    is None when no place in the file is to blame.
    """

    title = "This file cannot be read"

    def __init__(self, advice: str, line: int | None = None) -> None:
        super().__init__(f"{advice} (line {line})" if line else advice)
        self.advice = advice
        self.line = line


class MalformedXml(ScheduleError):
    """The file is not well-formed XML."""

    title = "This is not well-formed XML"


class ForbiddenXml(ScheduleError):
    """The file declares a document type, which could define entities."""

    title = "Document type declarations are not accepted"


class NotASchedule(ScheduleError):
    """Well-formed XML of another kind."""

    title = "This is not a zone schedule"


class TooComplex(ScheduleError):
    """The file would need more memory than a schedule ever should."""

    title = "This file is too large or too deeply nested"
