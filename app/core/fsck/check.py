"""Checking that every version has the package that it had, and that nothing else lies around.

Repairing never makes anything up: a version without its package is marked as failed, and what
people get falls back to the last good one. Uploading the same package again brings it back.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlmodel import Session, col, delete, select

from app.core import audit
from app.core.apps import rows
from app.core.apps.changes import failures
from app.core.apps.changes.orphans import remove_if_unused
from app.core.apps.changes.transaction import Done, begin, change
from app.core.apps.model import State
from app.core.apps.tables import BundleRow, VersionRow
from app.core.audit import Stamp
from app.core.code_store import Damaged, Stored
from app.core.context import Core
from app.core.fsck import consistency
from app.core.fsck.kept import check_folders
from app.core.fsck.report import Finding, Kind, Report
from app.kernel.actor import refuse_apps
from app.kernel.errors import NotFound

# A content that nobody names may be a package whose row is about to be written.
YOUNG = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Named:
    """A content that a row names: of a version, or, if `build` is set, of a bundle."""

    app_id: str
    number: int
    build: str
    digest: str

    def __str__(self) -> str:
        return f"{self.app_id} version {self.number}"


async def fsck(core: Core, repair: bool = False, *, now: datetime | None = None) -> Report:
    """Read everything in the code store, compare it with the database, and repair if told to.

    Safe while the server runs. Removes nothing when no version's package is in the store: then
    one of GRAFT_CODE_STORE and GRAFT_DATABASE_URL names the wrong place.

    Args:
        core: what is checked.
        repair: whether to repair what can be.
        now: the time by the code store's clock.

    Raises:
        Unavailable: the code store or the database cannot be reached; nothing was changed.
        Forbidden: a client app asks.
    """
    refuse_apps("check the code store")
    before = (now or datetime.now(UTC)) - YOUNG
    await core.code.check()
    findings = [*await _check_rows(core, repair=repair)]
    # What is stored first: a package that arrives after it is no orphan, as it is not listed.
    stored = {content.digest: content async for content in core.code.all()}
    named = await core.database.read(_named)
    versions = [each for each in named if not each.build]
    is_wrong = bool(versions or stored) and not any(each.digest in stored for each in versions)
    may_repair = repair and not is_wrong
    if is_wrong and versions:
        findings.append(_wrong_store(core, len(versions), len(stored)))
    verdicts = await _read_all(core, named)
    for each in named:
        kind = verdicts.get((each.digest, bool(each.build)))
        if kind is not None:
            findings.append(await _repair_named(core, each, kind, repair=may_repair))
    async for finding in _orphans(core, named, stored, before, repair=may_repair):
        findings.append(finding)
    findings += await _rest(core, before, repair=may_repair)
    findings += await check_folders(core, repair=repair)
    report = Report(
        versions=len(versions),
        bundles=len(named) - len(versions),
        contents=len(stored),
        size=sum(content.size for content in stored.values()),
        findings=tuple(findings),
    )
    if repair and findings:
        await _record(core, report)
    return report


async def _check_rows(core: Core, *, repair: bool) -> list[Finding]:
    def work(session: Session, stamp: Stamp) -> Done[list[Finding]]:
        found = consistency.dangling(session, repair=repair)
        found += consistency.misnumbered(session)
        unusable, changes = consistency.unusable(session, stamp, repair=repair)
        return Done(found + unusable, changes)

    if repair:
        return await change(core, "repair apps", work)
    stamp = audit.stamp(core)
    return await core.database.read(lambda session: work(session, stamp).value)


def _named(session: Session) -> list[_Named]:
    versions = select(VersionRow.app_id, VersionRow.number, VersionRow.package_digest)
    bundles = select(BundleRow.app_id, BundleRow.number, BundleRow.build, BundleRow.digest)
    found = [
        _Named(app_id, number, "", digest) for app_id, number, digest in session.exec(versions)
    ]
    found += [_Named(*row) for row in session.exec(bundles)]
    return sorted(found, key=lambda each: (each.app_id, each.number, each.build))


async def _read_all(core: Core, named: Iterable[_Named]) -> Mapping[tuple[str, bool], Kind]:
    """Return what is wrong with contents, by digest and whether they are bundles."""
    found: dict[tuple[str, bool], Kind] = {}
    for digest, is_bundle in sorted({(each.digest, bool(each.build)) for each in named}):
        try:
            async for _ in await core.code.stream(digest):
                pass
        except NotFound:
            found[digest, is_bundle] = Kind.BUNDLE_MISSING if is_bundle else Kind.PACKAGE_MISSING
        except Damaged:
            found[digest, is_bundle] = Kind.BUNDLE_DAMAGED if is_bundle else Kind.PACKAGE_DAMAGED
    return found


async def _repair_named(core: Core, each: _Named, kind: Kind, *, repair: bool) -> Finding:
    problem = "is not in the code store" if "missing" in kind else "is not what it was"
    if each.build:
        finding = Finding(
            kind, str(each), f"bundle {each.digest} {problem}", "it is compiled again when needed"
        )
        if repair:
            await core.finish(core.database.write(partial(_forget_bundle, each=each)))
            await remove_if_unused(core, each.digest)
        return dataclasses.replace(finding, repaired=repair)
    finding = Finding(
        kind,
        str(each),
        f"package {each.digest} {problem}",
        "the version is marked as failed; upload the same package again, and promote it",
    )
    if repair:
        await change(core, "repair apps", partial(_fail, each=each, finding=finding))
    return dataclasses.replace(finding, repaired=repair)


def _forget_bundle(session: Session, each: _Named) -> None:
    session.exec(
        delete(BundleRow).where(
            col(BundleRow.app_id) == each.app_id,
            col(BundleRow.number) == each.number,
            col(BundleRow.build) == each.build,
            col(BundleRow.digest) == each.digest,
        )
    )


def _fail(session: Session, stamp: Stamp, each: _Named, finding: Finding) -> Done[None]:
    row = begin(session, each.app_id, None, also_deleted=True)
    version = rows.version_row(session, each.app_id, each.number)
    if version.state == State.FAILED:
        return Done(None)
    problem = {"app": each.app_id, "stage": "package", "message": finding.message}
    done = failures.fail(session, stamp, row, version, json.dumps([problem]))
    return Done(None, done.changes)


async def _orphans(
    core: Core,
    named: Iterable[_Named],
    stored: Mapping[str, Stored],
    before: datetime,
    *,
    repair: bool,
) -> AsyncIterator[Finding]:
    known = {each.digest for each in named}
    for content in stored.values():
        if content.digest in known or content.modified > before:
            continue
        removed = repair and await remove_if_unused(core, content.digest)
        message = f"{content.size:,} bytes that no version and no bundle names"
        yield Finding(Kind.ORPHAN, content.digest, message, "it is removed", removed)


async def _rest(core: Core, before: datetime, *, repair: bool) -> list[Finding]:
    found = [
        Finding(Kind.STRANGER, name, "lies in the code store, but nothing here put it there", "")
        for name in await core.code.foreign()
    ]
    for name in await core.code.leftovers(before, remove=repair):
        message = "was left behind by a process that died while it wrote"
        found.append(Finding(Kind.LEFTOVER, name, message, "it is removed", repair))
    return found


def _wrong_store(core: Core, versions: int, contents: int) -> Finding:
    return Finding(
        Kind.WRONG_STORE,
        repr(core.code),
        f"not one of {versions} packages is among the {contents} contents in it",
        "look whether GRAFT_CODE_STORE and GRAFT_DATABASE_URL belong together; nothing in the"
        " store was changed",
    )


async def _record(core: Core, report: Report) -> None:
    """Write to the audit log what was repaired; failed versions have entries of their own."""
    counts: dict[str, int] = {}
    for finding in report.findings:
        if finding.repaired:
            counts[finding.kind.value] = counts.get(finding.kind.value, 0) + 1
    stamp = audit.stamp(core)
    work = partial(
        audit.append, stamp=stamp, action="store.repair", target=repr(core.code), detail=counts
    )
    await core.finish(core.database.write(work))
