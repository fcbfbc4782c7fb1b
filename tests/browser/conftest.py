"""Browser tests: one server with the production build of the front end, Chromium, no sleeps.

Every test gets a browser context of its own and fails if its pages complain in any way that the
test did not say it expects: console, uncaught errors, failed requests, policy, page loads.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.support.folders import (
    AppFolder,
    copy_app,
    copy_client_apps,
    copy_templates,
)
from tests.browser.support.gate import Gate
from tests.browser.support.line import Line
from tests.browser.support.production import Production, confirm_that_it_is_me
from tests.browser.support.server import Server
from tests.browser.support.watch import Visitor
from tests.conftest import PATIENCE
from tests.support.servers import Forge

SERVERS = ("server", "client_server", "production")  # fixtures


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "own_copy(template, saved_last=False): run with a copy of a test app that no other uses",
    )


@pytest.fixture(scope="session")
def apps_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of client apps that the server watches: all test apps, and copies of them."""
    folder = tmp_path_factory.mktemp("server") / "client_apps"
    copy_templates(folder)
    for item in request.session.items:
        marker = item.get_closest_marker("own_copy")
        if marker is not None:
            copy = copy_app(marker.args[0], folder, _own_id(item))
            if marker.kwargs.get("saved_last"):
                (copy.path / "entry.py").touch()
    return folder


@pytest.fixture(scope="session")
def server(apps_folder: Path) -> Iterator[Server]:
    """A running server in development mode, started as people start it."""
    running = Server(apps_folder, apps_folder.parent / "data", apps_folder.parent / "server.log")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def client_apps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of the client apps that Graft comes with, which a server of their own watches."""
    folder = tmp_path_factory.mktemp("client") / "client_apps"
    copy_client_apps(folder)
    return folder


@pytest.fixture(scope="session")
def client_server(client_apps: Path, forge: Forge) -> Iterator[Server]:
    """A running server in development mode with those client apps, and nothing stored yet."""
    folder = client_apps.parent
    running = Server(client_apps, folder / "data", folder / "server.log", forge=forge)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory, forge: Forge) -> Iterator[Production]:
    """A running server in production mode, with people in it (tests.browser.support.production).

    Tests share it, and each brings an app of its own.
    """
    running = Production(tmp_path_factory.mktemp("production"), forge=forge)
    running.populate()
    yield running
    running.stop()


@pytest.fixture
def _visitors() -> Iterator[list[Visitor]]:
    """Everybody in this test. Their complaints fail it at its end."""
    visitors: list[Visitor] = []
    yield visitors
    for visitor in visitors:
        visitor.leave()
    complaints = [problem for visitor in visitors for problem in visitor.unexpected()]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def _new_browser(browser: Browser, _visitors: list[Visitor]) -> Callable[..., Visitor]:
    """Makes browsers of different people."""

    def make(address: str, **options: Any) -> Visitor:
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        context.set_default_timeout(PATIENCE)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        _visitors.append(Visitor(context, address))
        return _visitors[-1]

    return make


@pytest.fixture
def new_visitor(_new_browser: Callable[..., Visitor], server: Server) -> Callable[..., Visitor]:
    """Makes visitors of the development server."""

    def make(address: str = server.address, **options: Any) -> Visitor:
        return _new_browser(address, **options)

    return make


@pytest.fixture
def somebody(_new_browser: Callable[..., Visitor], client_server: Server) -> Callable[..., Visitor]:
    """Makes users of the client apps: each is somebody else, all are of one organisation."""

    def make(address: str = client_server.address, **options: Any) -> Visitor:
        return _new_browser(address, **options)

    return make


@pytest.fixture
def person(_new_browser: Callable[..., Visitor], production: Production) -> Callable[..., Visitor]:
    """Makes people with a browser each at the production server; with a name they are signed in.

    When their page asks for the password they answer, unless `answers` is false.
    """

    def make(
        name: str = "", *, address: str = production.address, answers: bool = True, **options: Any
    ) -> Visitor:
        visitor = _new_browser(address, **options)
        if name:
            production.sign_in(visitor.context, name)
        if answers:
            visitor.context.on("page", confirm_that_it_is_me)
        return visitor

    return make


@pytest.fixture
def visitor(new_visitor: Callable[[], Visitor]) -> Visitor:
    """One person's browser."""
    return new_visitor()


@pytest.fixture
def visit(visitor: Visitor) -> Callable[[str], Page]:
    """Opens an address of the server in a new tab."""
    return visitor.open


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    """A line to the server that can be cut; pages that use it are opened at its address."""
    made = Line(server.address)
    yield made
    made.close()


@pytest.fixture
def production_line(production: Production) -> Iterator[Line]:
    """A line to the production server that can be cut."""
    made = Line(production.address)
    yield made
    made.close()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """A gate for the code of the test's own app."""
    return Gate(tmp_path / "open")


@pytest.fixture
def own(request: pytest.FixtureRequest, apps_folder: Path) -> AppFolder:
    """The test's own copy of the app that its marker `own_copy` names."""
    app_id = _own_id(request.node)
    return AppFolder(app_id, apps_folder / app_id)


def _own_id(item: pytest.Item) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", item.name.removeprefix("test_").lower())
    return f"own/{words[:30].strip('_')}_{zlib.crc32(item.name.encode()):x}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Add to a failure what the browser and the server had to say."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if not report.failed or not isinstance(item, pytest.Function):
        return
    for visitor in item.funcargs.get("_visitors", ()):
        report.sections.append(("Browser", "\n".join(visitor.problems)))
    servers = (item.funcargs.get(name) for name in SERVERS)
    for server in filter(None, servers):
        report.sections.append(("Server", "\n".join(server.written().splitlines()[-60:])))
