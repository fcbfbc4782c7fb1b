from __future__ import annotations

import pytest

from app.core.accounts import require_role, scopes_of
from app.kernel.actor import Actor, Forbidden, Organisation, User

HERE, THERE = Organisation("here", "Here"), Organisation("there", "There")


def somebody(*roles: str) -> Actor:
    return Actor(User("1", "Ada", "ada@example.com"), HERE, frozenset(roles))


def test_a_role_counts_in_its_own_organisation() -> None:
    require_role(somebody("admin"), "admin")
    require_role(somebody("admin"), "admin", HERE.id)
    with pytest.raises(Forbidden):
        require_role(somebody("admin"), "admin", THERE.id)


@pytest.mark.parametrize("roles", [(), ("member",), ("developer", "member")])
def test_other_roles_are_not_enough(roles: tuple[str, ...]) -> None:
    with pytest.raises(Forbidden, match="admin"):
        require_role(somebody(*roles), "admin")


def test_the_operator_may_do_everything_everywhere() -> None:
    require_role(somebody("operator"), "admin", THERE.id)
    require_role(somebody("operator"), "developer")


def test_an_admin_is_no_operator() -> None:
    with pytest.raises(Forbidden):
        require_role(somebody("admin", "developer", "member"), "operator")


def test_roles_add_up_and_unknown_ones_add_nothing() -> None:
    assert scopes_of(["member"]) == {"apps:read"}
    assert scopes_of(["member", "developer"]) == {"apps:read", "apps:deploy"}
    assert scopes_of(["operator"]) >= scopes_of(["admin"]) > scopes_of(["developer"])
    assert scopes_of(["emperor"]) == frozenset()
