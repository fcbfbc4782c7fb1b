"""Choosing who sees an app: organisations, and of each all users or some."""

from collections.abc import Container
from typing import TypedDict

import reflex as rx

from app.core import accounts
from app.core.accounts import Membership, Organisation
from app.core.apps import App, Visibility
from app.kernel.errors import NotFound
from app.platform.audience import audience
from app.platform.permissions import Action, Requester, may, require
from app.web.admin.apps.states.sharing import in_words
from app.web.admin.apps.states.sharing import told as told_of
from app.web.admin.page_state import reporting_refusals
from app.web.administration import administration, requester

FOUND = 8  # people or organisations that a search shows
SHOWN = 50  # chosen people of an organisation that are shown


class PersonRow(TypedDict):
    """Somebody who is chosen, or can be."""

    id: str
    name: str
    email: str
    chosen: bool


class OrganisationRow(TypedDict):
    """An organisation that is chosen; `everyone` when all of its users are."""

    id: str
    name: str
    everyone: bool
    chosen: list[PersonRow]
    unshown: int
    searched: bool
    found: list[PersonRow]
    unfound: int


class ChoiceRow(TypedDict):
    """An organisation that can be added."""

    id: str
    name: str


class SharingState(rx.State):
    """What is chosen, and not yet so. Empty while nobody chooses."""

    app_id: str = ""
    before: str = ""
    seen: int = 0
    may_share: bool = False
    everybody: bool = False
    organisations: list[OrganisationRow] = []
    addable: list[ChoiceRow] = []
    consequence: str = ""
    _chosen: dict[str, frozenset[str] | None] = {}
    _searches: dict[str, str] = {}
    _query: str = ""

    @rx.event
    @reporting_refusals
    async def begin(self, app_id: str):
        """Choose anew, from who sees the app now."""
        self.reset()
        who, app = await self._app(str(app_id))
        self.app_id, self.seen = app.id, app.revision
        self.before = await described(who, app.visible_to)
        self.everybody = app.visible_to.organisations is None
        self._chosen = await _still_there(app.visible_to)
        if not may(who, Action.SHARE):
            self._chosen.setdefault(who.actor.organisation.id, None)
        await self._show(who, app)

    @rx.event
    def close(self):
        """Leave everything as it is."""
        self.reset()

    @rx.event
    @reporting_refusals
    async def set_everybody(self, choice: str):
        """Choose everybody, or certain organisations."""
        who, app = await self._app(self.app_id)
        self.everybody = str(choice) == "everybody"
        await self._show(who, app)

    @rx.event
    @reporting_refusals
    async def set_users(self, organisation_id: str, choice: str):
        """Choose all users of an organisation, or some."""
        who, app = await self._app(self.app_id)
        self._chosen = {
            **self._chosen,
            _known(organisation_id, self._chosen): None if choice == "all" else frozenset(),
        }
        await self._show(who, app)

    @rx.event
    @reporting_refusals
    async def add(self, organisation_id: str):
        """Choose an organisation."""
        who, app = await self._app(self.app_id)
        allowed = [organisation.id for organisation in await _organisations(who)]
        self._chosen = {**self._chosen, _known(organisation_id, allowed): None}
        await self._show(who, app)

    @rx.event
    @reporting_refusals
    async def remove(self, organisation_id: str):
        """Do not choose an organisation any more."""
        who, app = await self._app(self.app_id)
        self._chosen = {id: users for id, users in self._chosen.items() if id != organisation_id}
        await self._show(who, app)

    @rx.event
    @reporting_refusals
    async def choose(self, organisation_id: str, user_id: str, chosen: bool):
        """Choose a user, or do not any more."""
        who, app = await self._app(self.app_id)
        users = self._chosen[_known(organisation_id, self._chosen)] or frozenset()
        users = users | {str(user_id)[:64]} if chosen else users - {str(user_id)}
        self._chosen = {**self._chosen, organisation_id: users}
        await self._show(who, app)

    @rx.event
    @reporting_refusals
    async def search_users(self, organisation_id: str, query: str):
        """Look for users of an organisation."""
        who, app = await self._app(self.app_id)
        self._searches = {**self._searches, _known(organisation_id, self._chosen): str(query)[:200]}
        await self._show(who, app)

    @rx.event
    @reporting_refusals
    async def search(self, query: str):
        """Look for organisations."""
        who, app = await self._app(self.app_id)
        self._query = str(query)[:200]
        await self._show(who, app)

    def _wanted(self) -> Visibility:
        """Return what is chosen."""
        return Visibility(None if self.everybody else dict(self._chosen))

    async def _app(self, app_id: str) -> tuple[Requester, App]:
        who = await requester(Action.CONFIGURE, app_id)
        app = await administration().platform.app(who, app_id)
        require(who, Action.CONFIGURE, app.visible_to)
        return who, app

    async def _show(self, who: Requester, app: App) -> None:
        core = administration().core
        known = {organisation.id: organisation.name for organisation in await _organisations(who)}
        self.may_share = may(who, Action.SHARE)
        self.organisations = [
            _organisation(
                id,
                known.get(id, "another organisation"),
                users,
                [] if users is None else await accounts.members_of(core, id),
                self._searches.get(id, ""),
            )
            for id, users in self._chosen.items()
        ]
        words = self._query.casefold().split()
        self.addable = [
            ChoiceRow(id=id, name=name)
            for id, name in known.items()
            if id not in self._chosen and all(word in name.casefold() for word in words)
        ][:FOUND]
        self.consequence = told_of(
            len(await audience(core, app.visible_to)),
            len(await audience(core, self._wanted())),
        )


async def described(who: Requester, visibility: Visibility) -> str:
    """Return who sees an app in words, with the names that the requester may know."""
    known = await _organisations(who)
    return in_words(visibility, {organisation.id: organisation.name for organisation in known})


async def _organisations(who: Requester) -> list[Organisation]:
    """Return the organisations that the requester may choose."""
    if may(who, Action.SHARE):
        return await accounts.all_organisations(administration().core)
    return [who.actor.organisation]


async def _still_there(visible: Visibility) -> dict[str, frozenset[str] | None]:
    """Return what is chosen, without users who left their organisation since."""
    chosen: dict[str, frozenset[str] | None] = {}
    for id, users in (visible.organisations or {}).items():
        inside = await accounts.user_ids(administration().core, [id]) if users else frozenset()
        chosen[id] = None if users is None else users & inside
    return chosen


def _known(id: object, among: Container[str]) -> str:
    """Return the id of an organisation that a browser sent, if it is among those it may choose."""
    if not isinstance(id, str) or id not in among:
        raise NotFound("there is no such organisation to choose")
    return id


def _organisation(
    id: str, name: str, users: frozenset[str] | None, members: list[Membership], query: str
) -> OrganisationRow:
    chosen = [_person(member, users) for member in members if member.user.id in (users or ())]
    words = query.casefold().split()
    found = [
        member
        for member in members
        if words
        and all(word in f"{member.user.name} {member.user.email}".casefold() for word in words)
    ]
    return OrganisationRow(
        id=id,
        name=name,
        everyone=users is None,
        chosen=chosen[:SHOWN],
        unshown=max(0, len(chosen) - SHOWN),
        searched=bool(words),
        found=[_person(member, users) for member in found[:FOUND]],
        unfound=max(0, len(found) - FOUND),
    )


def _person(member: Membership, chosen: frozenset[str] | None) -> PersonRow:
    user = member.user
    return PersonRow(
        id=user.id, name=user.name, email=user.email, chosen=chosen is None or user.id in chosen
    )
