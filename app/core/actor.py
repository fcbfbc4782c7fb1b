"""Who acts, as client apps and their tests import it; see `app.kernel.actor`."""

from app.kernel.actor import (
    Actor,
    CapabilityNotGranted,
    Forbidden,
    NoActor,
    Organisation,
    User,
    acting,
    acting_as,
    actor,
)

__all__ = [
    "Actor",
    "CapabilityNotGranted",
    "Forbidden",
    "NoActor",
    "Organisation",
    "User",
    "acting",
    "acting_as",
    "actor",
]
