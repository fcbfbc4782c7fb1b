"""What a node serves: apps, who previews them, and where the contents of their versions are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy
from sqlalchemy import and_, bindparam, or_
from sqlmodel import Session, col, select

from app.core.apps import rows
from app.core.apps.model import Action, App, Preview, State
from app.core.apps.tables import AppRow, BundleRow, PreviewRow, StepRow, VersionRow
from app.core.context import Core
from app.kernel.actor import refuse_apps
from app.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Contents:
    """Where to find a version.

    Attributes:
        ready: whether it may be promoted.
        source: digest of its files (`AppSource.digest`).
        package: digest of its package, in the code store.
        bundle: digest of what it was compiled to for the build asked for, in the code store; None
            when it was not.
    """

    ready: bool
    source: str
    package: str
    bundle: str | None


@dataclass(frozen=True, slots=True)
class Serving:
    """What a node has to know of an app.

    Attributes:
        previews: who gets another version than the others.
        contents: number -> contents of each version that somebody gets.
        fell: whether people had it, until none of its versions could be loaded.
    """

    app: App
    previews: tuple[Preview, ...]
    contents: Mapping[int, Contents]
    fell: bool = False


async def serving(core: Core, build: str, app_id: str | None = None) -> tuple[Serving, ...]:
    """Return all apps that are not deleted, or the one with this id, for a build of the front end.

    One snapshot, and a fixed number of queries however many apps there are.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("list what is served")
    now = core.clock()

    def work(session: Session) -> tuple[Serving, ...]:
        apps = rows.alive(session, app_id)
        chosen = [] if app_id is None else [col(PreviewRow.app_id) == app_id]
        previews: defaultdict[str, list[Preview]] = defaultdict(list)
        for preview in rows.live_previews(session, now, *chosen):
            previews[preview.app_id].append(preview)
        contents = _of_served(session, build, app_id)
        fell = set(session.exec(_FELL)) if any(app.current is None for app in apps) else set()
        return tuple(
            Serving(app, tuple(previews.get(app.id, ())), contents.get(app.id, {}), app.id in fell)
            for app in apps
        )

    return await core.database.read(work)


async def contents(core: Core, build: str, app_id: str, number: int) -> Contents:
    """Return where one version is, whether somebody gets it or not.

    Raises:
        NotFound: there is no such app or version.
        Forbidden: a client app asks.
    """
    refuse_apps("read versions")
    wanted = {"build": build, "app_id": app_id, "number": number}
    found = await core.database.read(lambda session: session.execute(_VERSION, wanted).first())
    if found is None:
        raise NotFound(f"there is no version {number} of {app_id[:130]!r}")
    return Contents(*found[2:])


def _of_served(
    session: Session, build: str, app_id: str | None
) -> Mapping[str, Mapping[int, Contents]]:
    found: defaultdict[str, dict[int, Contents]] = defaultdict(dict)
    query, values = (_ALL, {}) if app_id is None else (_ONE, {"app_id": app_id})
    for owner, number, *where in session.execute(query, {"build": build, **values}):
        found[owner][number] = Contents(*where)
    return found


_previewed = (
    sqlalchemy.select(col(PreviewRow.id))
    .where(
        col(PreviewRow.app_id) == col(VersionRow.app_id),
        col(PreviewRow.number) == col(VersionRow.number),
    )
    .exists()
)
_FELL = (
    select(StepRow.app_id)
    .join(AppRow, col(AppRow.id) == col(StepRow.app_id))
    .where(col(AppRow.current).is_(None), StepRow.action == Action.FALLBACK)
    .distinct()
)
# Made once: making them takes longer than running them.
_EVERY = (
    sqlalchemy.select(
        col(VersionRow.app_id),
        col(VersionRow.number),
        col(VersionRow.state) == State.READY,
        col(VersionRow.source_digest),
        col(VersionRow.package_digest),
        col(BundleRow.digest),
    )
    .join(AppRow, col(AppRow.id) == col(VersionRow.app_id))
    .outerjoin(
        BundleRow,
        and_(
            col(BundleRow.app_id) == col(VersionRow.app_id),
            col(BundleRow.number) == col(VersionRow.number),
            col(BundleRow.build) == bindparam("build"),
        ),
    )
)
_VERSION = _EVERY.where(
    col(VersionRow.app_id) == bindparam("app_id"), col(VersionRow.number) == bindparam("number")
)
_ALL = _EVERY.where(or_(col(AppRow.current) == col(VersionRow.number), _previewed))
_ONE = _ALL.where(col(VersionRow.app_id) == bindparam("app_id"))
