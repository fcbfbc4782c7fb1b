"""What everybody reads: standings are published in one step, and what is newer is kept."""

from __future__ import annotations

import pytest

from app.node.releases.access import Access
from app.node.releases.provider import Offer
from app.node.releases.served import Served
from app.node.releases.standing import Standing
from app.source.metadata import parse_metadata
from app.source.problems import AppError, Problem

BOARD = "globex/board"


def _offer(current: int | None = 1, access: Access | None = None) -> Offer:
    return Offer(BOARD, parse_metadata(BOARD, b""), current, access=access or Access())


def _problem(message: str) -> Problem:
    return Problem(app=BOARD, stage="load", file="", line=None, message=message, remedy="")


def _served() -> Served:
    served = Served()
    served.begin([_offer()])
    return served


def test_what_changed_meanwhile_is_newer_than_what_is_read_at_the_start() -> None:
    served = Served()
    served.put(Standing(_offer(7)))
    served.begin([_offer(6)])
    assert served.standing(BOARD).offer.current == 7
    assert [record.number for record in served.catalog] == [7]


def test_nobody_sees_where_an_app_stands_before_it_is_published() -> None:
    served = _served()
    before = served.catalog
    served.put(served.standing(BOARD).restricted(Access(enabled=False)))
    assert served.catalog is before
    served.publish(BOARD)
    assert before.apps[BOARD].access.enabled
    assert not served.catalog.apps[BOARD].access.enabled


def test_publishing_what_everybody_sees_already_makes_no_other_catalog() -> None:
    """Events that were judged by it need not be judged again."""
    served = _served()
    before = served.catalog
    served.publish(BOARD)
    assert served.catalog is before


def test_a_failure_that_pages_find_is_seen_and_takes_no_other_ones_place() -> None:
    served = _served()
    served.note_failure(BOARD, (_problem("first"),))
    served.note_failure(BOARD, (_problem("second"),))
    served.note_failure("no/app", (_problem("third"),))
    failure = served.catalog.apps[BOARD].failure
    assert failure is not None
    assert [problem.message for problem in failure.problems] == ["first"]


def test_of_an_app_that_is_gone_nothing_is_served() -> None:
    served = _served()
    served.remove(BOARD)
    served.remove(BOARD)
    assert (served.get(BOARD), served.access(BOARD), list(served.catalog)) == (None, None, [])
    with pytest.raises(AppError, match="no version of the app is served"):
        served.standing(BOARD)
