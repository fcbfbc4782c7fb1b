"""What administrators are warned of on every admin page."""

from __future__ import annotations

import pytest

from app.packages.dry_run import DryRunner
from app.testing import Page
from app.web.navigation import NavigationState
from tests.unit.platform.conftest import Server


@pytest.mark.parametrize(
    ("missing", "told"),
    [((), ""), (("seccomp",), "seccomp"), (("landlock", "seccomp"), "landlock and seccomp")],
)
async def test_administrators_are_told_what_does_not_confine_packages(
    administered: Server, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], told: str
) -> None:
    monkeypatch.setattr(DryRunner, "missing_layers", missing)
    page = Page(administered.node, administered.operator.actor, {})
    await page.goto("/admin/apps")
    await page.send(NavigationState.load)
    assert page.get(NavigationState.missing_layers) == told
    assert page.get(NavigationState.unsigned) is True


async def test_nobody_else_is(administered: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DryRunner, "missing_layers", ("seccomp",))
    page = await administered.open("/")
    await page.send(NavigationState.load)
    assert page.get(NavigationState.missing_layers) == ""
    assert page.get(NavigationState.unsigned) is False
