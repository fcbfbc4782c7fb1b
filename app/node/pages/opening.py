"""Opening an address in a session: which app, which page, with which states; and what the browser
is told.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from app.bridge.states.instances import Delta
from app.bridge.states.route_params import AppPage, page_delta, set_page
from app.bridge.types import BaseState
from app.cell.compiling.es_module import module_base
from app.cell.loading.version import LoadedVersion, StaticVersion, Version
from app.node.cells.placing import Placing
from app.node.observe.observed import Observed
from app.node.pages.addresses import split_path
from app.node.pages.messages import AskStorage, ForOrigins, Leave, Message, Notice, Show
from app.node.pages.notices import disabled, no_such_app, no_such_page
from app.node.pages.problem_view import ProblemView
from app.node.pages.remarks import Remarks
from app.node.releases.access import OPEN
from app.node.releases.catalog import AppRecord
from app.node.releases.served import Served
from app.node.sessions.chooser import Chooser
from app.node.sessions.logins import login_mark, owner_mark
from app.node.sessions.sessions import Session, View
from app.rules.blame import problem_from_exception, problems_of
from app.source.problems import AppError, Problem

log = structlog.get_logger("graft")

Storage = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Opened:
    """What came of opening an address: what to tell the browser, and which events to run then.

    `is_refused`: no app is there, or none for whoever asks.
    """

    message: Message
    on_load: tuple[Any, ...] = ()
    is_refused: bool = False


class Opener:
    """Opens app pages in sessions.

    Args:
        served: has the apps of the moment.
        chooser: says which version a session gets.
        placing: gives versions what tabs have of their apps.
        observed: told of errors.
        view: describes what is wrong.
        remarks: what pages say besides.
        storage_reply: name of the event with which the browser sends the values of its storage.
    """

    def __init__(
        self,
        served: Served,
        chooser: Chooser,
        placing: Placing,
        observed: Observed,
        view: ProblemView,
        remarks: Remarks,
        storage_reply: str,
    ) -> None:
        self._served = served
        self._chooser = chooser
        self._placing = placing
        self._observed = observed
        self._view = view
        self._remarks = remarks
        self._storage_reply = storage_reply

    async def open(self, session: Session, root: BaseState, path: str) -> Opened:
        """Open `path`; the session's state lock is held."""
        found = split_path(path)
        record = self._served.catalog.at_url(found[0]) if found else None
        if found is None or record is None:
            return _refused(session, path)
        version = await self._version(session, record, path)
        if isinstance(version, Opened):
            return version
        if isinstance(version, StaticVersion):
            session.view = None
            return Opened(Leave(type="leave", href=path))
        return await self._open_page(session, root, version, found[1], path)

    async def _version(self, session: Session, record: AppRecord, path: str) -> Version | Opened:
        """Return the version of an app that a session gets, or what it is told instead."""
        outcome: Version | Opened | None = self._closed(session, record, path)
        if outcome is not None:
            return outcome
        try:
            outcome = await self._chooser.version_for(session, record)
        except Exception as error:  # whatever it is, somebody waits for the answer
            problems = problems_of(record.id, "load", error, record.root)
            session.view = View(record.id, path)
            outcome = Opened(self._view.instead(record, path, problems))
        # Meanwhile it may have been switched off, deleted, or given to others.
        return self._closed(session, self._served.catalog.get(record.id), path) or outcome

    def _closed(self, session: Session, record: AppRecord | None, path: str) -> Opened | None:
        """Return what a session is told in place of an app that is not there for it, or is off."""
        if record is None or not _is_there(session, record):
            return _refused(session, path)
        if record.access.enabled and _is_for(session, record):
            return None
        session.view = View(record.id, path)  # the page comes back by itself
        is_off = not record.access.enabled
        return Opened(disabled(record, path) if is_off else self._fallen(record, path))

    def _fallen(self, record: AppRecord, path: str) -> Notice:
        """Describe that an app has no version any more that can be loaded."""
        return self._view.instead(record, path, record.failure.problems if record.failure else ())

    async def _open_page(
        self, session: Session, root: BaseState, version: LoadedVersion, below: str, path: str
    ) -> Opened:
        app_id = version.info.id
        if session.view is not None and session.view.app_id != app_id:
            session.end_subscriptions(session.view.app_id)
        session.use_root(root)
        session.view = View(app_id, path)
        match = version.page_at(below)
        if match is None:
            return Opened(no_such_page(version, path))
        set_page(root, AppPage(*match))
        origins = self._origins(version)
        asks = version.has_storage or bool(origins["origins"])
        if asks and app_id not in session.stored and app_id not in session.merged:
            return Opened(
                AskStorage(
                    type="storage",
                    app=app_id,
                    url=version.info.url,
                    reply=self._storage_reply,
                    storage=_plain(version.storage),
                    **origins,
                )
            )
        try:
            message = await self.show(session, root, version, match[0], path)
        except Exception as error:
            return Opened(self._broken(version, path, error))
        return Opened(message, on_load=version.pages[match[0]].on_load)

    async def show(
        self, session: Session, root: BaseState, version: LoadedVersion, page: str, path: str
    ) -> Show:
        """Attach the version's states, and describe the page for the browser."""
        app_id = version.info.id
        ask = _new_storage(session, version)
        placed = await self._placing.open(session, root, version)
        session.merged.add(app_id)
        states = {**page_delta(root), **placed.states}
        return self._describe(session, version, page, path, states, ask, placed.problems)

    async def refresh(self, session: Session, root: BaseState) -> Message | None:
        """Bring the page that a session shows to the version of now; None when it is there."""
        view = session.view
        record = self._served.catalog.get(view.app_id) if view else None
        if view is None:
            return None
        if record is None or not _is_there(session, record):
            return no_such_app(view.path)
        if not record.access.enabled:
            return disabled(record, view.path)
        if not _is_for(session, record):
            return self._fallen(record, view.path)
        try:
            version = await self._chooser.version_for(session, record)
        except AppError as error:
            return self._view.instead(record, view.path, error.problems)
        if isinstance(version, StaticVersion):
            return Leave(type="leave", href=view.path)
        found = split_path(view.path)
        match = version.page_at(found[1]) if found else None
        if match is not None:
            set_page(root, AppPage(*match))
        ask = _new_storage(session, version)
        parameters = page_delta(root)
        placed = await self._placing.move(session, root, version)
        session.merged.add(view.app_id)
        if match is None:
            return no_such_page(version, view.path)
        states = {**parameters, **placed.states}
        found_wrong = placed.problems
        ask = _without(ask, session.unstored.get(view.app_id, ()))
        return self._describe(session, version, match[0], view.path, states, ask, found_wrong)

    def refused(self, session: Session, error: Exception) -> tuple[Problem, ...]:
        """Return why this session stays with the version it has."""
        record = self._served.catalog.get(session.view.app_id) if session.view else None
        if record is None or record.version is None:
            return ()
        return (problem_from_exception(record.id, "load", error, record.root),)

    def _describe(
        self,
        session: Session,
        version: LoadedVersion,
        page: str,
        path: str,
        states: Delta,
        ask: Storage,
        problems: Iterable[Problem],
    ) -> Show:
        """Describe a page of a version for the browser."""
        remark = self._remarks.of(session, version, problems)
        origins = self._origins(version)
        show = Show(
            type="show",
            app=version.info.id,
            number=version.info.number,
            url=version.info.url,
            page=page,
            path=path,
            title=version.pages[page].title,
            name=version.entry.name,
            frame=version.entry.frame,
            module=module_url(version.info.id, version.module.digest),
            libraries=list(version.module.libraries),
            stylesheets=list(version.stylesheets),
            appearance=version.appearance,
            states=states,
            storage=_plain(version.storage),
            ask=ask,
            reply=self._storage_reply,
            owner=owner_mark(session.actor),
            login=login_mark(session.actor.login),
            problems=remark.problems,
            cause=remark.cause,
            origins=origins["origins"],
            granted=origins["granted"],
        )
        if remark.preview is not None:
            show["preview"] = remark.preview
        return show

    def _origins(self, version: LoadedVersion) -> ForOrigins:
        """Return what the document of a version's pages has to be like."""
        access = self._served.access(version.info.id) or OPEN
        granted = access.origins
        return ForOrigins(
            origins=list(access.granted_of(version.origins)),
            granted=None if granted is None else sorted(granted),
        )

    async def take_stored(
        self, session: Session, root: BaseState, app_id: str, values: dict[str, Any]
    ) -> None:
        """Take values of the browser's storage for an app whose page is shown already."""
        version = session.attached.get(app_id)
        if version is not None:
            await self._placing.store(session, root, version, values)

    def _broken(self, version: LoadedVersion, path: str, error: Exception) -> Notice:
        """Describe that a version cannot be shown with the values that this session has."""
        app_id = version.info.id
        log.exception("page not shown", app=app_id, path=path, exc_info=error)
        self._observed.failed(version, "opening", error)
        problem = problem_from_exception(app_id, "load", error, version.source.root)
        return self._view.instead(self._served.catalog.apps[app_id], path, (problem,))


