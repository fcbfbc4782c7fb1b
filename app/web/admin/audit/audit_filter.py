"""From what somebody typed into the filter of the audit log to what is asked of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from app.core.audit import Filter, Outcome
from app.kernel.errors import Invalid

FIELDS = ("since", "until", "actor", "action", "target", "outcome")
_WORD = re.compile(r"[A-Za-z0-9_./ -]{1,200}\*?")


def filter_of(form: Mapping[str, str]) -> Filter:
    """Return the filter.

    Args:
        form: "since" and "until" as `2026-11-23T08:40` in UTC, "actor" the id of a user, "action"
            and "target" with a star at the end for all that begin so, "outcome"; "" is any.

    Raises:
        Invalid: a value cannot be understood.
    """
    outcome = form.get("outcome", "")
    if outcome not in ("", *Outcome):
        raise Invalid(f"there is no outcome {outcome[:40]!r}")
    return Filter(
        since=_time(form.get("since", "")),
        until=_time(form.get("until", "")),
        actor_id=_word(form.get("actor", "")),
        action=_word(form.get("action", "")),
        target=_word(form.get("target", "")),
        outcome=Outcome(outcome) if outcome else None,
    )


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(f"{text[:40]!r} is not a time such as 2026-11-23T08:40") from None


def _word(text: str) -> str | None:
    text = text.strip()
    if not text:
        return None
    if not _WORD.fullmatch(text):
        raise Invalid(f"{text[:60]!r} cannot be searched: a star may stand at the end only")
    return text
