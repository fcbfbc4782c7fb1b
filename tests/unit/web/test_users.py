"""The members of an organisation on their admin page."""

from __future__ import annotations

from functools import partial

import pytest

from app.core import accounts
from app.core.accounts import Membership, Role, User
from app.core.accounts.signing_in import logins
from app.kernel.actor import Actor
from app.testing import Page
from app.web.admin.users.questions import role_question, switch_off_question
from app.web.admin.users.users_state import SHOWN, QuestionState, UsersState
from tests.unit.platform.conftest import Server


@pytest.fixture
async def home(administered: Server) -> str:
    return (await accounts.create_organisation(administered.core, "Home")).id


async def member(server: Server, home: str, name: str, *roles: str) -> Actor:
    user = await accounts.create_user(server.core, name, f"{name.lower()}@home.org")
    for role in roles or (Role.MEMBER,):
        await accounts.grant(server.core, home, user.id, role)
    return await accounts.actor_of(server.core, user.id, home)


async def page_of(server: Server, actor: Actor) -> Page:
    page = Page(server.node, actor, {})
    await page.goto("/admin/users")
    await page.send(UsersState.load)
    return page


def names(page: Page) -> list[str]:
    return [row["name"] for row in page.get(UsersState.members)]


async def roles_of(server: Server, home: str) -> dict[str, frozenset[str]]:
    return {m.user.name: m.roles for m in await accounts.members_of(server.core, home)}


async def test_members_are_found_by_name_address_and_role(administered: Server, home: str) -> None:
    ann = await member(administered, home, "Ann", Role.ADMIN)
    await member(administered, home, "Ben")
    page = await page_of(administered, ann)
    assert names(page) == ["Ann", "Ben"]
    for words, expected in (("BEN", ["Ben"]), ("admin", ["Ann"]), ("home.org b", ["Ben"])):
        await page.send(UsersState.search, words)
        assert names(page) == expected
    assert (page.get(UsersState.matching), page.get(UsersState.total)) == (1, 2)


async def test_many_members_come_a_page_at_a_time(administered: Server, home: str) -> None:
    ann = await member(administered, home, "Ann", Role.ADMIN)
    for number in range(SHOWN + 5):
        await member(administered, home, f"M{number:03}")
    page = await page_of(administered, ann)
    assert len(names(page)) == SHOWN
    await page.send(UsersState.more)
    assert len(names(page)) == page.get(UsersState.total) == SHOWN + 6


async def test_an_operator_looks_after_other_organisations_too(
    administered: Server, home: str
) -> None:
    ben = await member(administered, home, "Ben")
    page = await page_of(administered, administered.operator.actor)
    await page.send(UsersState.find_organisation, "hom")
    assert [row["name"] for row in page.get(UsersState.others)] == ["Home"]
    await page.send(UsersState.choose_organisation, home)
    assert (page.get(UsersState.organisation), names(page)) == ("Home", ["Ben"])
    await page.send(UsersState.toggle, ben.user.id, Role.DEVELOPER, True)
    assert (await roles_of(administered, home))["Ben"] == {Role.MEMBER, Role.DEVELOPER}


async def test_an_operator_makes_an_organisation_and_sees_it_empty(administered: Server) -> None:
    page = await page_of(administered, administered.operator.actor)
    assert page.get(UsersState.operates)
    await page.send(UsersState.set_naming, True)
    await page.send(UsersState.create_organisation, {"name": " Globex "})
    assert (page.get(UsersState.organisation), names(page)) == ("Globex", [])
    assert not page.get(UsersState.naming)
    await page.send(UsersState.invite, {"role": "admin", "email": "gil@globex.org"})
    (made,) = page.get(UsersState.invitations)
    assert made["whom"] == "gil@globex.org"
    # A name that is taken is told, and the form stays.
    await page.send(UsersState.set_naming, True)
    await page.send(UsersState.create_organisation, {"name": "globex"})
    assert [toast.kind for toast in page.toasts] == ["success", "error"]
    assert page.get(UsersState.naming)
    assert page.get(UsersState.link), "nothing else of the page is lost"


async def test_an_admin_makes_no_organisation(administered: Server, home: str) -> None:
    ann = await member(administered, home, "Ann", Role.ADMIN)
    page = await page_of(administered, ann)
    assert not page.get(UsersState.operates)
    await page.send(UsersState.create_organisation, {"name": "Hers"})
    assert [toast.kind for toast in page.toasts] == ["error"]
    assert page.get(UsersState.organisation) == "Home"
    assert "Hers" not in {o.name for o in await accounts.all_organisations(administered.core)}


async def test_an_admin_has_the_own_organisation_only(administered: Server, home: str) -> None:
    ann = await member(administered, home, "Ann", Role.ADMIN)
    page = await page_of(administered, ann)
    assert page.get(UsersState.others) == []
    await page.send(UsersState.choose_organisation, administered.operator.actor.organisation.id)
    assert (page.get(UsersState.organisation), names(page)) == ("Home", ["Ann"])


async def test_taking_the_last_role_asks_first(administered: Server, home: str) -> None:
    ann = await member(administered, home, "Ann", Role.ADMIN)
    ben = await member(administered, home, "Ben")
    page = await page_of(administered, ann)
    await page.send(UsersState.toggle, ben.user.id, Role.MEMBER, False)
    assert page.get(QuestionState.title) == "Remove Ben from Home?"
    await page.send(QuestionState.close)
    assert "Ben" in await roles_of(administered, home)
    await page.send(UsersState.toggle, ben.user.id, Role.MEMBER, False)
    await page.send(QuestionState.confirm)
    assert "Ben" not in await roles_of(administered, home)
    assert names(page) == ["Ann"]


