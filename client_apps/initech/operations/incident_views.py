"""Incidents as people see them, with who has seen to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .charts import clock
from .simulation import Incident, Machine, incidents

# Incidents of the last half hour are recent; in ticks.
RECENT = 1800

TITLES = {"overheating": "Overheating", "vibration": "Strong vibration", "jam": "Jam"}


@dataclass(frozen=True)
class IncidentView:
    """One incident. `by` is who acknowledged it, "" if nobody did."""

    id: str
    title: str
    severity: str
    began: str
    ended: str
    active: bool
    by: str


def recent(
    machine: Machine, tick: int, acknowledged: Mapping[str, Mapping[str, Any]]
) -> list[IncidentView]:
    """Return the machine's recent incidents as seen at `tick`, the newest first."""
    found = incidents(machine, tick - RECENT, tick)
    return [_view(incident, tick, acknowledged.get(incident.id, {})) for incident in found]


def open_incidents(
    machines: Sequence[Machine], tick: int, acknowledged: Mapping[str, Mapping[str, Any]]
) -> int:
    """Return how many recent incidents nobody has acknowledged."""
    found = (incident for each in machines for incident in incidents(each, tick - RECENT, tick))
    return sum(incident.id not in acknowledged for incident in found)


def _view(incident: Incident, tick: int, entry: Mapping[str, Any]) -> IncidentView:
    active = tick < incident.end
    return IncidentView(
        id=incident.id,
        title=TITLES[incident.kind],
        severity="Severe" if incident.severe else "Minor",
        began=clock(incident.start),
        ended="" if active else clock(incident.end),
        active=active,
        by=str(entry.get("by", "")),
    )
