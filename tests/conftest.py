"""What tests of several folders have in common, the browser first of all.

Its driver keeps an event loop in the process, so tests of other kinds come first.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from app.server.process import garbage
from scripts.bootstrap import find_browser
from tests.support.servers import Forge
from tests.support.statements import share_statements

PATIENCE = int(os.environ.get("GRAFT_PATIENCE", "60000"))  # ms; only a failing test waits that long
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


gc.disable()  # what is collected stays


def pytest_configure() -> None:
    share_statements()


def pytest_collection_finish() -> None:
    # All tests and what they import stay to the end: no collection has to look at them again.
    # From here on garbage is looked for as a server does.
    gc.collect()
    garbage.look()


@pytest.fixture(scope="session")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """Makes processes quickly."""
    made = Forge(tmp_path_factory.mktemp("forge"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver of the browser."""
    with sync_playwright() as driver:
        expect.set_options(timeout=PATIENCE)
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A headless Chromium from this machine."""
    executable = find_browser()
    if executable is None:
        pytest.fail("There is no Chromium on this machine; install the package chromium.")
    running = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
    yield running
    running.close()