def _new_storage(session: Session, version: LoadedVersion) -> Storage:
    """Return what `version` keeps in the browser of which the session does not know whether the
    browser has a value: what neither the version before had, nor the browser has just sent.
    """
    before = session.attached.get(version.info.id)
    if before is version:
        return {}
    known = session.stored.keys(version.info.id)
    if before is not None:
        known.update(key for entries in before.storage.values() for key in entries)
    return _without(version.storage, known)


def _without(storage: Mapping[str, Mapping[str, Any]], keys: Container[str]) -> Storage:
    new = {k: {n: o for n, o in e.items() if n not in keys} for k, e in storage.items()}
    return {kind: entries for kind, entries in new.items() if entries}


def _is_for(session: Session, record: AppRecord) -> bool:
    return record.is_for(session.actor, session.previews.get(record.id))


def _is_there(session: Session, record: AppRecord) -> bool:
    return _is_for(session, record) or record.has_fallen_for(session.actor)


def _refused(session: Session, path: str) -> Opened:
    session.view = None
    return Opened(no_such_app(path), is_refused=True)


def module_url(app_id: str, digest: str) -> str:
    """Return the address of an app's ES module."""
    return f"{module_base(app_id)}{digest}.js"


def _plain(storage: Any) -> Storage:
    return {kind: dict(entries) for kind, entries in storage.items()}
