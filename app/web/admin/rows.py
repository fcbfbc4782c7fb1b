"""What the admin pages show of apps, versions and people, as plain rows of text."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypedDict

from app.bridge.compiling.icons import icon_library
from app.core.apps import App, Preview, State, Step, Version
from app.kernel.capabilities import friendly
from app.kernel.grants import not_granted
from app.node.observe.error_lists import AppErrorEntry
from app.node.releases.catalog import AppRecord
from app.node.sessions.sessions import Session
from app.platform.described import Standing, standing_of
from app.source.problems import place_of

TRUSTED = "trusted"
"""The verdict on a signature that this server takes."""


class AppRow(TypedDict):
    """One app in the list."""

    id: str
    name: str
    href: str
    library: str
    picture: str
    state: str
    color: str
    waits: bool
    unsigned: bool
    unset: bool
    version: str
    users: int
    errors: int
    revision: int
    deleted: bool


class VersionRow(TypedDict):
    """One version of an app; `promote` is "promote", "rollback" or "" when it cannot be served.
    `previewed` tells whether some get it already.
    """

    number: str
    version: str
    by: str
    at: str
    signature: str
    trusted: bool
    state: str
    color: str
    note: str
    waits: str
    problems: list[str]
    current: bool
    previewed: bool
    promote: str
    package: str


class PreviewRow(TypedDict):
    """One preview that goes on."""

    id: str
    number: str
    by: str
    until: str
    users: str


class CapabilityRow(TypedDict):
    """One capability that an app has or asks for."""

    name: str
    meaning: str
    granted: bool
    asked: str


class UserRow(TypedDict):
    """Somebody who has the app open."""

    name: str
    email: str
    organisation: str
    pages: str


class ErrorRow(TypedDict):
    """One kind of error of an app."""

    place: str
    message: str
    remedy: str
    event: str
    version: str
    count: int
    last: str
    detail: str


class StepRow(TypedDict):
    """One change of an app."""

    what: str
    at: str
    by: str
    note: str


_COLORS = {
    Standing.DELETED: "gray",
    Standing.OFF: "gray",
    Standing.FAILING: "red",
    Standing.NEW: "blue",
    Standing.ON: "green",
}


def when(at: datetime) -> str:
    """Return a time for `LocalTime`, which shows it in the visitor's zone."""
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).isoformat()


def app_row(
    app: App,
    current: Version | None,
    newest: Version | None,
    record: AppRecord | None,
    users: int,
    errors: int,
    *,
    unset: bool = False,
) -> AppRow:
    """Describe an app.

    Args:
        app: the app.
        current: the version that is served, if one is.
        newest: the version that was uploaded last.
        record: what this node serves.
        users: how many people have it open.
        errors: how many kinds of errors it had.
        unset: whether its settings do not fit what the version declares.
    """
    state = state_of(app, record)
    icon = app.icon or "box"
    is_file = "." in icon
    version = f"{current.version} (number {current.number})" if current else ""
    return AppRow(
        id=app.id,
        name=app.name,
        href=f"/admin/apps/{app.id}",
        library="" if is_file and app.served else icon_library("box" if is_file else icon),
        picture=f"/_graft/icons/{app.id}" if is_file and app.served else "",
        state=state.value,
        color=_COLORS[state],
        waits=newest is not None and newest.state is State.WAITING,
        unsigned=current is not None and current.signature != TRUSTED,
        unset=unset,
        version=version,
        users=users,
        errors=errors,
        revision=app.revision,
        deleted=app.deleted_at is not None,
    )


def state_of(app: App, record: AppRecord | None) -> Standing:
    """Return what an app is at the moment."""
    return standing_of(
        deleted=app.deleted_at is not None,
        enabled=app.enabled,
        promoted=app.current is not None,
        failing=record is not None and record.failure is not None,
    )


