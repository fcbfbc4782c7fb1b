from __future__ import annotations

import pytest

from app.core.accounts.model import checked_email, checked_name, checked_role, first_free
from app.kernel.errors import Invalid


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@example.com", "a da@example.com", "a@b", "a\0@b.cc"]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid, match="e-mail"):
        checked_email(email)


def test_addresses_are_compared_in_lower_case() -> None:
    assert checked_email(" Ada@Example.COM ") == "ada@example.com"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        checked_name(name)


def test_an_unknown_role_is_refused_and_the_known_ones_listed() -> None:
    with pytest.raises(Invalid, match="member, developer, admin, operator"):
        checked_role("root")


def test_visitors_are_guests_when_the_names_are_used_up() -> None:
    names = ["Ada", "Grace"]
    assert [first_free(names, taken) for taken in range(4)] == [
        "Ada",
        "Grace",
        "Guest 3",
        "Guest 4",
    ]
