"""Who acts, as client apps and their tests import it; see `app.kernel.actor`."""

from app.kernel.actor import Actor, NoActor, Organisation, User, acting, acting_as, actor
from app.kernel.errors import Forbidden
from app.kernel.grants import CapabilityNotGranted

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
