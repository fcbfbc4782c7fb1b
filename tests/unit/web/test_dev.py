"""What developers see of settings that do not fit."""

from __future__ import annotations

from app.testing import kit
from app.web.dev import DevState
from tests.unit.apps.helpers import APPS

MAILER = "acme/mailer"


async def test_settings_that_do_not_fit_are_on_the_page_until_they_do() -> None:
    async with kit(APPS, only=MAILER, settings={MAILER: {"host": "localhost"}}) as server:
        await server.open(MAILER)
        page = await server.open(MAILER, user="Dev")
        await page.goto("/dev")
        await page.send(DevState.load)
        assert page.get(DevState.rows)[0]["status"] == "loaded"
        await server.set_settings(MAILER, host="localhost", prot=26, key="no_hunter22")
        (row,) = page.get(DevState.rows)
        assert (row["status"], page.get(DevState.failing)) == ("settings do not fit", 1)
        (problem,) = row["problems"]
        assert problem["place"] == f"settings/{MAILER}.toml"
        assert "prot: there is no such setting; did you mean port?" in problem["message"]
        assert "hunter22" not in str(problem)
        await server.set_settings(MAILER, host="localhost")
        assert page.get(DevState.rows)[0]["problems"] == []
