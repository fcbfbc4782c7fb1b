"""Who sees an app: in words, as text that events carry, and what changing it does to whom."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from app.core.apps import Visibility
from app.kernel.actor import Actor

NAMED = 5  # people and organisations that a sentence names; the others are counted


def as_text(visibility: Visibility) -> str:
    """Return who sees an app as JSON, as `Sharing` takes it from pages."""
    return json.dumps(visibility.lists)


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
    wins = people if after else "Nobody"
    return f"{wins} will be able to see the app; {before or 'nobody'} can now."


def losing(wanted: Visibility, viewing: Collection[Actor]) -> str:
    """Return what happens to those who have the app open, as sentences."""
    if not viewing:
        return "Nobody has it open."
    gone = [a for a in viewing if not wanted.admits(a.organisation.id, a.user.id)]
    if not gone:
        return "Nobody who has it open loses it."
    names = sorted({actor.user.id: actor.user.name for actor in gone}.values(), key=str.casefold)
    pages = "1 page says" if len(gone) == 1 else f"{len(gone)} pages say"
    return (
        f"{'1 person' if len(names) == 1 else f'{len(names)} people'} with the app open lose"
        f"{'s' * (len(names) == 1)} it: {listed(names)}. {pages} at once that it is gone; what was"
        " done in it is kept."
    )
