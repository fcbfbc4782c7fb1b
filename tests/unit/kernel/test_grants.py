"""What an app may do: declared and granted, asked anew at every use."""

from __future__ import annotations

import pytest

from app.kernel.actor import Forbidden
from app.kernel.grants import CapabilityNotGranted, Grants, confined, confinement, not_granted


def _grants(declared: set[str], granted: set[str]) -> Grants:
    return Grants("acme/counter", declared, lambda: granted)


@pytest.mark.parametrize(
    ("declared", "granted", "wanted", "expected"),
    [
        ({"network"}, {"network"}, "network", True),
        ({"network"}, set(), "network", False),
        (set(), {"network"}, "network", False),
        ({"documents:read"}, {"documents:write"}, "documents:read", True),
        ({"documents:read"}, {"documents:write"}, "documents:write", False),
        ({"documents:write"}, {"documents:read"}, "documents:read", True),
        ({"documents:write"}, {"documents:read"}, "documents:write", False),
        ({"documents:write"}, {"documents:write"}, "files:read", False),
    ],
)
def test_only_what_is_declared_and_granted_counts(
    declared: set[str], granted: set[str], wanted: str, expected: bool
) -> None:
    grants = _grants(declared, granted)
    assert (wanted in grants) is expected
    if expected:
        grants.require(wanted)
    else:
        with pytest.raises(CapabilityNotGranted) as refused:
            grants.require(wanted)
        assert (refused.value.app_id, refused.value.capability) == ("acme/counter", wanted)


def test_a_grant_that_is_taken_away_ends_at_once() -> None:
    granted = {"network"}
    grants = _grants({"network"}, granted)
    grants.require("network")
    granted.clear()
    with pytest.raises(Forbidden):
        grants.require("network")


@pytest.mark.parametrize(
    ("declared", "granted", "remedy"),
    [
        ({"network"}, set(), "An administrator can grant it on the page /admin/apps/acme/counter."),
        (set(), {"network"}, "does not declare it. List"),
        (set(), set(), 'List "network" in AppEntry.capabilities; then an administrator'),
    ],
)
def test_the_remedy_says_whose_turn_it_is(
    declared: set[str], granted: set[str], remedy: str
) -> None:
    with pytest.raises(CapabilityNotGranted) as refused:
        _grants(declared, granted).require("network")
    assert remedy in refused.value.remedy
    assert str(refused.value).startswith("acme/counter was not granted 'network'")


def test_lists_what_counts() -> None:
    assert list(_grants({"network", "files:read"}, {"files:write"})) == ["files:read"]
    assert len(_grants({"network"}, {"network"})) == 1


def test_confinement_ends_with_its_block() -> None:
    grants = _grants(set(), set())
    with confined(grants):
        assert confinement() is grants
        with confined(None):
            assert confinement() is None
        assert confinement() is grants
    assert confinement() is None


def test_who_may_write_lacks_nothing_to_read() -> None:
    asked = ("network", "documents:read", "files:write")
    assert not_granted(asked, {"documents:write", "files:read"}) == ["network", "files:write"]
