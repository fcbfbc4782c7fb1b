"""What `/admin/audit` shows: one page of the audit log, filtered."""

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict
from urllib.parse import urlencode

import reflex as rx

from app.core import accounts
from app.core.audit import Entry, Outcome
from app.kernel.errors import Invalid
from app.platform.permissions import Action, Requester, may
from app.web.admin.audit.audit_filter import FIELDS, filter_of
from app.web.admin.page_state import PageState, entering, reporting_refusals
from app.web.admin.rows import when
from app.web.administration import administration, requester

PAGE = 50
EXPORT = "/admin/audit.csv"


class EntryRow(TypedDict):
    """One entry."""

    at: str
    who: str
    action: str
    target: str
    refused: bool
    detail: str
    origin: str


class AuditState(PageState, rx.State):
    """One page of the log. Empty in sessions that did not open it."""

    entries: list[EntryRow] = []
    export: str = EXPORT
    older: int = 0
    is_first: bool = True
    _wanted: dict[str, str] = {}
    _before: int = 0

    @rx.event
    @entering(Action.AUDIT)
    async def load(self, who: Requester):
        """Show the newest entries; when a connection came back, what was shown."""
        await self._show(who, self._before)

    @rx.event
    @reporting_refusals
    async def search(self, form: dict[str, str]):
        """Show the newest entries that fit."""
        who = await requester(Action.AUDIT)
        typed = {name: str(form[name]).strip()[:200] for name in FIELDS if form.get(name)}
        wanted = {name: text for name, text in typed.items() if text}
        if "actor" in wanted:
            wanted["actor"] = await _user_id(who, wanted["actor"])
        filter_of(wanted)  # refuses what cannot be understood
        self._wanted = wanted
        await self._show(who, 0)

    @rx.event
    @reporting_refusals
    async def go_on(self):
        """Show the next page."""
        await self._show(await requester(Action.AUDIT), self.older)

    @rx.event
    @reporting_refusals
    async def go_back(self):
        """Show the first page."""
        await self._show(await requester(Action.AUDIT), 0)

    async def _show(self, who: Requester, before: int) -> None:
        log = administration().platform.audit
        found = await log.query(who, filter_of(self._wanted), limit=PAGE, before=before or None)
        named = {text for entry in found.entries for text in _texts(entry.detail)}
        names = await log.names(who, named)
        self.entries = [_row(entry, names) for entry in found.entries]
        self.older, self.is_first, self._before = found.next or 0, not before, before
        self.export = f"{EXPORT}?{urlencode(self._wanted)}" if self._wanted else EXPORT


async def _user_id(who: Requester, text: str) -> str:
    """Return the id of the user that somebody typed the address or the name of.

    Raises:
        Invalid: nobody is called that, or several are.
    """
    core = administration().core
    members = await accounts.members_of(core, who.actor.organisation.id)
    wanted = text.casefold()
    found = {
        member.user.id
        for member in members
        if wanted in (member.user.email.casefold(), member.user.name.casefold(), member.user.id)
    }
    if not found and "@" in text and may(who, Action.OPERATE):
        found = {(await accounts.user_by_email(core, text)).id}
    if len(found) != 1:
        raise Invalid(
            f"several people are called {text[:60]!r}: give the address"
            if found
            else f"nobody here has the name or address {text[:60]!r}"
        )
    return found.pop()


def _row(entry: Entry, names: Mapping[str, str]) -> EntryRow:
    return EntryRow(
        at=when(entry.at),
        who=entry.actor_name,
        action=entry.action,
        target=entry.target_name or entry.target,
        refused=entry.outcome is Outcome.REFUSED,
        detail=detail_of(entry.detail, names)[:500],
        origin=", ".join(filter(None, (entry.ip, entry.node))),
    )


def detail_of(detail: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return what is known besides, for people; what is empty is left out.

    Args:
        detail: of an entry.
        names: what the ids in it are called.
    """
    return "; ".join(
        f"{names.get(name, name.replace('_', ' '))}: {_plain(value, names)}"
        for name, value in detail.items()
        if value not in (None, "", [], {})
    )


def _plain(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, Mapping):
        return f"({detail_of(value, names)})"
    if isinstance(value, list):
        return ", ".join(_plain(each, names) for each in value)
    return names.get(value, value) if isinstance(value, str) else str(value)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a detail: any of them may be an id."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from (key, *_texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
