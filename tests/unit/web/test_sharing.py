"""Choosing who sees an app."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import accounts, apps
from app.core.accounts import Role
from app.core.apps import EVERYBODY, NOBODY, Visibility
from app.kernel.actor import Actor, Organisation, User
from app.kernel.errors import Invalid
from app.platform.operations.allowing import Sharing
from app.testing import Page
from app.web.admin.apps.states import sharing
from app.web.admin.apps.states.apps_state import AdminState
from app.web.admin.apps.states.detail_state import DetailState
from app.web.admin.apps.states.operation_state import OperationState, wanted_by
from app.web.admin.apps.states.sharing_state import SharingState
from tests.unit.apps.helpers import COUNTER
from tests.unit.platform.conftest import Server

IDS = st.text("abc", min_size=1, max_size=4)
VISIBILITIES = st.one_of(
    st.just(EVERYBODY),
    st.dictionaries(IDS, st.one_of(st.none(), st.frozensets(IDS))).map(Visibility),
)


def from_text(text: str) -> Visibility:
    wanted = wanted_by("visibility", text, 1)
    assert isinstance(wanted, Sharing)
    return Visibility.of(wanted.organisations)


def person(name: str, home: str) -> Actor:
    return Actor(User(name, name, f"{name}@x.org"), Organisation(home, home))


# What is said


@given(VISIBILITIES)
def test_who_sees_an_app_survives_being_text(visibility: Visibility) -> None:
    assert from_text(sharing.as_text(visibility)) == visibility


@given(st.text(max_size=40))
def test_any_other_text_is_refused_or_understood(text: str) -> None:
    try:
        understood = from_text(text)
    except Invalid:
        return
    assert from_text(sharing.as_text(understood)) == understood


@pytest.mark.parametrize("text", ["", "[]", "1", '{"a": 1}', '{"a": [1]}', '{"a": {}}'])
def test_what_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not what visibility takes"):
        from_text(text)


@pytest.mark.parametrize(
    ("visibility", "words"),
    [
        (EVERYBODY, "Everybody: all users of all organisations."),
        (NOBODY, "Nobody."),
        (Visibility({"a": None}), "All users of Acme."),
        (Visibility({"a": frozenset("x"), "b": None}), "1 chosen user of Acme and all users of B."),
        (Visibility({"z": frozenset("xy")}), "2 chosen users of another organisation."),
    ],
)
def test_who_sees_an_app_in_words(visibility: Visibility, words: str) -> None:
    assert sharing.in_words(visibility, {"a": "Acme", "b": "B"}) == words


def test_many_names_are_counted() -> None:
    assert sharing.listed(list("abcdefgh")) == "a, b, c, d, e and 3 more"
    assert sharing.listed(list("abc")) == "a, b and c"


def test_those_who_lose_it_are_named() -> None:
    viewing = [person("Ben", "a"), person("Ben", "a"), person("Eve", "b")]
    said = sharing.losing(Visibility({"b": None}), viewing)
    assert said.startswith("1 person with the app open loses it: Ben. 2 pages say")
    assert "Nobody who has it open" in sharing.losing(EVERYBODY, viewing)
    assert sharing.losing(NOBODY, []) == "Nobody has it open."


# Choosing


async def member(server: Server, home: str, name: str, role: str = Role.MEMBER) -> Actor:
    user = await accounts.create_user(server.core, name, f"{name.lower()}@home.org")
    await accounts.grant(server.core, home, user.id, role)
    return await accounts.actor_of(server.core, user.id, home)


@pytest.fixture
async def home(administered: Server) -> str:
    return (await accounts.create_organisation(administered.core, "Home")).id


async def choosing(server: Server, actor: Actor) -> Page:
    page = Page(server.node, actor, {})
    await page.goto(f"/admin/apps/{COUNTER}")
    await page.send(AdminState.load)
    await page.send(SharingState.begin, COUNTER)
    return page


async def visible(server: Server) -> Visibility:
    return (await apps.get(server.core, COUNTER)).visible_to


async def test_an_app_is_shown_to_chosen_users(administered: Server, home: str) -> None:
    await administered.deploy(COUNTER)
    ben, cyd = [await member(administered, home, name) for name in ("Ben", "Cyd")]
    losing = Page(administered.node, cyd, {})
    await losing.goto("/apps/acme-counter")
    page = await choosing(administered, administered.operator.actor)
    assert page.get(SharingState.everybody)
    await page.send(SharingState.set_everybody, "some")
    await page.send(SharingState.search, "hom")
    assert [row["name"] for row in page.get(SharingState.addable)] == ["Home"]
    await page.send(SharingState.add, home)
    await page.send(SharingState.set_users, home, "some")
    await page.send(SharingState.search_users, home, "BEN home.org")
    (row,) = page.get(SharingState.organisations)
    assert [found["name"] for found in row["found"]] == ["Ben"]
    await page.send(SharingState.choose, home, ben.user.id, True)
    assert page.get(SharingState.consequence).startswith(
        "1 person will be able to see the app; 3 can now"
    )

    await page.send(OperationState.ask_sharing)
    assert "1 person with the app open loses it: Cyd." in page.get(OperationState.text)
    assert await visible(administered) == EVERYBODY
    await page.send(OperationState.confirm)
    assert await visible(administered) == Visibility({home: frozenset({ben.user.id})})
    assert page.get(DetailState.sharing) == "1 chosen user of Home."
    assert page.get(SharingState.app_id) == ""
    assert losing.message["kind"] == "not-found"


async def test_what_was_chosen_stays_when_the_question_is_not_confirmed(
    administered: Server, home: str
) -> None:
    await administered.deploy(COUNTER)
    page = await choosing(administered, administered.operator.actor)
    await page.send(SharingState.set_everybody, "some")
    await page.send(SharingState.add, home)
    await page.send(OperationState.ask_sharing)
    await page.send(OperationState.close)
    assert [row["id"] for row in page.get(SharingState.organisations)] == [home]
    assert await visible(administered) == EVERYBODY


async def test_nothing_is_overwritten_silently(administered: Server, home: str) -> None:
    await administered.deploy(COUNTER)
    page = await choosing(administered, administered.operator.actor)
    before = page.get(SharingState.before)
    other = Visibility({administered.operator.actor.organisation.id: None})
    await administered.platform.do(
        administered.operator, COUNTER, Sharing(organisations=other.lists)
    )
    await administered.settle()
    assert page.get(DetailState.sharing) != before
    await page.send(SharingState.set_everybody, "some")
    await page.send(SharingState.add, home)
    await page.send(OperationState.ask_sharing)
    await page.send(OperationState.confirm)
    assert page.get(OperationState.is_open)
    assert page.get(OperationState.meanwhile) == ["visibility by Olga"]
    assert await visible(administered) == other
    await page.send(OperationState.confirm)
    assert await visible(administered) == Visibility({home: None})


async def test_an_admin_chooses_among_the_users_of_the_own_organisation(
    administered: Server, home: str
) -> None:
    await administered.deploy(COUNTER)
    own = Visibility({home: None})
    await administered.platform.do(administered.operator, COUNTER, Sharing(organisations=own.lists))
    admin = await member(administered, home, "Ann", Role.ADMIN)
    ben = await member(administered, home, "Ben")
    page = await choosing(administered, admin)
    assert not page.get(SharingState.may_share)
    assert page.get(SharingState.addable) == []
    await page.send(SharingState.set_users, home, "some")
    await page.send(SharingState.choose, home, ben.user.id, True)
    await page.send(OperationState.ask_sharing)
    await page.send(OperationState.confirm)
    chosen = Visibility({home: frozenset({ben.user.id})})
    assert await visible(administered) == chosen

    # By hand, beside the form: others' organisations are out of reach.
    stranger = administered.operator.actor.organisation.id
    await page.send(SharingState.begin, COUNTER)
    await page.send(SharingState.add, stranger)
    assert [row["id"] for row in page.get(SharingState.organisations)] == [home]
    for text in ("null", f'{{"{stranger}": null}}'):
        await page.send(OperationState.ask, "visibility", COUNTER, text, 0)
        assert not page.get(OperationState.is_open)
        assert page.toasts[-1].text.startswith("You may not decide which organisations")
    assert await visible(administered) == chosen


async def test_users_who_left_are_not_chosen_any_more(administered: Server, home: str) -> None:
    await administered.deploy(COUNTER)
    ben = await member(administered, home, "Ben")
    cyd = await member(administered, home, "Cyd")
    both = Visibility({home: frozenset({ben.user.id, cyd.user.id})})
    await administered.platform.do(
        administered.operator, COUNTER, Sharing(organisations=both.lists)
    )
    await accounts.revoke(administered.core, home, cyd.user.id, Role.MEMBER)
    page = await choosing(administered, administered.operator.actor)
    await page.send(OperationState.ask_sharing)
    await page.send(OperationState.confirm)
    assert await visible(administered) == Visibility({home: frozenset({ben.user.id})})


@pytest.mark.parametrize("role", [Role.MEMBER, Role.DEVELOPER])
async def test_who_may_not_configure_chooses_nothing(
    administered: Server, home: str, role: str
) -> None:
    await administered.deploy(COUNTER)
    own = Visibility({home: None})
    await administered.platform.do(administered.operator, COUNTER, Sharing(organisations=own.lists))
    page = await choosing(administered, await member(administered, home, "Ben", role))
    assert page.get(SharingState.app_id) == ""
    await page.send(SharingState.search_users, home, "ben")
    assert page.get(SharingState.organisations) == []
