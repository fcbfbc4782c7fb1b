"""Who sees an app: in words, as text that events carry, and what changing it does to whom."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from app.core.apps import EVERYBODY, Visibility
from app.kernel.actor import Actor
from app.kernel.errors import Invalid
from app.platform.permissions import Action, Requester, require

NAMED = 5  # people and organisations that a sentence names; the others are counted


def as_text(visibility: Visibility) -> str:
    """Return who sees an app as JSON; `from_text` reads it."""
    if visibility.organisations is None:
        return "null"
    return json.dumps(
        {
            organisation: None if users is None else sorted(users)
            for organisation, users in visibility.organisations.items()
        }
    )


def from_text(text: str) -> Visibility:
    """Return who sees an app, from JSON: null for everybody, or an object of organisations' ids,
    each with null or a list of users' ids.

    Raises:
        Invalid: it is nothing of the kind.
    """
    try:
        found = json.loads(text)
    except ValueError:
        raise Invalid("it is not said who is to see the app") from None
    if found is None:
        return EVERYBODY
    if not isinstance(found, dict) or not all(_are_users(users) for users in found.values()):
        raise Invalid("it is not said who is to see the app")
    return Visibility(
        {
            organisation: None if users is None else frozenset(users)
            for organisation, users in found.items()
        }
    )


def _are_users(users: object) -> bool:
    return users is None or (
        isinstance(users, list) and all(isinstance(user, str) for user in users)
    )


def require_choice(who: Requester, wanted: Visibility) -> None:
    """Refuse a choice among others than the requester's own users, before anything is told of it.

    Raises:
        NotAllowed: the requester may not make it.
    """
    organisations = wanted.organisations
    if organisations is None or set(organisations) != {who.actor.organisation.id}:
        require(who, Action.SHARE)


def in_words(visibility: Visibility, names: Mapping[str, str]) -> str:
    """Return who sees an app as a sentence; `names` are those of organisations by id."""
    organisations = visibility.organisations
    if organisations is None:
        return "Everybody: all users of all organisations."
    if not organisations:
        return "Nobody."
    parts = [
        f"{_users(users)} of {names.get(organisation, 'another organisation')}"
        for organisation, users in sorted(
            organisations.items(), key=lambda item: names.get(item[0], "").casefold()
        )
    ]
    text = listed(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _users(users: Collection[str] | None) -> str:
    if users is None:
        return "all users"
    return "1 chosen user" if len(users) == 1 else f"{len(users)} chosen users"


def listed(parts: list[str]) -> str:
    """Return some of the parts one after the other, and how many others there are."""
    if len(parts) > NAMED:
        return f"{', '.join(parts[:NAMED])} and {len(parts) - NAMED} more"
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def told(before: int, after: int) -> str:
    """Return how many people may see the app, and how many may now."""
    people = "1 person" if after == 1 else f"{after} people"
    return f"{people if after else 'Nobody'} may see the app then; {before or 'nobody'} may now."


def losing(wanted: Visibility, viewing: Collection[Actor]) -> str:
    """Return what happens to those who have the app open, as sentences."""
    if not viewing:
        return "Nobody has it open now."
    gone = [a for a in viewing if not wanted.admits(a.organisation.id, a.user.id)]
    if not gone:
        return "Nobody who has it open now loses it."
    names = sorted({actor.user.id: actor.user.name for actor in gone}.values(), key=str.casefold)
    pages = "1 page says" if len(gone) == 1 else f"{len(gone)} pages say"
    return (
        f"{'1 person' if len(names) == 1 else f'{len(names)} people'} with the app open now lose"
        f"{'s' * (len(names) == 1)} it: {listed(names)}. {pages} at once that it is gone; what was"
        " done in it is kept."
    )