async def test_somebody_is_signed_out_everywhere(administered: Server, home: str) -> None:
    ann = await member(administered, home, "Ann", Role.ADMIN)
    ben = await member(administered, home, "Ben")
    core = administered.core
    begin = partial(
        logins.begin,
        user_id=ben.user.id,
        organisation_id=home,
        client=accounts.Client(),
        at=core.clock(),
    )
    await core.database.write(begin)
    page = await page_of(administered, ann)
    await page.send(UsersState.sign_out, ben.user.id)
    assert "signed in on 1 browser" in page.get(QuestionState.text)
    assert len(await accounts.logins_of(core, ben.user.id)) == 1
    await page.send(QuestionState.confirm)
    assert await accounts.logins_of(core, ben.user.id) == []


async def test_an_account_is_switched_off_and_on(administered: Server, home: str) -> None:
    ann = await member(administered, home, "Ann", Role.ADMIN)
    ben = await member(administered, home, "Ben")
    await Page(administered.node, ben, {}).goto("/")
    page = await page_of(administered, ann)
    await page.send(UsersState.switch_off, ben.user.id)
    assert "Their open page closes" in page.get(QuestionState.text)
    assert not page.get(UsersState.members)[1]["disabled"]
    await page.send(QuestionState.confirm)
    assert page.get(UsersState.members)[1]["disabled"]
    await page.send(UsersState.switch_on, ben.user.id)
    assert not page.get(UsersState.members)[1]["disabled"]


async def test_an_invitation_is_taken_back(administered: Server, home: str) -> None:
    ann = await member(administered, home, "Ann", Role.ADMIN)
    page = await page_of(administered, ann)
    await page.send(UsersState.invite, {"role": "member", "email": "new@home.org"})
    await accounts.invite(administered.core, administered.operator.actor, home, Role.MEMBER)
    await page.send(UsersState.load)
    shown = {row["whom"]: row for row in page.get(UsersState.invitations)}
    assert shown["new@home.org"]["made_by"] == "Ann"
    # Who is in no organisation of the reader's has no name there.
    assert shown["anybody with the link"]["made_by"] == "an operator"
    await page.send(UsersState.take_back, shown["new@home.org"]["id"])
    assert page.get(QuestionState.title) == "Take back the invitation of new@home.org?"
    assert len(page.get(UsersState.invitations)) == 2
    await page.send(QuestionState.confirm)
    assert [row["whom"] for row in page.get(UsersState.invitations)] == ["anybody with the link"]
    assert len(await accounts.open_invitations(administered.core, home)) == 1


async def test_an_invitation_that_was_accepted_meanwhile_is_not_taken_back(
    administered: Server, home: str
) -> None:
    ann = await member(administered, home, "Ann", Role.ADMIN)
    page = await page_of(administered, ann)
    await page.send(UsersState.invite, {"role": "member", "email": "new@home.org"})
    (row,) = page.get(UsersState.invitations)
    await accounts.revoke_invitation(administered.core, None, home, row["id"])
    await page.send(UsersState.take_back, row["id"])
    assert not page.get(QuestionState.is_open)
    assert page.get(UsersState.invitations) == []
    assert [toast.kind for toast in page.toasts] == ["info"]


async def test_a_link_for_a_new_password_stays_until_it_is_put_away(
    administered: Server, home: str
) -> None:
    ann = await member(administered, home, "Ann", Role.ADMIN)
    ben = await member(administered, home, "Ben")
    page = await page_of(administered, ann)
    await page.send(UsersState.password_link, ben.user.id)
    link = page.get(UsersState.link)
    assert "/password/" in link
    assert page.get(UsersState.link_for) == "Ben"
    await page.send(UsersState.load)  # as when a connection comes back
    assert page.get(UsersState.link) == link
    await page.send(UsersState.forget_link)
    assert page.get(UsersState.link) == ""


async def test_strangers_are_out_of_reach(administered: Server, home: str) -> None:
    ann = await member(administered, home, "Ann", Role.ADMIN)
    page = await page_of(administered, ann)
    stranger = administered.operator.actor.user.id
    for event in (UsersState.switch_off, UsersState.password_link, UsersState.switch_on):
        await page.send(event, stranger)
        assert page.get(UsersState.link) == ""
        assert not page.get(QuestionState.is_open)
    assert len(page.toasts) == 3


# What is asked

BEN = User("b", "Ben", "ben@home.org")


@pytest.mark.parametrize(
    ("roles", "role", "given", "title"),
    [
        ({"member"}, "member", False, "Remove Ben from Home?"),
        ({"member", "admin"}, "admin", False, "Remove the admin role from Ben?"),
        ({"member"}, "operator", True, "Make Ben an operator?"),
        ({"member", "developer"}, "developer", False, None),
        ({"member"}, "developer", True, None),
    ],
)
def test_what_takes_something_away_asks(
    roles: set[str], role: str, given: bool, title: str | None
) -> None:
    question = role_question(Membership(BEN, frozenset(roles)), "Home", role, given=given)
    assert (question and question.title) == title


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        (0, "They have no page open"),
        (1, "Their open page closes"),
        (3, "Their 3 open pages close"),
    ],
)
def test_switching_off_says_how_many_pages_end(pages: int, said: str) -> None:
    assert said in switch_off_question(Membership(BEN, frozenset()), pages).text
