"""Whatever admins, pipelines and nodes do in whatever order, these hold after every step:

versions are numbered 1, 2, 3 …; the current one is ready; a url belongs to one app; revisions and
the numbers of changes have no gaps; history and audit log tell the same story; a node that only
reads what changed knows what a node knows that reads everything; every package is there.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.core import apps, audit
from app.core.apps import (
    Action,
    App,
    Changed,
    Changes,
    Deleted,
    NoEarlierVersion,
    NotReady,
    State,
    Step,
    UrlTaken,
    Version,
)
from app.core.code_store import memory_store
from app.core.fsck.check import fsck
from app.core.opening import open_core
from app.kernel.errors import NotFound
from tests.unit.core.apps.packages import upload

T = TypeVar("T")

REFUSALS = (Changed, Deleted, NotFound, NoEarlierVersion, NotReady, UrlTaken)
ids = st.sampled_from(["acme/one", "acme/two"])
# Versions counted from the newest one, so that most are there.
back = st.integers(0, 3)
capabilities = st.sets(st.sampled_from(["network", "broadcast"]))


@dataclass(frozen=True)
class Seen:
    """What there is after a step: changes since the last one, apps, theirs, and audit entries."""

    changes: Changes
    apps: tuple[App, ...]
    versions: dict[str, Sequence[Version]]
    histories: dict[str, Sequence[Step]]
    entries: int


class Lifecycle(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.core = open_core(Path(self.folder.name), code=memory_store())
        # What an admin has seen of each app, which may be stale by now.
        self.seen: dict[str, int] = {}
        # What a node knows that was told of changes only.
        self.node: dict[str, App] = {}
        self.node_number = 0
        self.packages: dict[tuple[str, int], bytes] = {}

    def teardown(self) -> None:
        changes = self.run(apps.changed_since(self.core, self.node_number))
        self.hold(self.run(self.looked(changes)))
        report = self.run(fsck(self.core))
        assert report.findings == ()
        assert report.versions == len(self.packages)
        self.run(self.core.close())
        self.runner.close()
        self.folder.cleanup()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def try_it(self, work: Coroutine[Any, Any, Any]) -> Any:
        try:
            return self.run(work)
        except REFUSALS:
            return None

    def number(self, app_id: str, back: int) -> int:
        newest = [number for known, number in self.packages if known == app_id]
        return max(newest, default=0) - back

    @initialize()
    def install(self) -> None:
        for index, app_id in enumerate(("acme/one", "acme/two")):
            self.upload(app_id, 0, set(), index)
            self.upload(app_id, 1, set(), index)
            self.promote(app_id, 0, stale=False)

    @rule(app_id=ids, package=st.integers(0, 4), asked=capabilities, url=st.integers(0, 1))
    def upload(self, app_id: str, package: int, asked: set[str], url: int) -> None:
        content = b"%s %d" % (app_id.encode(), package)
        added = self.try_it(upload(self.core, content, app_id, sorted(asked), url=f"url-{url}"))
        if added is not None:
            known = self.packages.setdefault((app_id, added.version.number), content)
            assert known == content
            assert added.version.package_digest == hashlib.sha256(content).hexdigest()

    @rule(app_id=ids, url=st.integers(0, 1))
    def claim(self, app_id: str, url: int) -> None:
        package = 100 + len(self.packages)
        self.upload(app_id, package, set(), url)
        self.promote(app_id, 0, stale=False)

    @rule(app_id=ids)
    def look(self, app_id: str) -> None:
        app = self.try_it(apps.get(self.core, app_id))
        if app is not None:
            self.seen[app_id] = app.revision

    @rule(app_id=ids, back=back, stale=st.booleans())
    def promote(self, app_id: str, back: int, stale: bool) -> None:
        number = self.number(app_id, back)
        base = self.seen.get(app_id) if stale else None
        promoted = self.try_it(apps.promote(self.core, app_id, number, base_revision=base))
        assert promoted is None or promoted.current == number

    @rule(app_id=ids, to=st.none() | back)
    def rollback(self, app_id: str, to: int | None) -> None:
        to = None if to is None else self.number(app_id, to)
        before = self.try_it(apps.get(self.core, app_id))
        rolled = self.try_it(apps.rollback(self.core, app_id, to, base_revision=None))
        if rolled is not None:
            assert to is None or rolled.current == to
            assert to is not None or rolled.current != before.current

    @rule(app_id=ids, enabled=st.booleans())
    def switch(self, app_id: str, enabled: bool) -> None:
        call = apps.enable if enabled else apps.disable
        self.try_it(call(self.core, app_id, base_revision=self.seen.get(app_id)))

    @rule(app_id=ids)
    def fail_what_is_served(self, app_id: str) -> None:
        app = self.try_it(apps.get(self.core, app_id))
        if app is not None and app.current is not None:
            self.run(apps.record_failure(self.core, app_id, app.current, [{"message": "boom"}]))

    @rule(app_id=ids)
    def delete(self, app_id: str) -> None:
        self.try_it(apps.delete(self.core, app_id, base_revision=None))

    @rule(app_id=ids)
    def undelete(self, app_id: str) -> None:
        self.try_it(apps.undelete(self.core, app_id, base_revision=None))

    @rule(app_id=ids, back=back)
    def fail(self, app_id: str, back: int) -> None:
        number = self.number(app_id, back)
        self.try_it(apps.record_failure(self.core, app_id, number, [{"message": "boom"}]))

    @rule(app_id=ids, wanted=capabilities)
    def grant(self, app_id: str, wanted: set[str]) -> None:
        self.try_it(apps.grant(self.core, app_id, wanted, base_revision=None))

    @rule(app_id=ids, wanted=capabilities)
    def revoke(self, app_id: str, wanted: set[str]) -> None:
        self.try_it(apps.revoke(self.core, app_id, wanted, base_revision=None))

    @rule(app_id=ids, back=back)
    def preview(self, app_id: str, back: int) -> None:
        number = self.number(app_id, back)
        self.try_it(apps.start_preview(self.core, app_id, number, base_revision=None))

    @rule()
    def purge(self) -> None:
        far = self.core.clock() + timedelta(days=31)
        for app_id in self.run(apps.purge_deleted(self.core, far)):
            self.node.pop(app_id, None)
            self.seen.pop(app_id, None)
            for key in [key for key in self.packages if key[0] == app_id]:
                del self.packages[key]

    @invariant()
    def it_holds(self) -> None:
        # Where no change was counted it holds as before; that there was none is seen at the end.
        changes = self.run(apps.changed_since(self.core, self.node_number))
        if self.node_number != changes.number or not self.node:
            self.hold(self.run(self.looked(changes)))

    async def looked(self, changes: Changes) -> Seen:
        everything = await apps.all_apps(self.core, deleted=True)
        entries = await audit.query(self.core, audit.Filter(action="app.*"), limit=1_000)
        return Seen(
            changes,
            everything,
            {app.id: await apps.versions(self.core, app.id) for app in everything},
            {app.id: await apps.history(self.core, app.id, limit=1_000) for app in everything},
            len(entries.entries),
        )

    def hold(self, seen: Seen) -> None:
        for app in seen.apps:
            versions_are_dense_and_the_current_one_is_ready(app, seen.versions[app.id])
            history_is_whole_and_ends_at_what_is_served(app, seen.histories[app.id])
        # A url belongs to one app.
        urls = [app.url for app in seen.apps if app.deleted_at is None]
        assert len(urls) == len(set(urls))
        # The audit log has every change.
        assert seen.entries == seen.changes.number
        # A node that is told of changes knows what is there.
        self.node_number = seen.changes.number
        self.node.update((app.id, app) for app in seen.changes.apps)
        assert tuple(sorted(self.node.values(), key=lambda app: app.id)) == seen.apps


def versions_are_dense_and_the_current_one_is_ready(app: App, versions: Sequence[Version]) -> None:
    assert [each.number for each in versions] == list(range(app.newest, 0, -1))
    ready = {each.number for each in versions if each.state is State.READY}
    assert app.current is None or app.current in ready
    assert all((each.state is State.FAILED) == bool(each.problems) for each in versions)


def history_is_whole_and_ends_at_what_is_served(app: App, steps: Sequence[Step]) -> None:
    assert [step.revision for step in steps] == list(range(app.revision, 0, -1))
    last = {
        actions: next((step for step in steps if step.action in actions), None)
        for actions in (
            (Action.PROMOTE, Action.ROLLBACK, Action.FALLBACK),
            (Action.ENABLE, Action.DISABLE),
            (Action.DELETE, Action.UNDELETE),
        )
    }
    served, switched, deleted = last.values()
    assert app.current == (served.number if served else None)
    assert app.enabled == (switched is None or switched.action is Action.ENABLE)
    assert (app.deleted_at is not None) == (deleted is not None and deleted.action is Action.DELETE)


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
