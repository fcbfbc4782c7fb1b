"""A production server: its data folder made ready through the core, its API as programs use it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, Page

from app.core import accounts, apps
from app.core.accounts import Client, Passwords, Person, Scope
from app.core.apps import NewVersion
from app.core.context import Core
from app.core.opening import open_core
from app.packages.pack import make_manifest, pack
from app.server.identity.cookies import SESSION_COOKIE
from app.source.app_source import read_source
from benchmarks.processes import ROOT, Server, free_port

T = TypeVar("T")
_PERSON = Person("Ada", "ada@example.com", "violet river stone")


@dataclass(frozen=True)
class Keys:
    """What the operator proves with who they are: in a browser, and to the API."""

    login: str
    token: str

    @property
    def cookie(self) -> str:
        """The Cookie header of the operator's browser."""
        return f"{SESSION_COOKIE}={self.login}"


def set_up(data: Path) -> Keys:
    """Make the data folder of a server that has an operator."""

    async def work(core: Core) -> Keys:
        passwords = Passwords()
        link = await accounts.new_set_up_link(core)
        if link is None:
            raise RuntimeError(f"{data} has an operator already")
        begun = await accounts.set_up(core, passwords, link.secret, "Bench", _PERSON, Client())
        login = begun.login
        actor = await accounts.actor_of(core, login.user_id, login.organisation_id)
        made = await accounts.create_token(core, actor, "bench", list(Scope), 1)
        return Keys(begun.secret, made.secret)

    return on_core(data, work)


def install(data: Path, packages: Iterable[tuple[Mapping[str, Any], bytes]]) -> None:
    """Store packages as the core stores what passed intake, and promote each of them.

    Args:
        data: of a server that does not run.
        packages: manifest and archive of each.
    """

    async def work(core: Core) -> None:
        for manifest, package in packages:
            added = await apps.add_version(core, NewVersion(manifest), package)
            await apps.promote(core, added.app.id, added.version.number, base_revision=None)

    on_core(data, work)


def package_of(folder: Path) -> tuple[Mapping[str, Any], bytes]:
    """Return manifest and archive of the app in `folder` (`…/<client>/<app>`)."""
    source = read_source(folder)
    manifest = make_manifest(source)
    return manifest.model_dump(mode="json"), pack(source, manifest=manifest)


def packages_of(folder: Path, app_id: str, texts: Iterable[str]) -> Iterator[bytes]:
    """Yield the archive of an app for each text of its entry.py."""
    entry = folder / app_id / "entry.py"
    for text in texts:
        entry.write_text(text, "utf-8")
        yield package_of(entry.parent)[1]


def on_core(data: Path, work: Callable[[Core], Awaitable[T]]) -> T:
    """Return `work(core)` with the core of a data folder."""

    async def run() -> T:
        core = open_core(data)
        try:
            return await work(core)
        finally:
            await core.close()

    return asyncio.run(run())


def production(data: Path) -> Server:
    """Start a production server, as an operator does."""
    port = free_port()
    command = [sys.executable, "-m", "app", "serve", "--allow-unsigned", "--port", str(port)]
    command += ["--data", str(data)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    log = data.parent / f"{data.name}.log"
    return Server(command, f"http://localhost:{port}", ROOT, log, environment)


class Api:
    """The HTTP API, over one connection that stays open."""

    def __init__(self, address: str, keys: Keys) -> None:
        headers = {"authorization": f"Bearer {keys.token}"}
        self._http = httpx.Client(base_url=f"{address}/api/v1", headers=headers, timeout=120)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def upload(self, package: bytes) -> int:
        """Upload a package; returns the number of its version."""
        answer = self._http.post("/apps", content=package)
        return int(self._checked(answer)["version"]["number"])

    def promote(self, app_id: str, number: int) -> None:
        """Serve a version to everybody."""
        self._checked(self._http.post(f"/apps/{app_id}/promote", json={"number": number}))

    def rollback(self, app_id: str) -> None:
        """Serve the version before."""
        self._checked(self._http.post(f"/apps/{app_id}/rollback", json={}))

    @staticmethod
    def _checked(answer: httpx.Response) -> Any:
        if answer.is_error:
            raise RuntimeError(f"{answer.request.url}: {answer.status_code} {answer.text}")
        return answer.json()


def open_page(chromium: Browser, server: Server, keys: Keys, path: str) -> Page:
    """Open an address of the server in a new tab of somebody who is signed in."""
    context = chromium.new_context()
    host = str(urlsplit(server.address).hostname)
    context.add_cookies(
        [{"name": SESSION_COOKIE, "value": keys.login, "domain": host, "path": "/"}]
    )
    page = context.new_page()
    page.goto(server.address + path)
    return page
