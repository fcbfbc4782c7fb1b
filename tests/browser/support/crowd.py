"""A server with a lot of everything, written into its data folder before it starts."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import Session, select

from app.core import accounts, apps
from app.core.accounts import Passwords, Person
from app.core.accounts.tables import MembershipRow, UserRow
from app.core.apps import NewVersion
from app.core.apps.tables import AppRow, ManifestRow, StepRow, VersionRow
from app.core.audit.tables import EntryRow
from app.core.context import Core
from app.core.opening import open_core
from app.kernel.actor import Actor, acting_as

PASSWORD = "violet river stone"
NAMES = ("Ada", "Ben", "Cyd", "Dora", "Eike", "Femi", "Gül", "Hana", "Ivo", "Juno")
SURNAMES = ("Adams", "Berg", "Cruz", "Dietz", "Eriksen", "Fox", "Grün", "Hill", "Ito", "Jung")
THINGS = ("Orders", "Room schedule", "Live editor", "Operations", "Floor viewer", "Invoices")
ICONS = ("package", "building", "pencil", "activity", "map", "receipt")
TEMPLATES = 100  # apps that are installed; all others are copies of their rows
NUMBER = re.compile(r"(?<=[ _-])00(\d\d)\b")  # of a template, in its names


def fill(data: Path, *, users: int, installed: int, entries: int, organisations: int = 20) -> None:
    """Fill an empty data folder; Ada is its operator, ada@example.com.

    There are `installed` apps, a multiple of a hundred and no more than ten thousand.
    """
    # In a thread of its own: that of the tests has Playwright's event loop.
    with ThreadPoolExecutor(1) as thread:
        filling = _fill(data, users, installed, entries, organisations)
        thread.submit(asyncio.run, filling).result()


async def _fill(data: Path, users: int, installed: int, entries: int, organisations: int) -> None:
    core = open_core(data)
    homes = [
        await accounts.create_organisation(core, "Acme" if n == 0 else f"Client {n:02}")
        for n in range(organisations)
    ]
    person = Person("Ada", "ada@example.com", PASSWORD)
    ada = await accounts.add_person(core, Passwords(), person, homes[0].id, "operator")
    await core.database.write(lambda session: _people(session, core, homes[0].id, users))
    operator = await accounts.actor_of(core, ada.id, homes[0].id)
    with acting_as(operator):
        for number in range(TEMPLATES):
            await _install(core, number)
    await core.database.write(lambda session: _copy(session, installed // TEMPLATES))
    await core.database.write(lambda session: _entries(session, core, operator, entries))
    await core.close()


def _people(session: Session, core: Core, home: str, count: int) -> None:
    at = core.clock()
    people = [
        UserRow(
            id=f"{n:032}",
            name=f"{NAMES[n % 10]} {SURNAMES[n // 10 % 10]} {n}",
            email=f"user{n}@example.org",
            created_at=at,
        )
        for n in range(count)
    ]
    session.add_all(people)
    session.flush()
    session.add_all(
        MembershipRow(
            organisation_id=home,
            user_id=one.id,
            role="developer" if n % 9 == 0 else "member",
            created_at=at,
        )
        for n, one in enumerate(people)
    )


async def _install(core: Core, number: int) -> None:
    app_id = f"client_{number % 20:02}/app_{number:04}"
    manifest = {
        "id": app_id,
        "kind": "dynamic",
        "name": f"{THINGS[number % 6]} {number:04}",
        "version": f"1.{number % 7}.0",
        "url": app_id.replace("/", "-").replace("_", "-"),
        "description": "What a client asked for, and what nobody else needs.",
        "icon": ICONS[number % 6],
        "capabilities": ["documents:write"] if number % 5 == 0 else [],
        "source": "0" * 64,
    }
    await apps.add_version(core, NewVersion(manifest), app_id.encode())
    if number % 5:
        await apps.promote(core, app_id, 1, base_revision=None)
    if number % 50 == 1:
        await apps.disable(core, app_id, base_revision=None)
    if number % 50 == 2:
        await apps.delete(core, app_id, base_revision=None)


def _copy(session: Session, times: int) -> None:
    """Let there be so many times the apps that are installed; a copy has its template's package."""
    for table in (AppRow, VersionRow, ManifestRow, StepRow):
        templates = session.exec(select(table)).all()
        copies = [
            {name: _renamed(value, hundreds) for name, value in template.model_dump().items()}
            for hundreds in range(1, times)
            for template in templates
        ]
        session.connection().execute(insert(table), copies)


def _renamed(value: object, hundreds: int) -> object:
    return NUMBER.sub(rf"{hundreds:02}\1", value) if isinstance(value, str) else value


def _entries(session: Session, core: Core, who: Actor, count: int) -> None:
    now = core.clock()
    entries = [
        {
            "at": now - timedelta(minutes=count - n),
            "actor_id": who.user.id,
            "actor_name": who.user.name,
            "organisation_id": who.organisation.id,
            "action": ("app.promote", "app.upload", "login", "role.grant")[n % 4],
            "target": f"client_{n % 20:02}/app_{n % 1000:04}",
            "outcome": "refused" if n % 13 == 0 else "done",
            "detail": f'{{"number": {n}, "note": "entry"}}',
            "node": "node-1",
            "ip": "192.0.2.7",
        }
        for n in range(count)
    ]
    session.connection().execute(insert(EntryRow), entries)
