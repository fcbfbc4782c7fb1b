"""Code of apps that never returns while it is loaded: it ends, or it is told, and others go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cell.loading import turns
from app.cell.loading.turns import Turns
from app.source.problems import AppError, NotNow
from tests.unit.apps.loading import ENTRY, Workshop, workshop

GOOD = ENTRY.format(body="", version="1.0.0", extra="")
IMPORTS_SLOW = f"from . import slow\n{GOOD}"
ENDLESS = """
count = 0
while True:
    count += 1
"""
# Waits for a file, whatever it is told.
STUBBORN = """
import pathlib
import time

while True:
    try:
        if pathlib.Path({flag!r}).exists():
            break
        time.sleep(0.01)
    except BaseException:
        continue
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    monkeypatch.setattr(turns, "LOADS", Turns(seconds=0.3, pause=0.2))
    with workshop(tmp_path) as running:
        yield running


def test_a_load_that_never_ends_is_ended_and_says_where_it_was(made: Workshop) -> None:
    with pytest.raises(AppError) as failed:
        made.load({"entry.py": IMPORTS_SLOW, "slow.py": ENDLESS}, "acme/endless")
    (problem,) = failed.value.problems
    assert (problem.app, problem.stage, problem.file) == ("acme/endless", "load", "slow.py")
    assert problem.line in (3, 4)
    assert "takes too long" in problem.message
    assert "background event" in problem.remedy
    assert made.load(GOOD).info.id == "acme/made"


def test_a_page_that_is_never_built_is_ended(made: Workshop) -> None:
    page = GOOD.replace("    return rx.fragment()", "    while True:\n        rx.fragment()")
    with pytest.raises(AppError) as failed:
        made.load(page)
    (problem,) = failed.value.problems
    assert (problem.stage, problem.file) == ("compile", "entry.py")
    assert made.load(GOOD).info.id == "acme/made"


def test_what_cannot_be_ended_is_told_to_everybody_until_it_ends(
    made: Workshop, tmp_path: Path
) -> None:
    flag = tmp_path / "enough"
    stubborn = STUBBORN.format(flag=str(flag))
    with pytest.raises(AppError, match="has not ended") as failed:
        made.load({"entry.py": IMPORTS_SLOW, "slow.py": stubborn}, "acme/stubborn")
    (problem,) = failed.value.problems
    assert (problem.app, problem.file) == ("acme/stubborn", "slow.py")
    assert not isinstance(failed.value, NotNow)

    with pytest.raises(NotNow, match="acme/stubborn does not end") as held_up:
        made.load(GOOD)
    (problem,) = held_up.value.problems
    assert problem.app == "acme/made"
    assert "slow.py:" in problem.message

    flag.touch()
    stuck = turns.LOADS._stuck
    assert stuck is not None
    stuck.join(10)
    assert made.load(GOOD).info.id == "acme/made"