def version_row(version: Version, app: App, previews: list[Preview]) -> VersionRow:
    """Describe a version of an app; `previews` are those of the app."""
    current = version.number == app.current
    colors = {State.READY: "gray", State.WAITING: "amber", State.FAILED: "red"}
    promote = "rollback" if app.current is not None and version.number < app.current else "promote"
    return VersionRow(
        number=str(version.number),
        version=version.version,
        by=version.uploaded_by_name,
        at=when(version.uploaded_at),
        signature=f"{version.signature} ({version.signer})"
        if version.signer
        else version.signature,
        trusted=version.signature == TRUSTED,
        state="current" if current else version.state.value,
        color="green" if current else colors[version.state],
        note=version.note,
        waits=waits_for(version, app),
        problems=[problem_line(problem) for problem in version.problems[:20]],
        current=current,
        previewed=not current and any(p.number == version.number for p in previews),
        promote=promote if version.state is not State.WAITING and not current else "",
        package=f"/api/v1/apps/{app.id}/versions/{version.number}/package",
    )


def waits_for(version: Version, app: App) -> str:
    """Return which capabilities a version waits for; "" when for none."""
    if version.state is not State.WAITING:
        return ""
    return ", ".join(sorted(not_granted(version.capabilities, app.granted)))


def problem_line(problem: object) -> str:
    """Return a stored problem as one line."""
    if not isinstance(problem, Mapping):
        return str(problem)
    texts = (place_of(problem), problem.get("message"), problem.get("remedy"), problem.get("rule"))
    return " · ".join(str(text) for text in texts if text)


def preview_row(preview: Preview, names: Mapping[str, str]) -> PreviewRow:
    """Describe a preview; `names` are those of users by id."""
    users = ", ".join(sorted(names.get(user, "somebody") for user in preview.users))
    return PreviewRow(
        id=preview.id,
        number=str(preview.number),
        by=preview.started_by_name,
        until=when(preview.expires_at),
        users=f"{users}, and anybody with the link" if users else "anybody with the link",
    )


def capability_rows(app: App, versions: list[Version]) -> list[CapabilityRow]:
    """Describe what an app has, and what its versions ask for."""
    asked: dict[str, list[str]] = {}
    for version in versions:
        for name in version.capabilities:
            asked.setdefault(name, []).append(str(version.number))
    return [
        CapabilityRow(
            name=name,
            meaning=f"May {friendly(name)}.",
            granted=name in app.granted,
            asked=_asked_by(asked.get(name, [])),
        )
        for name in sorted(app.granted | asked.keys())
    ]


def _asked_by(numbers: list[str]) -> str:
    if not numbers:
        return "No version asks for it."
    if len(numbers) == 1:
        return f"Version {numbers[0]} asks for it."
    return f"Versions {', '.join(reversed(numbers[:6]))}{' …' * (len(numbers) > 6)} ask for it."


def user_rows(sessions: list[Session], shown: int) -> list[UserRow]:
    """Describe who has an app open, by name; one row a person."""
    people: dict[tuple[str, str], list[Session]] = {}
    for session in sessions:
        actor = session.actor
        people.setdefault((actor.user.id, actor.organisation.id), []).append(session)
    rows = [
        UserRow(
            name=theirs[0].actor.user.name,
            email=theirs[0].actor.user.email,
            organisation=theirs[0].actor.organisation.name,
            pages="1 page" if len(theirs) == 1 else f"{len(theirs)} pages",
        )
        for theirs in people.values()
    ]
    return sorted(rows, key=lambda row: row["name"].casefold())[:shown]


def error_row(entry: AppErrorEntry) -> ErrorRow:
    """Describe an error of an app."""
    problem = entry.problem
    return ErrorRow(
        place=problem.place,
        message=problem.message,
        remedy=problem.remedy,
        event=entry.event,
        version=str(entry.number),
        count=entry.count,
        last=when(entry.last_at),
        detail=problem.detail,
    )


def step_row(step: Step) -> StepRow:
    """Describe a change of an app."""
    what = step.action.value.replace("_", " ")
    return StepRow(
        what=what if step.number is None else f"{what}, version {step.number}",
        at=when(step.at),
        by=step.by_name,
        note=step.note,
    )
