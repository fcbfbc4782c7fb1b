"""Releases: which apps there are, which version of each is served, and the way to the next one.

    looked at → loaded beside what runs → tried with the values of open pages → switched in one
    assignment → open pages swapped → retired

Wherever apps come from (`provider.py`), what runs goes on until the next version is loaded; a
version that cannot be loaded is a recorded failure. What happens to one app happens in sequence, so
that two changes never race.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import structlog

from app.cell.loading.version import Version, make_newest
from app.node.app_settings import SettingsSource
from app.node.releases.catalog import AppRecord, Catalog
from app.node.releases.expected import ExpectedVersions
from app.node.releases.followers import Follower
from app.node.releases.in_memory import VersionsInMemory
from app.node.releases.loads import Loads
from app.node.releases.provider import Provider
from app.node.releases.retrying import Retrying
from app.node.releases.served import Served, nothing_served
from app.node.releases.standing import Loaded, Standing
from app.source.problems import AppError, NotNow, Problem

log = structlog.get_logger("graft")


class Releases:
    """Keeps what a node serves in step with where its apps come from.

    Args:
        provider: where apps come from.
        settings: has what administrators set for apps; asked before one is loaded.
        served: where each app stands; changed here.
        versions: what is loaded.
        loads: loads more.
        expected: hears what will be served soon.
        followers: told of every change.
    """

    def __init__(
        self,
        provider: Provider,
        settings: SettingsSource,
        served: Served,
        versions: VersionsInMemory,
        loads: Loads,
        expected: ExpectedVersions,
        followers: Follower,
    ) -> None:
        self._provider = provider
        self._settings = settings
        self._served = served
        self._versions = versions
        self._loads = loads
        self._expected = expected
        self._followers = followers
        self._locks: dict[str, asyncio.Lock] = {}
        self._retrying = Retrying(self.changed)

    @property
    def catalog(self) -> Catalog:
        """The apps of the moment."""
        return self._served.catalog

    async def start(self) -> None:
        """Read which apps there are, and load what is marked; called once."""
        self._served.begin(await self._provider.all())
        for standing in self._served:
            if standing.offer.load_at_boot and standing.is_served:
                with suppress(AppError):  # it is recorded
                    await self.version_of(standing.offer.id)

    # What is served

    async def version_of(self, app_id: str, number: int | None = None) -> Version:
        """Return the version of an app that is served or the one with a number, loading it if
        needed.

        Raises:
            AppError: it does not load and none runs that could go on, or there is none.
        """
        await self._settings.prepare(app_id)
        version = self._at_hand(app_id, number)
        if version is not None:
            return version
        async with self._lock(app_id):
            # Once more: while this waited another version may have become the one that is served.
            version = self._at_hand(app_id, number)
            if version is not None:
                return version
            if number is not None:
                taken = self.catalog.taken_urls(app_id)
                loaded = await self._loads.load(app_id, number, taken, announce=False)
                return loaded.version
            return await self._first_opening(app_id)

    async def folder_of(self, app_id: str, number: int | None = None) -> Path:
        """Return the folder with the files of an app's current version or the one with a number.
        Nothing is loaded for it.

        Raises:
            AppError: there is none, or it cannot be read.
        """
        wanted = number or self._served.standing(app_id).offer.current
        if wanted is None:
            raise AppError((nothing_served(app_id),))
        return await self._provider.folder(app_id, wanted)

    # What changes

    async def changed(self, app_ids: Sequence[str]) -> None:
        """Bring apps in step with where they come from, in every open page: new, saved, promoted,
        rolled back, switched off, deleted, or only touched.
        """
        for app_id in app_ids:
            if self._lock(app_id).locked():
                await self._restrict(app_id)
            async with self._lock(app_id):
                await self._follow(app_id)

    async def catch_up(self, app_id: str, revision: int) -> None:
        """Bring an app in step with a revision of it, once what happens to it now is over. Whoever
        made that told of it already, so there may be nothing left to do.
        """
        async with self._lock(app_id):
            standing = self._served.get(app_id)
            if standing is None or not self._has_settled(standing, revision):
                await self._follow(app_id)

    async def expect(self, app_id: str, number: int) -> None:
        """Hear that a version will be served to everybody in a moment, if nothing stops it: open
        pages may fetch what they will need. None of its code runs.
        """
        if self._is_in_use(app_id) and self._versions.get(app_id, number) is None:
            await self._expected.expect(app_id, number)

    async def found(self, app_id: str, problems: tuple[Problem, ...]) -> None:
        """Record what is known to be wrong with an app that nobody opened yet."""
        async with self._lock(app_id):
            standing, before = self._served.get(app_id), self.catalog.get(app_id)
            if standing and standing.running is None and standing.failure is None:
                self._served.failing(app_id, problems)
                await self._switch(app_id, before)

    # The way to the next version; the app's lock is held

    async def _follow(self, app_id: str) -> None:
        before = self.catalog.get(app_id)
        offer = await self._provider.one(app_id)
        if offer is None:
            await self._remove(app_id, before)
            return
        self._loads.forget_failures(app_id)
        standing = (self._served.get(app_id) or Standing(offer)).offered(offer)
        self._served.put(standing)
        if standing.is_served and (self._provider.for_developers or self._is_in_use(app_id)):
            await self._load(app_id)
        else:
            self._served.put(standing.left_alone())
        await self._switch(app_id, before)

    async def _first_opening(self, app_id: str) -> Version:
        """Load what is served, for somebody who opens it.

        It need not be the first: what could not be loaded when it was promoted is tried again.
        """
        before = self.catalog.get(app_id)
        error = await self._load(app_id)
        seen = before is not None and (before.version or before.failure)
        if seen or self._provider.for_developers:
            await self._switch(app_id, before)
        else:
            self._served.publish(app_id)
        running = self._served.standing(app_id).running
        if running is None:
            raise error or AppError((nothing_served(app_id),))
        return running.version

    async def _load(self, app_id: str) -> AppError | None:
        """Load what is offered; if it does not load, what is offered instead, and so on. Return why
        the last one does not.
        """
        failed = set[int | None]()
        while True:
            standing = self._served.standing(app_id)
            wanted = standing.offer.current
            if wanted is None:
                return AppError((nothing_served(app_id),))
            taken, announce = self.catalog.taken_urls(app_id), self._is_in_use(app_id)
            try:
                loaded = await self._loads.load(app_id, wanted, taken, announce=announce)
                await self._try_out(app_id, loaded, taken)
            except AppError as error:
                self._served.failing(app_id, error.problems)
                if isinstance(error, NotNow):
                    self._retrying.when_free(app_id, error)
                    return error
                failed.add(wanted)
                instead = await self._provider.one(app_id)
                if instead is None or instead.current is None or instead.current in failed:
                    return error
                self._served.put(self._served.standing(app_id).offered(instead))
            else:
                make_newest(loaded.version)
                self._served.put(self._served.standing(app_id).loaded(loaded))
                return None

    async def _try_out(self, app_id: str, loaded: Loaded, taken: Mapping[str, str]) -> None:
        """Find out whether open pages can go on with a version before any of them is moved to it.

        Raises:
            AppError: they cannot; the version is dropped.
        """
        if self._served.standing(app_id).running is loaded:
            return
        problems = await self._followers.refusal(loaded.version)
        if not problems:
            return
        error = await self._loads.refuse(loaded, taken, problems)
        record = self.catalog.get(app_id) or self._served.standing(app_id).record()
        await self._followers.switched(record, loaded.version, shown=False)
        raise error

    async def _switch(self, app_id: str, before: AppRecord | None) -> None:
        """Let everybody have what there is now, and retire what nobody gets any more."""
        record = self._served.publish(app_id)
        gone = self._versions.keep_only(app_id, self._served.standing(app_id).needed)
        previous = gone[0] if gone else (before.version if before else None)
        await self._followers.switched(record, previous, shown=not record.looks_like(before))
        for version in gone[1:]:
            await self._followers.switched(record, version)

    async def _remove(self, app_id: str, record: AppRecord | None) -> None:
        self._served.remove(app_id)
        self._loads.forget(app_id)
        gone: list[Version | None] = [*self._versions.keep_only(app_id)]
        if record is None:
            return
        log.info("app removed", app=app_id)
        for version in gone or [None]:
            await self._followers.switched(replace(record, version=None), version)

    # At any time

    async def _restrict(self, app_id: str) -> None:
        """Let new rules of an app hold although it is loaded right now, which may take for ever."""
        if self._provider.for_developers:
            return  # there are none
        offer, before = await self._provider.one(app_id), self.catalog.get(app_id)
        standing = self._served.get(app_id)
        if before is None or standing is None:
            return
        access = offer.access if offer else replace(standing.offer.access, enabled=False)
        self._served.put(standing.restricted(access))
        await self._followers.switched(self._served.publish(app_id), before.version)

    def _has_settled(self, standing: Standing, revision: int) -> bool:
        record = standing.record()
        return standing.has_settled(revision) and record == self.catalog.get(record.id)

    def _at_hand(self, app_id: str, number: int | None) -> Version | None:
        """Return a version for which nothing needs to be loaded.

        Raises:
            AppError: no version is served.
        """
        standing = self._served.standing(app_id)
        if number is not None:
            loaded = self._versions.get(app_id, number)
            return loaded.version if loaded else None
        running, current = standing.running, standing.offer.current
        if current is None:
            raise AppError((nothing_served(app_id),))
        if running is None:
            return None
        # One that failed is not tried again at every opening.
        is_newest = running.number == current or self._loads.has_failed(app_id, current)
        return running.version if is_newest else None

    def _is_in_use(self, app_id: str) -> bool:
        """Tell whether somebody has the app open, or had since it was loaded."""
        return bool(self._versions.of(app_id))

    def _lock(self, app_id: str) -> asyncio.Lock:
        return self._locks.setdefault(app_id, asyncio.Lock())
