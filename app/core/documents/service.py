"""The public functions of documents: check, write off the event loop, then tell the bus."""

from __future__ import annotations

import contextlib
import logging
from functools import partial
from typing import Any
from uuid import uuid4

import anyio.to_thread
from sqlalchemy.exc import IntegrityError

from app.core.bus import in_organisation
from app.core.context import Core, core
from app.core.documents import model, store
from app.core.documents.content import encode
from app.core.paging import checked_limit
from app.kernel.actor import Actor, actor
from app.kernel.contexts import documents as declared
from app.kernel.contexts.documents import Document, DocumentInfo, Revision
from app.kernel.contexts.exposing import implements
from app.kernel.errors import NotFound

_log = logging.getLogger(__name__)


@implements(declared.create)
async def create(kind: str, title: str, content: dict[str, Any]) -> Document:
    """See `app.kernel.contexts.documents`."""
    who, here = actor(), core()
    checked = model.checked_kind(kind)
    change = await _change(here, who, model.checked_title(title), content, "")
    work = partial(store.insert, id=uuid4().hex, kind=checked, change=change)

    async def write_and_tell() -> Document:
        document = await here.database.write(work)
        await _tell(here, who, document, "created")
        return document

    return await here.finish(write_and_tell())


@implements(declared.get_or_create)
async def get_or_create(kind: str, key: str, title: str, content: dict[str, Any]) -> Document:
    """See `app.kernel.contexts.documents`. The id is made of kind and key, and ids are unique: of
    several who make the document at once, the database lets one.
    """
    who, here = actor(), core()
    checked = model.checked_kind(kind)
    id = model.id_of(who.organisation.id, checked, model.checked_key(key))
    find = partial(store.find, organisation_id=who.organisation.id, id=id)
    with contextlib.suppress(NotFound):
        return await here.database.read(find)
    change = await _change(here, who, model.checked_title(title), content, "")
    work = partial(store.insert, id=id, kind=checked, change=change)

    async def write_and_tell() -> Document:
        try:
            document = await here.database.write(work)
        except IntegrityError:  # somebody was faster
            return await here.database.read(find)
        await _tell(here, who, document, "created")
        return document

    return await here.finish(write_and_tell())


@implements(declared.get)
async def get(id: str, revision: int | None = None) -> Document:
    """See `app.kernel.contexts.documents`."""
    who = actor()
    find = partial(store.find, organisation_id=who.organisation.id, id=id, number=revision)
    return await core().database.read(find)


@implements(declared.list_documents)
async def list_documents(
    kind: str | None = None, limit: int = 100, after: str | None = None
) -> list[DocumentInfo]:
    """See `app.kernel.contexts.documents`."""
    who = actor()
    page = partial(
        store.page,
        organisation_id=who.organisation.id,
        kind=kind,
        limit=checked_limit(limit),
        after=after,
    )
    return await core().database.read(page)


@implements(declared.save)
async def save(
    id: str,
    content: dict[str, Any],
    *,
    base_revision: int,
    title: str | None = None,
    note: str = "",
) -> Document:
    """See `app.kernel.contexts.documents`."""
    who, here = actor(), core()
    new_title = None if title is None else model.checked_title(title)
    change = await _change(here, who, new_title, content, model.checked_note(note))
    work = partial(store.save, id=id, change=change, base_revision=base_revision)

    async def write_and_tell() -> Document:
        document = await here.database.write(work)
        await _tell(here, who, document, "saved")
        return document

    return await here.finish(write_and_tell())


@implements(declared.history)
async def history(id: str, limit: int = 100) -> list[Revision]:
    """See `app.kernel.contexts.documents`."""
    who = actor()
    work = partial(
        store.history,
        organisation_id=who.organisation.id,
        id=id,
        limit=checked_limit(limit),
    )
    return await core().database.read(work)


@implements(declared.delete)
async def delete(id: str, *, base_revision: int) -> None:
    """See `app.kernel.contexts.documents`."""
    who, here = actor(), core()
    work = partial(
        store.remove, organisation_id=who.organisation.id, id=id, base_revision=base_revision
    )

    async def write_and_tell() -> None:
        await _tell(here, who, await here.database.write(work), "deleted")

    await here.finish(write_and_tell())


async def _change(
    here: Core, who: Actor, title: str | None, content: dict[str, Any], note: str
) -> store.Change:
    # In a thread of its own, not in the transaction: encoding megabytes must hold up neither the
    # event loop nor other writers.
    body = await anyio.to_thread.run_sync(encode, content, here.limits.document_bytes)
    return store.Change(actor=who, at=here.clock(), title=title, body=body, note=note)


async def _tell(here: Core, who: Actor, document: Document | DocumentInfo, action: str) -> None:
    """Publish a change that is committed. A failing bus must not make it look undone."""
    payload = {
        "id": document.id,
        "kind": document.kind,
        "revision": document.revision,
        "by": who.user.id,
        "by_name": who.user.name,
        "session": who.session,
        "action": action,
    }
    for topic in (declared.topic(document.id), declared.topic_of_kind(document.kind)):
        try:
            await here.bus.publish(in_organisation(who.organisation.id, topic), payload)
        except Exception:
            _log.exception("could not tell of a change of document %s", document.id)
