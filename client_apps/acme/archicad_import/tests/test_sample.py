"""The samples."""

import pytest

from client_apps.acme.archicad_import.checks import Checker
from client_apps.acme.archicad_import.parser import ScheduleParser
from client_apps.acme.archicad_import.sample import sample_of_size, sample_schedule


@pytest.mark.parametrize("rooms", [0, 1, 400, 401, 950])
def test_a_sample_has_the_rooms_that_were_asked_for(rooms):
    checker, parser = Checker(), ScheduleParser()
    for piece in sample_schedule(rooms):
        for record in parser.feed(piece):
            checker.add(record)
    parser.close()
    checker.finish()
    assert checker.total.zones == rooms
    assert [finding.code for finding in checker.findings] == ([] if rooms else ["empty"])


def test_the_same_size_and_seed_give_the_same_bytes():
    assert list(sample_schedule(50)) == list(sample_schedule(50))
    assert list(sample_schedule(50)) != list(sample_schedule(50, seed=3))


@pytest.mark.parametrize("size", [100_000, 1_000_000])
def test_a_sample_is_as_large_as_was_asked_for(size):
    made = sum(map(len, sample_of_size(size)))
    assert abs(made - size) <= size * 0.02
