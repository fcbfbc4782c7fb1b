"""What a context can refuse. Messages are written for the person who sees them."""

from __future__ import annotations


def sentence(text: str) -> str:
    """Return an error's text as a sentence. One that begins with an id keeps its spelling."""
    text = text.strip()
    first = text.partition(" ")[0]
    if "/" not in first and "@" not in first:
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


class CoreError(Exception):
    """Base of everything that a context refuses on purpose."""


class Forbidden(CoreError):
    """The actor, or the client app they act through, may not do this."""


class SignedOut(Forbidden):
    """Nobody is signed in, or not any more: signing in again is the remedy."""


class ConfirmationNeeded(Forbidden):
    """A browser asks for a change without proof that a person wants it: their password is one."""

    def __init__(self) -> None:
        super().__init__("confirm with your password that it is you")


class NotFound(CoreError):
    """There is no such thing, or it belongs to another organisation.

    The two are deliberately one error: whether an id exists elsewhere is nobody's business.
    """


class Invalid(CoreError, ValueError):
    """A value that the caller passed cannot be accepted; the message names it and the remedy."""


class TooLarge(CoreError):
    """Something is above a size limit.

    `limit` is the limit in bytes; `size` is the size in bytes as far as it is known.
    """

    def __init__(self, what: str, *, size: int, limit: int) -> None:
        super().__init__(f"{what} is too large: {size:,} bytes, at most {limit:,} are allowed")
        self.size = size
        self.limit = limit


class StorageFull(CoreError):
    """The disk is full. Nothing of what was being written is left behind."""


class Unavailable(CoreError):
    """The database did not answer in time; trying again later may help."""
