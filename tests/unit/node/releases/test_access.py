"""Who may use an app, in which version."""

from datetime import UTC, datetime, timedelta

import pytest

from app.kernel.actor import Actor, Organisation, User
from app.node.releases.access import LEFT, OPEN, Access, Preview

ADA = Actor(User("ada", "Ada", "ada@acme.example"), Organisation("acme", "Acme"))
GRACE = Actor(User("grace", "Grace", "grace@globex.example"), Organisation("globex", "Globex"))


def test_by_default_everybody_may_use_an_app() -> None:
    assert OPEN.allows(ADA)
    assert OPEN.preview_for(ADA, None) is None


@pytest.mark.parametrize(
    ("organisations", "ada", "grace"),
    [
        ({}, False, False),
        ({"acme": None}, True, False),
        ({"acme": frozenset({"grace"})}, False, False),
        ({"acme": frozenset({"ada"}), "globex": None}, True, True),
    ],
)
def test_only_the_users_of_organisations_that_see_it(
    organisations: dict[str, frozenset[str] | None], ada: bool, grace: bool
) -> None:
    access = Access(organisations=organisations)
    assert (access.allows(ADA), access.allows(GRACE)) == (ada, grace)


def test_a_preview_is_for_those_named_and_for_who_opened_its_link() -> None:
    access = Access(previews=(Preview("p1", 7, frozenset({"ada"})), Preview("p2", 8)))
    assert access.preview_for(ADA, None) == 7
    assert access.preview_for(GRACE, None) is None
    assert access.preview_for(GRACE, "p2") == 8
    assert access.preview_for(GRACE, "p3") is None
    assert access.preview_for(ADA, LEFT) is None


@pytest.mark.parametrize(("left", "number"), [(1, 7), (-1, None)])
def test_a_preview_ends_by_itself(left: int, number: int | None) -> None:
    until = datetime.now(UTC) + timedelta(hours=left)
    access = Access(previews=(Preview("p1", 7, frozenset({"ada"}), until),))
    assert access.preview_for(ADA, "p1") == number
