from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from client_apps.initech.operations.charts import POINTS, clock, grown
from client_apps.initech.operations.incident_views import RECENT, open_incidents, recent
from client_apps.initech.operations.simulation import Reading, incidents, plant, reading

NOW = 1_790_000_000


def measure(tick: int) -> Reading:
    return reading(plant()[0], tick)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(NOW, NOW + 300), min_size=1, max_size=6))
def test_a_chart_that_grew_is_the_same_as_one_drawn_at_once(when: list[int]) -> None:
    """Also when the clock was set back."""
    points: list[dict[str, float | str]] = []
    for tick in when:
        points = grown(points, tick, measure)
    assert [point["tick"] for point in points] == list(range(when[-1] - POINTS + 1, when[-1] + 1))
    if when == sorted(when):
        assert points == grown([], when[-1], measure)


def test_a_chart_measures_only_what_is_missing() -> None:
    measured = []

    def note(tick: int) -> Reading:
        measured.append(tick)
        return measure(tick)

    points = grown([], NOW, note)
    measured.clear()
    grown(points, NOW + 3, note)
    assert measured == [NOW + 1, NOW + 2, NOW + 3]


def test_times_are_utc() -> None:
    assert clock(0) == "00:00:00"


def test_an_incident_is_open_until_somebody_acknowledges_it() -> None:
    machine = next(each for each in plant() if incidents(each, NOW - RECENT, NOW))
    shown = recent(machine, NOW, {})
    assert open_incidents([machine], NOW, {}) == len(shown)
    seen = {shown[0].id: {"by": "Ada", "tick": NOW}}
    assert open_incidents([machine], NOW, seen) == len(shown) - 1
    assert recent(machine, NOW, seen)[0].by == "Ada"


def test_an_incident_is_active_until_its_end() -> None:
    machine = next(each for each in plant() if incidents(each, NOW - RECENT, NOW))
    incident = incidents(machine, NOW - RECENT, NOW)[0]
    (during, *_), (after, *_) = (
        recent(machine, tick, {}) for tick in (incident.end - 1, incident.end)
    )
    assert (during.active, during.ended) == (True, "")
    assert (after.active, after.ended) == (False, clock(incident.end))
