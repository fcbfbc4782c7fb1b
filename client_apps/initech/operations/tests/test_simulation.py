from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_apps.initech.operations.simulation import (
    AREAS,
    STATUSES,
    Incident,
    Machine,
    find,
    incidents,
    plant,
    reading,
    ticks,
    totals,
)

DAY = 86_400
NOW = 1_790_000_000
MACHINES = st.sampled_from(plant())
TICKS = st.integers(NOW - DAY, NOW)
ROOT = Path(__file__).parents[4]


def test_every_area_has_machines_and_ids_are_unique() -> None:
    assert {machine.area for machine in plant()} == set(AREAS)
    assert len({machine.id for machine in plant()}) == len(plant())


def test_a_machine_is_found_by_its_id() -> None:
    assert find(plant()[3].id) == plant()[3]
    assert find("press-99") is None


def test_the_plant_is_the_same_in_another_process() -> None:
    code = (
        "from client_apps.initech.operations.simulation import *;"
        f"print([reading(m, {NOW}) for m in plant()], incidents(plant()[0], {NOW - DAY}, {NOW}))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = [reading(machine, NOW) for machine in plant()]
    assert done.stdout.strip() == f"{here} {incidents(plant()[0], NOW - DAY, NOW)}"


def test_another_seed_is_another_plant() -> None:
    assert [reading(m, NOW, 1) for m in plant(1)] != [reading(m, NOW, 2) for m in plant(2)]


@given(MACHINES, TICKS)
def test_readings_are_physical(machine: Machine, tick: int) -> None:
    now = reading(machine, tick)
    assert 20 < now.temperature < 130
    assert 0 < now.vibration < 20
    assert 0 <= now.output < 60
    assert now.status in STATUSES


@given(MACHINES, TICKS)
def test_a_reading_changes_by_little_in_a_second(machine: Machine, tick: int) -> None:
    assert abs(reading(machine, tick).temperature - reading(machine, tick + 1).temperature) < 8


@given(MACHINES, TICKS)
def test_a_machine_is_not_running_exactly_during_its_incidents(machine: Machine, tick: int) -> None:
    during = [each for each in incidents(machine, tick - 180, tick) if tick < each.end]
    assert (reading(machine, tick).status != "running") == bool(during)


def of_kind(kind: str, severe: bool) -> tuple[Machine, Incident]:
    for machine in plant():
        for incident in incidents(machine, NOW - DAY, NOW):
            if (incident.kind, incident.severe) == (kind, severe):
                return machine, incident
    raise AssertionError(f"a whole day without {kind}")


@pytest.mark.parametrize(
    ("kind", "measure", "grows"),
    [
        ("overheating", "temperature", True),
        ("vibration", "vibration", True),
        ("jam", "output", False),
    ],
)
def test_an_incident_shows_in_its_sensor(kind: str, measure: str, grows: bool) -> None:
    machine, incident = of_kind(kind, severe=True)
    middle = (incident.start + incident.end) // 2
    calm = getattr(reading(machine, incident.start - 1), measure)
    worst = getattr(reading(machine, middle), measure)
    assert (worst > calm * 1.15) if grows else (worst < calm * 0.5)


def test_only_a_severe_jam_stops_a_machine() -> None:
    for severe, status in ((True, "stopped"), (False, "warning")):
        machine, incident = of_kind("jam", severe)
        assert reading(machine, incident.start).status == status


@given(MACHINES, TICKS, st.integers(0, 4000))
def test_incidents_of_a_stretch_are_those_that_began_in_it(
    machine: Machine, first: int, length: int
) -> None:
    found = incidents(machine, first, first + length)
    assert all(first <= each.start <= first + length for each in found)
    assert [each.start for each in found] == sorted((each.start for each in found), reverse=True)
    day = incidents(machine, NOW - DAY - 5000, NOW + 5000)
    assert found == [each for each in day if first <= each.start <= first + length]


def test_totals_add_output_and_average_the_rest() -> None:
    pair = plant()[:2]
    one, two = (reading(machine, NOW) for machine in pair)
    both = totals(pair, NOW)
    assert both.output == pytest.approx(one.output + two.output, abs=0.06)
    assert both.temperature == pytest.approx((one.temperature + two.temperature) / 2, abs=0.06)
    assert totals([], NOW).output == 0


def test_missed_ticks_are_the_newest_ones() -> None:
    assert list(ticks(3, 6, 60)) == [4, 5, 6]
    assert list(ticks(3, 1000, 2)) == [999, 1000]
    assert list(ticks(6, 6, 60)) == []
