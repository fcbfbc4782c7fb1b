"""A data folder with two organisations, their people, and apps of one of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from argon2 import PasswordHasher

from app.core import accounts, apps, files
from app.core.accounts import Client, Passwords
from app.core.apps import NewVersion, Visibility
from app.core.context import Core, use
from app.core.opening import open_core
from app.kernel.actor import acting_as
from app.packages.pack import make_manifest, pack
from app.source.app_source import AppSource, read_source

APPS = Path(__file__).parents[1] / "unit" / "apps"
COUNTER, BOARD, VIEWER = "acme/counter", "globex/board", "acme/viewer"
OFF, DRAFT = "acme/off", "acme/draft"
NOTHING = "acme/nothing"  # there is no such app
PASSWORD = "violet river stone"
# As cheap as they can be: the tests look at other things.
PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass(frozen=True)
class Person:
    """Somebody: id, secret of a login, an API token with all scopes that they may have, address."""

    id: str
    login: str
    token: str
    email: str


@dataclass
class World:
    """What is there.

    Attributes:
        data: the data folder.
        organisations: name -> id.
        file: address of a file of Acme's.
    """

    data: Path
    organisations: dict[str, str] = field(default_factory=dict)
    file: str = ""
    _people: Iterator[int] = field(default_factory=count)

    async def person(self, core: Core, home: str, *roles: str) -> Person:
        """Make somebody with roles in an organisation."""
        name = f"person-{next(self._people)}"
        about = accounts.Person(name, f"{name}@example.com", PASSWORD)
        home_id, (first, *others) = self.organisations[home], roles
        user = await accounts.add_person(core, PASSWORDS, about, home_id, first)
        for role in others:
            await accounts.grant(core, home_id, user.id, role)
        new = await accounts.sign_in(core, PASSWORDS, about.email, PASSWORD, Client())
        found = await accounts.identity_of_login(core, new.secret)
        assert found is not None
        token = await accounts.create_token(core, found.actor, "all", found.scopes, 1)
        return Person(user.id, new.secret, token.secret, about.email)


async def build_world(folder: Path) -> World:
    """Make the data folder `folder/data`, without a server."""
    world = World(folder / "data")
    core = open_core(world.data)
    with use(core):
        for name in ("Acme", "Globex"):
            world.organisations[name] = (await accounts.create_organisation(core, name)).id
        acme = Visibility({world.organisations["Acme"]: None})
        for app_id in (COUNTER, BOARD, VIEWER, OFF, DRAFT):
            await install(core, sources(folder, app_id), promote=app_id != DRAFT)
            await apps.set_visibility(core, app_id, acme, base_revision=None)
        await apps.disable(core, OFF, base_revision=None)
        member = await world.person(core, "Acme", "member")
        home = world.organisations["Acme"]
        with acting_as(await accounts.actor_of(core, member.id, home)):
            world.file = (await files.save("plan.txt", b"secret plan")).url
    await core.close()
    return world


async def install(core: Core, source: AppSource, *, promote: bool = True) -> None:
    """Install a version of an app, as an upload that passed every check, and grant what it asks."""
    manifest = make_manifest(source)
    new = NewVersion(manifest=manifest.model_dump(mode="json"))
    added = await apps.add_version(core, new, pack(source, manifest=manifest))
    await apps.grant(core, source.id, manifest.capabilities, base_revision=None)
    if promote:
        await apps.promote(core, source.id, added.version.number, base_revision=None)


def sources(
    folder: Path, app_id: str, changes: Mapping[str, str] | None = None, *, template: str = ""
) -> AppSource:
    """Return a test app, under a name of its own and with some files replaced."""
    known = {OFF: COUNTER, DRAFT: COUNTER}
    target = folder / "sources" / app_id
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(APPS / (template or known.get(app_id, app_id)), target)
    entry = target / "entry.py"
    if app_id in known:
        url = app_id.replace("/", "-")
        entry.write_text(entry.read_text().replace('url = "acme-counter"', f'url = "{url}"'))
    for name, text in (changes or {}).items():
        (target / name).write_text(text)
    return read_source(target)


def package_of(folder: Path, app_id: str) -> bytes:
    """Return a package of an app of this id, at an address that no other app has."""
    url = f"new-{app_id.replace('/', '-')}"
    entry = (
        (APPS / COUNTER / "entry.py").read_text().replace('url = "acme-counter"', f'url = "{url}"')
    )
    return pack(sources(folder, app_id, {"entry.py": entry}, template=COUNTER))
