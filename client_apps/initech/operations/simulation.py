"""A plant that can be computed: its machines, sensors and incidents, from a seed and a time.

Everything is a pure function of (seed, tick), without a generator that has to be stepped. So two
tabs, two servers and a test see the same plant at the same tick, any stretch of the past can be
drawn at once, and a feed that paused has missed nothing. A tick is one second since 1970, UTC.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

AREAS = ("Press shop", "Paint shop", "Assembly", "Packing")
STATUSES = ("running", "warning", "stopped")
SEED = 1999

_KINDS = {
    "Press shop": ("Press", 62.0, 3.2, 14.0),
    "Paint shop": ("Paint robot", 41.0, 0.9, 9.0),
    "Assembly": ("Robot cell", 48.0, 1.6, 11.0),
    "Packing": ("Packer", 36.0, 1.2, 26.0),
}
_PER_AREA = 6
_EPOCH = 180  # ticks; in each, a machine has at most one incident
_CHANCE = 0.15
_CALM = 8  # ticks between two independent values of the noise
_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Machine:
    """One machine and what is normal for it.

    Attributes:
        number: place in the plant, from 0.
        temperature: °C.
        vibration: mm/s, root mean square.
        output: pieces a minute.
    """

    id: str
    number: int
    name: str
    area: str
    temperature: float
    vibration: float
    output: float


@dataclass(frozen=True)
class Incident:
    """Something that went wrong on a machine, in the ticks from `start` up to, not with, `end`."""

    id: str
    machine_id: str
    kind: str  # overheating | vibration | jam
    severe: bool
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """What the sensors of a machine say at a tick; units as in `Machine`."""

    tick: int
    temperature: float
    vibration: float
    output: float
    status: str


@dataclass(frozen=True)
class Totals:
    """The readings of several machines at a tick: sum of output, means of the rest."""

    tick: int
    temperature: float
    vibration: float
    output: float


def plant(seed: int = SEED) -> tuple[Machine, ...]:
    """Return the machines of the plant, in the order of their numbers."""
    machines = []
    for number in range(len(AREAS) * _PER_AREA):
        area = AREAS[number // _PER_AREA]
        kind, temperature, vibration, output = _KINDS[area]
        spread = [1 + 0.12 * _noise(seed, number, channel, 0) for channel in range(10, 13)]
        place = number % _PER_AREA + 1
        machines.append(
            Machine(
                id=f"{area.split()[0].lower()}-{place}",
                number=number,
                name=f"{kind} {place}",
                area=area,
                temperature=temperature * spread[0],
                vibration=vibration * spread[1],
                output=output * spread[2],
            )
        )
    return tuple(machines)


def find(machine_id: str, seed: int = SEED) -> Machine | None:
    """Return the machine with this id, or None."""
    return next((machine for machine in plant(seed) if machine.id == machine_id), None)


def reading(machine: Machine, tick: int, seed: int = SEED) -> Reading:
    """Return what the machine's sensors say at `tick`."""
    wave = math.sin(tick / 97 + machine.number)
    heat = machine.temperature + 2.0 * wave + 1.5 * _smooth(seed, machine.number, 0, tick)
    shake = machine.vibration * (1 + 0.15 * _smooth(seed, machine.number, 1, tick))
    pieces = machine.output * (1 + 0.05 * wave + 0.06 * _smooth(seed, machine.number, 2, tick))
    status = "running"
    incident = _incident(machine, tick // _EPOCH, seed)
    if incident is not None and incident.start <= tick < incident.end:
        force = _force(incident, tick) * (1.0 if incident.severe else 0.6)
        status = "warning"
        if incident.kind == "overheating":
            heat += 28 * force
            pieces *= 1 - 0.4 * force
        elif incident.kind == "vibration":
            shake *= 1 + 2.5 * force
        elif incident.severe:
            pieces, status = 0.0, "stopped"
        else:
            pieces *= 1 - 0.8 * force
    return Reading(tick, round(heat, 2), round(shake, 3), round(pieces, 2), status)


def totals(machines: Sequence[Machine], tick: int, seed: int = SEED) -> Totals:
    """Return the readings of several machines together; zeros for none."""
    if not machines:
        return Totals(tick, 0.0, 0.0, 0.0)
    found = [reading(machine, tick, seed) for machine in machines]
    return Totals(
        tick=tick,
        temperature=round(sum(each.temperature for each in found) / len(found), 2),
        vibration=round(sum(each.vibration for each in found) / len(found), 3),
        output=round(sum(each.output for each in found), 1),
    )


def incidents(machine: Machine, first: int, last: int, seed: int = SEED) -> list[Incident]:
    """Return the machine's incidents that began from tick `first` to `last`, the newest first."""
    found = []
    for epoch in range(last // _EPOCH, first // _EPOCH - 1, -1):
        incident = _incident(machine, epoch, seed)
        if incident is not None and first <= incident.start <= last:
            found.append(incident)
    return found


def ticks(after: int, until: int, most: int) -> range:
    """Return the ticks after `after` up to and with `until`, the last `most` of them."""
    return range(max(after, until - most) + 1, until + 1)


def _incident(machine: Machine, epoch: int, seed: int) -> Incident | None:
    """Return the incident that the machine has in an epoch; it ends within the epoch."""
    if _share(seed, machine.number, 20, epoch) >= _CHANCE:
        return None
    length = 30 + int(45 * _share(seed, machine.number, 21, epoch))
    start = epoch * _EPOCH + int((_EPOCH - length) * _share(seed, machine.number, 22, epoch))
    kinds = ("overheating", "vibration", "jam")
    kind = kinds[int(3 * _share(seed, machine.number, 23, epoch))]
    severe = _share(seed, machine.number, 24, epoch) < 0.4
    return Incident(f"{machine.id}-{epoch}", machine.id, kind, severe, start, start + length)


def _force(incident: Incident, tick: int) -> float:
    """Return how strong an incident is at `tick`: it grows from 0 to 1 and fades again."""
    done = (tick - incident.start + 1) / (incident.end - incident.start + 1)
    return math.sin(math.pi * done)


def _smooth(seed: int, machine: int, channel: int, tick: int) -> float:
    """Return noise from -1 to 1 that changes by little from one tick to the next."""
    step, part = divmod(tick, _CALM)
    left = _noise(seed, machine, channel, step)
    right = _noise(seed, machine, channel, step + 1)
    ease = (1 - math.cos(math.pi * part / _CALM)) / 2
    return left + (right - left) * ease


def _noise(seed: int, machine: int, channel: int, step: int) -> float:
    return 2 * _share(seed, machine, channel, step) - 1


def _share(seed: int, machine: int, channel: int, step: int) -> float:
    """Return a number from 0 up to 1 that looks random and depends on nothing but the arguments.

    SplitMix64's finalizer (Steele, Lea, Flood 2014); Python's own hash differs between processes.
    """
    mixed = (seed * 0x9E3779B97F4A7C15 + machine * 0xD1B54A32D192ED03) & _MASK
    mixed = (mixed ^ (channel * 0x8CB92BA72F3D8DD7) ^ (step * 0xAEF17502108EF2D9)) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return (mixed ^ (mixed >> 31)) / (1 << 64)
