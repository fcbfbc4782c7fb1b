"""Packages that are installed while a development server runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import pytest

from app.server.installing import trying_again
from app.source.problems import AppError, NotNow
from app.testing import kit
from tests.support.packages import DISTRIBUTION, MODULE, Packages
from tests.unit.apps.helpers import APPS, COUNTER

USE = f"import {MODULE}\n"


async def test_an_app_that_lacks_a_package_is_loaded_when_it_is_installed(
    packages: Packages,
) -> None:
    async with kit(APPS, only=COUNTER) as node:
        releases = node._node.engine.releases
        page = await node.open(COUNTER)
        source = node.source(COUNTER)
        with pytest.raises(AppError, match="pin its distribution there and install it"):
            await node.swap(COUNTER, {"entry.py": USE + source})
        tried = asyncio.Event()

        async def changed(app_ids: Sequence[str]) -> None:
            await releases.changed(app_ids)
            tried.set()

        async with trying_again(node._node.engine, changed, every=0.01):
            packages.install("1.0")
            await asyncio.wait_for(tried.wait(), 60)
        await node.settle()
        assert page.problems == []
        assert sys.modules[MODULE].version == "1.0"


async def test_an_app_is_not_loaded_with_another_version_than_is_installed(
    packages: Packages,
) -> None:
    packages.install("1.0")
    async with kit(APPS, only=COUNTER) as node:
        source = node.source(COUNTER)
        await node.swap(COUNTER, {"entry.py": USE + source})
        packages.install("2.0", "version = '2.0'\ndef new() -> None: ...\n")
        with pytest.raises(AppError) as refused:
            await node.swap(COUNTER, {"entry.py": f"from {MODULE} import new\n{source}"})
        [problem] = refused.value.problems
        assert problem.message == (
            f"{DISTRIBUTION} 2.0 is installed, but this server runs {DISTRIBUTION} 1.0"
        )
        assert (problem.place, problem.remedy[:19]) == ("entry.py:1", "Restart the server:")
        # What ran goes on, and the version is not to blame.
        with pytest.raises(NotNow):
            await node._node.engine.releases._loads.load(COUNTER, 3, {}, announce=False)
