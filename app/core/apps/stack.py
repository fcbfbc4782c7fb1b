"""Which versions were current before, as a stack that rolling back pops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlmodel import Session, col, delete, select

from app.core.apps import rows
from app.core.apps.model import Action, State
from app.core.apps.tables import AppRow, PreviewRow, StepRow, VersionRow

_TO_A_VERSION = (Action.PROMOTE, Action.ROLLBACK, Action.FALLBACK)


def earlier(session: Session, row: AppRow, state: State = State.READY) -> Iterator[VersionRow]:
    """Yield the versions below the current one on the stack of activations that have a state."""
    stack: list[int] = []
    for action, number in _activations(session, row):
        if number is None:
            stack.clear()
        elif action != Action.PROMOTE and number in stack:
            # Back to where it was: what came after it was undone.
            while stack[-1] != number:
                stack.pop()
        else:
            stack.append(number)
    yield from _those(state, session, row, reversed(stack))


def once_current(session: Session, row: AppRow) -> Iterator[VersionRow]:
    """Yield the versions that were ever current, the last first, if they are ready."""
    numbers = [number for _, number in _activations(session, row) if number is not None]
    yield from _those(State.READY, session, row, dict.fromkeys(reversed(numbers)))


def _activations(session: Session, row: AppRow) -> Iterator[tuple[str, int | None]]:
    query = (
        select(StepRow.action, StepRow.number)
        .where(StepRow.app_id == row.id, col(StepRow.action).in_(_TO_A_VERSION))
        .order_by(col(StepRow.revision))
    )
    yield from session.exec(query)


def _those(
    state: State, session: Session, row: AppRow, numbers: Iterable[int]
) -> Iterator[VersionRow]:
    for number in numbers:
        if number != row.current:
            version = rows.version_row(session, row.id, number)
            if version.state == state:
                yield version


def end_previews(session: Session, app_id: str, number: int) -> None:
    """End all previews of a version."""
    session.exec(
        delete(PreviewRow).where(col(PreviewRow.app_id) == app_id, col(PreviewRow.number) == number)
    )
