"""For whom something of an app can be: who may see it."""

from __future__ import annotations

from collections.abc import Iterable

from app.core import accounts
from app.core.apps import App, Visibility
from app.core.context import Core
from app.kernel.errors import Invalid, NotFound
from app.platform.permissions import Action, Requester, may


async def audience(core: Core, visibility: Visibility) -> frozenset[str]:
    """Return the ids of all users who may see an app."""
    organisations = visibility.organisations
    if organisations is None:
        return await accounts.user_ids(core, None)
    whole = [organisation for organisation, users in organisations.items() if users is None]
    chosen = frozenset().union(*(users for users in organisations.values() if users is not None))
    return await accounts.user_ids(core, whole) | chosen


async def chosen_users(
    core: Core, who: Requester, app: App, named: Iterable[str]
) -> frozenset[str]:
    """Return the ids of users whom the requester names by address or id, to show them something of
    an app. Whoever is no operator knows those of their own organisation only.

    Raises:
        NotFound: there is no such user, for the requester.
        Invalid: one may not see the app, so that they would get nothing.
    """
    words = {word.strip().lower() for word in named}
    addresses = {word for word in words if "@" in word}
    home = None if may(who, Action.OPERATE) else who.actor.organisation
    home_id = None if home is None else home.id
    found = await accounts.ids_of(core, addresses, home_id)
    if missing := sorted(addresses - found.keys()):
        of_home = f" of {home.name}" if home else ""
        raise NotFound(f"nobody{of_home} has the address {missing[0][:254]}")
    users = (words - addresses) | set(found.values())
    outside = sorted(users - await audience(core, app.visible_to)) if users else []
    names = await accounts.names_of(core, outside, home_id)
    for user_id in outside:
        if user_id not in names:
            raise NotFound(f"there is no user {user_id[:64]!r}")
        raise Invalid(
            f"{names[user_id]} may not see {app.id}, and would get no preview of it: make the app"
            " visible to their organisation first, or to them in it"
        )
    return frozenset(users)
