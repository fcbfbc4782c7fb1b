"""The public functions of the audit log."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Literal

from sqlmodel import Session, col

from app.core.audit import store
from app.core.audit.model import (
    ANONYMOUS,
    MAX_REFUSED_DETAIL,
    SYSTEM,
    Entry,
    Filter,
    Naming,
    Outcome,
    Page,
    Stamp,
    checked_action,
    shown,
)
from app.core.audit.tables import EntryRow
from app.core.context import Core
from app.core.paging import MAX_PAGE, checked_limit
from app.core.pruning import prune
from app.kernel.actor import acting, refuse_apps
from app.kernel.client_address import client_address
from app.kernel.errors import CoreError

Format = Literal["jsonl", "csv"]

_COLUMNS = tuple(field.name for field in dataclasses.fields(Entry))
# What a spreadsheet would run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_log = logging.getLogger(__name__)


def stamp(core: Core) -> Stamp:
    """Return who acts now, when and from where, for `append` within a transaction."""
    who = acting()
    return Stamp(
        at=core.clock(),
        actor=SYSTEM if who is None else who.user,
        organisation_id="" if who is None else who.organisation.id,
        node=core.node,
        ip=client_address(),
    )


async def query(
    core: Core,
    wanted: Filter | None = None,
    *,
    limit: int = 100,
    before: int | None = None,
    naming: Naming | None = None,
) -> Page:
    """Return entries, the newest first.

    Args:
        core: where they are.
        wanted: which ones; by default all.
        limit: at most so many, 1 to 1000.
        before: `Page.next` of the page before, to get the next page.
        naming: knows the names of targets.

    Raises:
        Invalid: `limit` is out of range.
        Forbidden: a client app asks.
    """
    refuse_apps("read the audit log")
    size = checked_limit(limit)
    # One more than wanted tells whether there is a next page.
    work = partial(store.newest_first, wanted=wanted or Filter(), limit=size + 1, before=before)
    found = await core.database.read(work)
    more = len(found) > size
    entries = await _named(found[:size], naming)
    return Page(tuple(entries), found[size - 1].sequence if more else None)


def export(
    core: Core,
    wanted: Filter | None = None,
    *,
    format: Format = "jsonl",
    naming: Naming | None = None,
) -> AsyncIterator[bytes]:
    """Return all entries up to now as a stream, the oldest first.

    "jsonl" is one JSON object a line; "csv" has a head line, and what a spreadsheet would take for
    a formula has a quote in front. `naming` knows the names of targets.

    Raises:
        Forbidden: a client app asks.
    """
    refuse_apps("export the audit log")
    return _export(core, wanted or Filter(), naming, format)


async def refused(
    core: Core,
    action: str,
    target: str = "",
    detail: Mapping[str, Any] | None = None,
    *,
    source: str = "",
) -> bool:
    """Record an attempt that was refused for lack of authorisation; return whether it was recorded.

    Limited for each source and in total (`limiter`), so that nobody fills the disk; the next entry
    of a source says how many of its attempts were left out. Core code calls this also while a
    client app acts, so it does not refuse apps. A log that cannot be written is no error here: the
    refusal must stand.

    Args:
        core: where it is recorded.
        action: what was tried, such as "socket.event".
        target: what it was tried on; cut to 200 characters.
        detail: a JSON object; replaced by a note when it is long.
        source: what is limited; by default the address, else the user.
    """
    name = checked_action(action)
    who = stamp(core)
    if acting() is None:
        who = dataclasses.replace(who, actor=ANONYMOUS)
    suppressed = core.refusals.admit(source or who.ip or who.actor.id)
    if suppressed is None:
        return False
    shortened = _shortened(detail or {})
    if suppressed:
        shortened["not_recorded_before"] = suppressed
    work = partial(
        store.append,
        stamp=who,
        action=name,
        target=target,
        detail=shortened,
        outcome=Outcome.REFUSED,
    )
    try:
        await core.finish(core.database.write(work))
    except CoreError:
        _log.exception("could not record a refused attempt: %s %s", name, shown(target, 200))
        return False
    return True


async def expire(core: Core, keep: timedelta) -> int:
    """Remove entries that are older than `keep`; return how many.

    That they were removed is an entry itself. Many are removed a few at a time, with an entry each.

    Raises:
        Unavailable: the database is locked or cannot be reached.
        Forbidden: a client app asks.
    """
    refuse_apps("remove entries of the audit log")
    who = stamp(core)
    before = who.at - keep

    def note(session: Session, sequences: Sequence[int]) -> None:
        detail = {"entries": len(sequences), "before": before.isoformat()}
        store.append(session, who, "audit.expire", "", detail)
        session.flush()  # while the old ones are there, or its number might be one of theirs

    return await prune(core, EntryRow.sequence, col(EntryRow.at) < before, before=note)


def _shortened(detail: Mapping[str, Any]) -> dict[str, Any]:
    text = json.dumps(dict(detail))
    if len(text) <= MAX_REFUSED_DETAIL:
        return dict(detail)
    return {"cut": shown(text, MAX_REFUSED_DETAIL)}


async def _named(entries: Sequence[Entry], naming: Naming | None) -> Sequence[Entry]:
    if naming is None:
        return entries
    names = await naming({entry.target for entry in entries})
    return [
        dataclasses.replace(entry, target_name=names.get(entry.target, "")) for entry in entries
    ]


async def _export(
    core: Core, wanted: Filter, naming: Naming | None, format: Format
) -> AsyncIterator[bytes]:
    write = _csv if format == "csv" else _json_lines
    if format == "csv":
        yield (",".join(_COLUMNS) + "\r\n").encode()
    until, after = await core.database.read(store.last), 0
    while True:
        work = partial(store.oldest_first, wanted=wanted, limit=MAX_PAGE, after=after, until=until)
        entries = await core.database.read(work)
        if not entries:
            return
        yield write(await _named(entries, naming)).encode()
        after = entries[-1].sequence


def _json_lines(entries: Sequence[Entry]) -> str:
    return "".join(json.dumps(_plain(entry)) + "\n" for entry in entries)


def _csv(entries: Sequence[Entry]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    for entry in entries:
        values = {**_plain(entry), "detail": json.dumps(dict(entry.detail))}
        writer.writerow([_cell(values[column]) for column in _COLUMNS])
    return text.getvalue()


def _plain(entry: Entry) -> dict[str, Any]:
    return {**dataclasses.asdict(entry), "at": entry.at.isoformat()}


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
