"""Makes valid schedules of any size; the same size and seed give the same bytes everywhere."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from xml.sax.saxutils import quoteattr

from .schedule import CATEGORIES, Finish, Header, Storey, Zone

ZONES_PER_STOREY = 400
BYTES_PER_ZONE = 345

_DEPARTMENTS = ("Administration", "Design", "Laboratory", "Library", "Shared", "Workshop")
_MATERIALS = {
    "floor": ("Carpet", "Linoleum", "Oak parquet", "Polished concrete", "Terrazzo", "Tiles"),
    "wall": ("Brick", "Clay plaster", "Glass", "Paint", "Tiles"),
    "ceiling": ("Acoustic panels", "Exposed concrete", "Gypsum board"),
}
_ROOMS = {
    "Circulation": ("Corridor", "Lobby", "Stairs"),
    "Meeting": ("Meeting room", "Seminar room", "Quiet room"),
    "Office": ("Office", "Open-plan office", "Team room"),
    "Outdoor": ("Balcony", "Roof terrace"),
    "Parking": ("Parking bay", "Bicycle store"),
    "Residential": ("Apartment", "Studio"),
    "Retail": ("Café", "Shop"),
    "Sanitary": ("Toilet", "Shower room"),
    "Storage": ("Archive", "Store room"),
    "Technical": ("Plant room", "Server room"),
}


def sample_schedule(zones: int, seed: int = 2) -> Iterator[bytes]:
    """Yield a schedule of `zones` rooms without any finding, in pieces of one storey."""
    chance = random.Random(seed)  # noqa: S311 - a sample wants repeatable, not secret
    header = Header("Harbour House (sample)", "2026-11-20T14:05:00")
    storeys = (
        _storey(level, min(ZONES_PER_STOREY, zones - level * ZONES_PER_STOREY), chance)
        for level in range(-(-zones // ZONES_PER_STOREY))
    )
    return write_schedule(header, storeys)


def sample_of_size(size: int, seed: int = 2) -> Iterator[bytes]:
    """Yield a schedule of about `size` bytes (within two per cent from 100 kB on)."""
    return sample_schedule(max(1, size // BYTES_PER_ZONE), seed)


def write_schedule(
    header: Header, storeys: Iterable[tuple[Storey | None, Iterable[Zone]]]
) -> Iterator[bytes]:
    """Yield the XML of a schedule; zones paired with None stand outside of any storey."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f"<ZoneSchedule{_attributes(project=header.project, exported=header.exported)}>")
    for storey, zones in storeys:
        indent = "    " if storey else "  "
        if storey:
            lines.append(f"  <Storey{_storey_attributes(storey)}>")
        for zone in zones:
            lines.extend(_zone_lines(zone, indent))
        if storey:
            lines.append("  </Storey>")
        yield _encode(lines)
        lines.clear()
    lines.append("</ZoneSchedule>")
    yield _encode(lines)


def _encode(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _attributes(**values: str | float | None) -> str:
    return "".join(
        f" {name}={quoteattr(str(value))}" for name, value in values.items() if value is not None
    )


def _storey_attributes(storey: Storey) -> str:
    return _attributes(name=storey.name, level=storey.level, area=storey.area)


def _zone_lines(zone: Zone, indent: str) -> Iterator[str]:
    attributes = _attributes(
        number=zone.number,
        name=zone.name,
        category=zone.category,
        area=zone.area,
        height=zone.height,
        perimeter=zone.perimeter,
        department=zone.department,
    )
    if not zone.finishes:
        yield f"{indent}<Zone{attributes}/>"
        return
    yield f"{indent}<Zone{attributes}>"
    for finish in zone.finishes:
        inner = _attributes(surface=finish.surface, material=finish.material, area=finish.area)
        yield f"{indent}  <Finish{inner}/>"
    yield f"{indent}</Zone>"


def _storey(level: int, count: int, chance: random.Random) -> tuple[Storey, list[Zone]]:
    zones = [_zone(level, index, chance) for index in range(1, count + 1)]
    name = "Ground floor" if level == 0 else f"Storey {level}"
    storey = Storey(name, level)
    return replace(storey, area=round(sum(zone.area or 0.0 for zone in zones), 2)), zones


def _zone(level: int, index: int, chance: random.Random) -> Zone:
    category = chance.choice(CATEGORIES)
    width, depth = chance.randrange(150, 1200) / 100, chance.randrange(150, 1500) / 100
    height = chance.choice((2.5, 2.75, 3.0, 3.4))
    area, perimeter = round(width * depth, 2), round(2 * (width + depth), 2)
    surfaces = {"floor": area, "wall": round(perimeter * height, 2), "ceiling": area}
    return Zone(
        number=f"{level}.{index:03}",
        name=chance.choice(_ROOMS[category]),
        category=category,
        area=area,
        height=height,
        perimeter=perimeter,
        department=chance.choice(_DEPARTMENTS),
        finishes=tuple(
            Finish(surface, chance.choice(_MATERIALS[surface]), size)
            for surface, size in surfaces.items()
        ),
    )
