"""What was decided of an event, so that the next one of its kind need not be judged again."""

from __future__ import annotations

from dataclasses import dataclass

from app.bridge.types import RegisteredEventHandler, RegistrationContext
from app.cell.loading.version import LoadedVersion
from app.kernel.actor import Actor
from app.sdk.scope import Scope


@dataclass(frozen=True, slots=True)
class Decision:
    """What is known of an event before it runs; it holds for as long as what it was made of.

    Attributes:
        serial: of the catalog in which the session's user might use the app.
        user: the session's actor then.
        version: the version whose handler runs.
        registration: Reflex's registry while it runs.
        scope, actor: in whose name it runs.
        is_open: whether browsers may send it; the app itself may run all that it has.
    """

    serial: int
    user: Actor
    version: LoadedVersion
    handler: RegisteredEventHandler
    registration: RegistrationContext
    scope: Scope
    actor: Actor
    is_open: bool
