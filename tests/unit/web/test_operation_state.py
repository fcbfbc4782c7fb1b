"""What a browser can name to have it done with an app."""

from __future__ import annotations

import pytest

from app.kernel.errors import Invalid
from app.platform.operations.serving import EndPreview, Promote
from app.web.admin.apps.states.operation_state import asked_by, wanted_by


@pytest.mark.parametrize("name", ["purge", "", "grants", "load_at_boot"])
def test_what_is_not_for_pages_cannot_be_named(name: str) -> None:
    with pytest.raises(Invalid, match="nothing is called"):
        asked_by(name)
    with pytest.raises(Invalid, match="nothing is called"):
        wanted_by(name, "1", 1)


def test_what_a_browser_saw_goes_with_what_it_wants() -> None:
    assert wanted_by("promote", "3", 7) == Promote(number=3, base_revision=7)
    assert wanted_by("end_preview", "ab", 7) == EndPreview(preview_id="ab")


@pytest.mark.parametrize(
    ("name", "argument"),
    [("promote", "0"), ("rollback", "x"), ("end_preview", "../.."), ("visibility", '{"": null}')],
)
def test_an_argument_that_means_nothing_is_refused(name: str, argument: str) -> None:
    with pytest.raises(Invalid):
        wanted_by(name, argument, 1)
