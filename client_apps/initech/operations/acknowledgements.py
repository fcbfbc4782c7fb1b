"""Which incidents somebody has seen to, stored as a document of the organisation.

There should be one such document. Two people who acknowledge the very first incident at the same
moment may each create one; reading takes all of them together, so nothing is lost by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core import documents

KIND = "initech.acknowledgements"
TITLE = "Acknowledged incidents"
# Older ones are of incidents that no page shows any more.
KEPT = 500
ATTEMPTS = 20

Acknowledged = dict[str, dict[str, Any]]


async def read() -> Acknowledged:
    """Return incident id -> {"by": name, "tick": when} of all acknowledged incidents.

    Raises:
        CoreError: documents cannot be read.
    """
    found: Acknowledged = {}
    for info in await documents.list(kind=KIND):
        found.update((await documents.get(info.id)).content["incidents"])
    return found


async def acknowledge(incident_id: str, by: str, tick: int) -> None:
    """Store that somebody has seen to an incident; the first one to do so stays.

    Args:
        incident_id: which.
        by: name of the person.
        tick: when, in ticks of the plant.

    Raises:
        documents.Conflict: others were faster every time.
        CoreError: documents cannot be written.
    """
    entry = {incident_id: {"by": by, "tick": tick}}
    stored = await documents.list(kind=KIND)
    if not stored:
        await documents.create(KIND, TITLE, {"incidents": entry})
        return
    current = await documents.get(stored[-1].id)
    failure: documents.Conflict | None = None
    for _ in range(ATTEMPTS):
        content = {"incidents": _kept(entry | current.content["incidents"])}
        if content == current.content:
            return
        try:
            await documents.save(
                current.id,
                content,
                base_revision=current.revision,
                note=f"Acknowledged {incident_id}",
            )
        except documents.Conflict as conflict:
            current, failure = conflict.current, conflict
        else:
            return
    assert failure is not None
    raise failure


def _kept(incidents: Mapping[str, dict[str, Any]]) -> Acknowledged:
    newest = sorted(incidents.items(), key=lambda pair: pair[1]["tick"], reverse=True)
    return dict(newest[:KEPT])
