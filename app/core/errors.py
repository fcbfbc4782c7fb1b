"""What a context can refuse, as client apps and their tests import it; see `app.kernel.errors`."""

from app.kernel.errors import (
    CoreError,
    Forbidden,
    Invalid,
    NotFound,
    SignedOut,
    StorageFull,
    TooLarge,
    Unavailable,
)

__all__ = [
    "CoreError",
    "Forbidden",
    "Invalid",
    "NotFound",
    "SignedOut",
    "StorageFull",
    "TooLarge",
    "Unavailable",
]
