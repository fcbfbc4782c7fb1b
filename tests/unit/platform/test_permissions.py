"""Who may do what with which app."""

import pytest

from app.core.apps.model import EVERYBODY, Visibility
from app.kernel.actor import Actor, Organisation, User
from app.platform.permissions import SCOPES, Action, NotAllowed, Requester, may, require

OWN = Visibility({"acme": None})
SHARED = Visibility({"acme": None, "globex": None})
OTHER = Visibility({"globex": None})


def who(*roles: str, scopes: frozenset[str] | None = None) -> Requester:
    actor = Actor(
        User("u1", "Ada", "ada@acme.example"), Organisation("acme", "Acme"), frozenset(roles)
    )
    return Requester(actor, scopes)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("visibility", [None, OWN, SHARED, OTHER, EVERYBODY])
def test_an_operator_may_do_everything(action: Action, visibility: Visibility | None) -> None:
    assert may(who("operator"), action, visibility)


@pytest.mark.parametrize("action", Action)
def test_a_member_may_look_after_nothing(action: Action) -> None:
    assert not may(who("member"), action, OWN)
    assert not may(who(), action, OWN)
    assert not may(who("unknown"), action, OWN)


def test_a_developer_uploads_and_previews_but_does_not_activate() -> None:
    allowed = {action for action in Action if may(who("developer"), action, OWN)}
    assert allowed == {Action.SEE, Action.UPLOAD, Action.PREVIEW}


def test_an_admin_does_all_but_share_and_operate() -> None:
    refused = {action for action in Action if not may(who("admin"), action, OWN)}
    assert refused == {Action.SHARE, Action.OPERATE}


@pytest.mark.parametrize("role", ["developer", "admin"])
@pytest.mark.parametrize("visibility", [SHARED, OTHER, EVERYBODY, Visibility({})])
def test_apps_that_are_not_of_the_own_organisation_alone_are_out_of_reach(
    role: str, visibility: Visibility
) -> None:
    assert not any(may(who(role), action, visibility) for action in Action)


def test_a_token_may_no_more_than_its_scopes_and_no_more_than_its_user() -> None:
    reader = frozenset({"apps:read"})
    assert may(who("operator", scopes=reader), Action.SEE, OTHER)
    assert not may(who("operator", scopes=reader), Action.ACTIVATE, OTHER)
    assert not may(who("developer", scopes=frozenset({"apps:admin"})), Action.ACTIVATE, OWN)
    assert not may(who("operator", scopes=frozenset()), Action.SEE)


def test_every_action_can_be_reached_by_some_scope() -> None:
    everything = who("operator", scopes=frozenset(SCOPES))
    assert all(may(everything, action) for action in Action)


def test_a_refusal_names_the_action_and_nothing_else() -> None:
    with pytest.raises(
        NotAllowed, match=r"^you may not promote, roll back, switch or delete an app$"
    ):
        require(who("developer"), Action.ACTIVATE, OWN)


def test_who_may_but_whose_token_may_not_is_told_the_scope() -> None:
    deploying = frozenset({"apps:deploy"})
    told = r"^you may not read the audit .* with this token: it needs the scope audit:read$"
    with pytest.raises(NotAllowed, match=told):
        require(who("admin", scopes=deploying), Action.AUDIT)
    with pytest.raises(NotAllowed, match=r"organisation$"):
        require(who("developer", scopes=deploying), Action.AUDIT)
