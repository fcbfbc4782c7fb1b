"""What an administrator is told before something is done."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from app.core.apps import EVERYBODY, App
from app.kernel.actor import Actor, Organisation, User
from app.kernel.errors import Invalid
from app.web.admin.apps.states.deeds import DEEDS, Situation, deed_named, number_of

APP = App(
    id="acme/counter",
    name="Counter",
    url="acme-counter",
    description="",
    icon="box",
    kind="dynamic",
    created_at=datetime(2026, 11, 23, tzinfo=UTC),
    enabled=True,
    current=2,
    newest=3,
    load_at_boot=False,
    deleted_at=None,
    settings_revision=0,
    revision=5,
    change=9,
    visible_to=EVERYBODY,
    granted=frozenset(),
)


def viewing(*names: str) -> tuple[Actor, ...]:
    """Return who has the app open, once for each page."""
    home = Organisation("home", "Home")
    return tuple(Actor(User(name, name, f"{name}@home.org"), home) for name in names)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", "Nobody has it open now."),
        ("A", "1 person has it open now, in 1 page."),
        ("AA", "1 person has it open now, in 2 pages."),
        ("AABBC", "3 people have it open now, in 5 pages."),
    ],
)
def test_people_are_counted(names: str, expected: str) -> None:
    assert Situation(APP, "", viewing(*names)).who == expected


@pytest.mark.parametrize("name", [name for name, deed in DEEDS.items() if deed.destructive])
def test_whatever_takes_something_away_asks(name: str) -> None:
    assert DEEDS[name].asks


@pytest.mark.parametrize("name", ["promote", "rollback", "disable", "delete", "revoke"])
def test_what_people_notice_says_how_many_notice_it(name: str) -> None:
    said = DEEDS[name].consequence(Situation(APP, "3", viewing(*"AABBC")))
    assert "3 people have it open now, in 5 pages." in said


def test_a_promotion_names_the_version_that_goes() -> None:
    assert "version 2" in DEEDS["promote"].consequence(Situation(APP, "3"))


def test_the_first_promotion_replaces_nothing() -> None:
    new = dataclasses.replace(APP, current=None)
    assert "place of" not in DEEDS["promote"].consequence(Situation(new, "1"))


def test_an_app_that_is_off_stays_off_when_a_version_is_promoted() -> None:
    off = dataclasses.replace(APP, enabled=False)
    assert "switched off" in DEEDS["promote"].consequence(Situation(off, "3"))


def test_a_name_with_braces_is_only_text() -> None:
    app = dataclasses.replace(APP, name="{argument}")
    deed = DEEDS["promote"]
    assert deed.text(deed.title, Situation(app, "3")) == "Promote version 3 of {argument}?"


@pytest.mark.parametrize("text", ["", "-1", "1.5", "one", "٣", "9" * 10])
def test_what_is_no_number_of_a_version_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="not the number of a version"):
        number_of(text)


def test_a_browser_cannot_name_a_deed_that_there_is_not() -> None:
    with pytest.raises(Invalid, match="nothing is called"):
        deed_named("purge")
