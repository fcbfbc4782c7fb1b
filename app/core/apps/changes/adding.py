"""Adding versions: the package goes to the code store first, the row into the database last.

So a crash leaves the old state, or the new one, or a package without a row, which harms nobody
and which `fsck` removes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from functools import partial

import anyio.from_thread
from sqlmodel import Session, select

from app.core.apps import rows
from app.core.apps.changes import failures
from app.core.apps.changes.package_facts import Upload, checked_upload
from app.core.apps.changes.sharing import as_detail, write_visibility
from app.core.apps.changes.transaction import (
    Done,
    begin,
    change,
    complete,
    lock,
    missing,
    require_free,
    unchanged,
)
from app.core.apps.errors import AlreadyThere
from app.core.apps.model import (
    EVERYBODY,
    Action,
    Added,
    App,
    Compiled,
    NewVersion,
    State,
    Version,
    Visibility,
)
from app.core.apps.reading import packages, require_store
from app.core.apps.tables import AppRow, BundleRow, ManifestRow, VersionRow
from app.core.audit import Stamp
from app.core.context import Core
from app.kernel.actor import refuse_apps
from app.kernel.errors import Invalid, Unavailable

MAX_BUILD = 64
# Each more is another process that removed the content between its being put and being named.
_ATTEMPTS = 5


class _Gone(Exception):
    """The content was removed between its being put and its row being written."""


async def add_version(
    core: Core,
    new: NewVersion,
    package: bytes,
    compiled: Compiled | None = None,
    *,
    as_new_for: Visibility | None = None,
) -> Added:
    """Store a package as the next version of its app, with what it was `compiled` to, if known.
    The first one installs the app, enabled.

    The same package again is the version that it was. If that failed since, it may be tried again;
    else nothing changes. A version that asks
    for more than the app was granted is "waiting", one with problems "failed", others "ready".
    Nothing is activated.

    Args:
        core: where it is stored.
        new: what is known of the package.
        package: its content.
        compiled: what it was compiled to.
        as_new_for: given if the app has to be new: who may see it; everybody by default.

    Raises:
        AlreadyThere: the app had to be new and is not.
        NotFound: there is no such organisation as may see it, or a user is not in it.
        Invalid: the manifest or the note cannot be accepted, or the package does not have the
            digest that it must have.
        UrlTaken: the app is new, and another one has its url.
        Deleted: the app is deleted.
        StorageFull, Unavailable: the package or the row could not be written, or the code store is
            not the one that the installed apps are in.
        Forbidden: a client app asks.
    """
    refuse_apps("add versions")
    upload = checked_upload(new)
    build = None if compiled is None else _checked_build(compiled.build)

    def add(session: Session, stamp: Stamp, digest: str, bundle: str | None) -> Done[Added]:
        done = _add(session, stamp, core, upload, digest, as_new_for)
        if done.value.new and build is not None and bundle is not None:
            _keep(session, core, done.value.version, build, bundle)
        return done

    await _require_store(core, package)
    for _ in range(_ATTEMPTS):
        contents = [package] if compiled is None else [package, compiled.content]
        digest, *bundle = await asyncio.gather(*map(core.code.put, contents))
        if new.package_digest not in (None, digest):
            raise Invalid(f"the package is {digest}, not {new.package_digest}: send it again")
        work = partial(add, digest=digest, bundle=bundle[0] if bundle else None)
        try:
            return await change(core, "add versions", work)
        except _Gone:
            continue
    raise _always_gone(core)


async def add_bundle(core: Core, app_id: str, number: int, build: str, bundle: bytes) -> str:
    """Keep what a version was compiled to for one build of the front end; return its digest.

    It replaces the one that was kept for this build. A cache: it is neither history nor audited.

    Raises:
        NotFound: there is no such version.
        Invalid: `build` is empty or above 64 characters.
        StorageFull, Unavailable: it could not be written.
        Forbidden: a client app asks.
    """
    refuse_apps("add bundles")
    _checked_build(build)

    def add(session: Session, digest: str) -> None:
        lock(session)
        version = rows.version_of(rows.version_row(session, app_id, number))
        _keep(session, core, version, build, digest)

    await require_store(core)
    for _ in range(_ATTEMPTS):
        digest = await core.code.put(bundle)
        try:
            await core.finish(core.database.write(partial(add, digest=digest)))
        except _Gone:
            continue
        return digest
    raise _always_gone(core)


async def _require_store(core: Core, package: bytes) -> None:
    """Take nothing new into a store that is not the one of the installed apps: it would not be
    found again. What was in it may come back: that is how a store is made whole that was lost.
    """
    try:
        await require_store(core)
    except Unavailable:
        if hashlib.sha256(package).hexdigest() not in await packages(core):
            raise


def _add(
    session: Session,
    stamp: Stamp,
    core: Core,
    upload: Upload,
    digest: str,
    as_new_for: Visibility | None,
) -> Done[Added]:
    lock(session)
    app = session.get(AppRow, upload.app_id)
    identity = upload.identity or digest
    if app is not None and as_new_for is not None:
        raise AlreadyThere(app.id)
    if app is not None:
        known = select(VersionRow).where(
            VersionRow.app_id == app.id, VersionRow.identity == identity
        )
        version = session.exec(known).one_or_none()
        if version is not None:
            cleared = _cleared(session, stamp, app, version, upload)
            return Done(Added(cleared.value, rows.version_of(version), new=False), cleared.changes)
        begin(session, app.id, None)
    else:
        require_free(session, upload.url, upload.app_id)
        app = _new_app(upload, stamp)
        session.add(app)
        session.flush()
    _require_there(core, digest)
    app.newest += 1
    version = _new_version(session, stamp, app, upload, digest, identity)
    session.add(version)
    session.flush()
    session.add(ManifestRow(app_id=app.id, number=version.number, body=upload.manifest))
    detail: dict[str, object] = {
        "package": digest,
        "version": version.version,
        "state": version.state,
    }
    if as_new_for is not None and as_new_for != EVERYBODY:
        write_visibility(session, app, as_new_for)
        detail["visible_to"] = as_detail(as_new_for)
    done = complete(
        session,
        stamp,
        app,
        Action.UPLOAD,
        number=version.number,
        note=upload.note or version.version,
        detail=detail,
    )
    return Done(Added(done.value, rows.version_of(version), new=True), done.changes)


def _cleared(
    session: Session, stamp: Stamp, app: AppRow, version: VersionRow, upload: Upload
) -> Done[App]:
    """Let a version be tried again that failed, and whose package passed the checks once more."""
    if version.state != State.FAILED or upload.failed or app.deleted_at is not None:
        return unchanged(session, app)
    return failures.clear(session, stamp, app, version)


def _new_app(upload: Upload, stamp: Stamp) -> AppRow:
    return AppRow(
        id=upload.app_id,
        name=upload.name,
        url=upload.url,
        description=upload.description,
        icon=upload.icon,
        kind=upload.kind,
        created_at=stamp.at,
        enabled=True,
        current=None,
        newest=0,
        load_at_boot=False,
        everybody=True,
        settings_revision=0,
        revision=0,
        change=0,
    )


def _new_version(
    session: Session, stamp: Stamp, app: AppRow, upload: Upload, digest: str, identity: str
) -> VersionRow:
    state = State.WAITING if missing(session, app.id, upload.capabilities) else State.READY
    return VersionRow(
        app_id=app.id,
        number=app.newest,
        version=upload.version,
        name=upload.name,
        url=upload.url,
        description=upload.description,
        icon=upload.icon,
        kind=upload.kind,
        capabilities=json.dumps(upload.capabilities),
        package_digest=digest,
        identity=identity,
        source_digest=upload.source,
        module_digest=upload.module_digest,
        signature=upload.signature,
        signer=upload.signer,
        uploaded_by=stamp.actor.id,
        uploaded_by_name=stamp.actor.name,
        uploaded_at=stamp.at,
        note=upload.note,
        state=(State.FAILED if upload.failed else state).value,
        problems=upload.problems,
    )


def _keep(session: Session, core: Core, version: Version, build: str, digest: str) -> None:
    """Write down what a version was compiled to."""
    _require_there(core, digest)
    row = BundleRow(
        app_id=version.app_id,
        number=version.number,
        build=build,
        digest=digest,
        compiled_at=core.clock(),
    )
    session.merge(row)


def _checked_build(build: str) -> str:
    if not 1 <= len(build) <= MAX_BUILD:
        raise Invalid(f"a build is named by 1 to {MAX_BUILD} characters")
    return build


def _require_there(core: Core, digest: str) -> None:
    """Make sure, in the transaction that names a content, that it was not removed meanwhile.

    Whoever removes a content holds the same lock (`orphans`), so from here on it stays.
    """
    if not anyio.from_thread.run(core.code.has, digest):
        raise _Gone


def _always_gone(core: Core) -> Unavailable:
    return Unavailable(f"{core.code!r} loses what was just put into it")
