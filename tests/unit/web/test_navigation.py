"""What administrators are warned of on every admin page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.packages.signing import PublicKey, SigningKey, TrustedKeys
from app.packages.trying.dry_run import DryRunner
from app.testing import Page
from app.web.admin.apps.states.apps_state import AdminState
from app.web.navigation import NavigationState
from tests.unit.apps.helpers import COUNTER
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


@pytest.mark.parametrize("keys", [(), (SigningKey.generate("Ada").public,)])
async def test_administrators_are_told_that_no_package_can_be_taken_in(
    administered: Server, monkeypatch: pytest.MonkeyPatch, keys: tuple[PublicKey, ...]
) -> None:
    uploads = administered.platform._uploads
    settings = replace(uploads.settings, allow_unsigned=False, trusted=TrustedKeys(keys))
    monkeypatch.setattr(uploads, "settings", settings)
    page = Page(administered.node, administered.operator.actor, {})
    await page.goto("/admin/apps")
    await page.send(NavigationState.load)
    assert page.get(NavigationState.takes_nothing) is not bool(keys)


async def test_everybody_is_told_that_no_app_runs(administered: Server) -> None:
    app = administered.node.app
    page = await administered.open("/")
    await page.send(NavigationState.load)
    assert page.get(NavigationState.safe_mode) is False
    app.administration = replace(app.administration, safe_mode=True)
    await page.send(NavigationState.load)
    assert page.get(NavigationState.safe_mode) is True


async def test_an_app_that_no_trusted_key_signed_is_marked(administered: Server) -> None:
    await administered.deploy(COUNTER)
    page = Page(administered.node, administered.operator.actor, {})
    await page.goto("/admin/apps")
    await page.send(AdminState.load)
    [row] = page.get(AdminState.rows)
    assert row["unsigned"] is True


async def test_nobody_else_is(administered: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DryRunner, "missing_layers", ("seccomp",))
    page = await administered.open("/")
    await page.send(NavigationState.load)
    assert page.get(NavigationState.missing_layers) == ""
    assert page.get(NavigationState.unsigned) is False
