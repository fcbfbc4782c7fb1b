"""The public functions of documents: check, write off the event loop, then tell the bus."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any
from uuid import uuid4

import anyio.to_thread

from app.core.bus import in_organisation
from app.core.context import Core, core
from app.core.documents import model, store
from app.core.documents.content import encode
from app.core.documents.model import Document, DocumentInfo, Revision
from app.core.paging import checked_limit
from app.kernel.actor import Actor, require

_log = logging.getLogger(__name__)


async def create(kind: str, title: str, content: dict[str, Any]) -> Document:
    """Store a new document of the actor's organisation and return it, at revision 1.

    Args:
        kind: what sort of document it is, such as "example/schedule".
        title: one line for people, at most 200 characters.
        content: any JSON object; must not be changed before this returns.

    Raises:
        Invalid: kind, title or content cannot be accepted; the message says where and why.
        TooLarge: the content is above the limit.
        Forbidden: the app was not granted "documents:write".
    """
    who, here = require("documents:write"), core()
    checked = model.checked_kind(kind)
    change = await _change(here, who, model.checked_title(title), content, "")
    work = partial(store.insert, id=uuid4().hex, kind=checked, change=change)

    async def write_and_tell() -> Document:
        document = await here.database.write(work)
        await _tell(here, who, document, "created")
        return document

    return await here.finish(write_and_tell())


async def get(id: str, revision: int | None = None) -> Document:
    """Return the document as it is now, or as it was at `revision`.

    Raises:
        NotFound: there is none in the actor's organisation, or no such revision.
        Forbidden: the app was not granted "documents:read".
    """
    who = require("documents:read")
    find = partial(store.find, organisation_id=who.organisation.id, id=id, number=revision)
    return await core().database.read(find)


async def list_documents(
    kind: str | None = None, limit: int = 100, after: str | None = None
) -> list[DocumentInfo]:
    """Return the organisation's documents without content, the newest (by creation) first.

    Args:
        kind: only documents of this kind.
        limit: at most so many, 1 to 1000.
        after: the id of the last document of the page before, to get the next page.

    Raises:
        NotFound: the document `after` is gone.
        Invalid: `limit` is out of range.
        Forbidden: the app was not granted "documents:read".
    """
    who = require("documents:read")
    page = partial(
        store.page,
        organisation_id=who.organisation.id,
        kind=kind,
        limit=checked_limit(limit),
        after=after,
    )
    return await core().database.read(page)


async def save(
    id: str,
    content: dict[str, Any],
    *,
    base_revision: int,
    title: str | None = None,
    note: str = "",
) -> Document:
    """Store the next revision of a document and return it.

    Args:
        id: the document.
        content: its whole new content; must not be changed before this returns.
        base_revision: the revision that the content was made from.
        title: a new title; by default it stays.
        note: one line for the history.

    Raises:
        Conflict: the document is at another revision by now; `error.current` is the document.
        NotFound: there is none in the actor's organisation.
        Invalid: title, note or content cannot be accepted; the message says where and why.
        TooLarge: the content is above the limit.
        Forbidden: the app was not granted "documents:write".
    """
    who, here = require("documents:write"), core()
    new_title = None if title is None else model.checked_title(title)
    change = await _change(here, who, new_title, content, model.checked_note(note))
    work = partial(store.save, id=id, change=change, base_revision=base_revision)

    async def write_and_tell() -> Document:
        document = await here.database.write(work)
        await _tell(here, who, document, "saved")
        return document

    return await here.finish(write_and_tell())


async def history(id: str, limit: int = 100) -> list[Revision]:
    """Return who saved what when, the newest first, at most `limit` entries.

    Raises:
        NotFound: there is no such document in the actor's organisation.
        Invalid: `limit` is not from 1 to 1000.
        Forbidden: the app was not granted "documents:read".
    """
    who = require("documents:read")
    work = partial(
        store.history,
        organisation_id=who.organisation.id,
        id=id,
        limit=checked_limit(limit),
    )
    return await core().database.read(work)


async def delete(id: str, *, base_revision: int) -> None:
    """Delete a document with its history, for ever.

    Raises:
        Conflict: the document is at another revision by now; `error.current` is the document.
        NotFound: there is none in the actor's organisation.
        Forbidden: the app was not granted "documents:write".
    """
    who, here = require("documents:write"), core()
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
    for topic in (model.topic(document.id), model.topic_of_kind(document.kind)):
        try:
            await here.bus.publish(in_organisation(who.organisation.id, topic), payload)
        except Exception:
            _log.exception("could not tell of a change of document %s", document.id)
