"""What a context can refuse. Messages are written for the person who sees them."""

from __future__ import annotations

import errno
from typing import TypeVar

E = TypeVar("E", bound=BaseException)

# Chains of errors can be circular.
_MOST = 50


def sentence(text: str) -> str:
    """Return an error's text as a sentence. One that begins with an id keeps its spelling."""
    text = text.strip()
    first = text.partition(" ")[0]
    if "/" not in first and "@" not in first:
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def first_in(error: BaseException, kind: type[E]) -> E | None:
    """Return the first error of a kind among an error and what it came from."""
    waiting: list[BaseException | None] = [error]
    for _ in range(_MOST):
        current = waiting.pop(0) if waiting else None
        if isinstance(current, kind):
            return current
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions
        if current is not None:
            waiting.append(current.__cause__ or current.__context__)
    return None


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

    size: int
    limit: int

    def __init__(self, what: str, *, size: int, limit: int) -> None:
        super().__init__(f"{what} is too large: {size:,} bytes, at most {limit:,} are allowed")
        self.size = size
        self.limit = limit


class StorageFull(CoreError):
    """The disk is full. Nothing of what was being written is left behind."""


class Unavailable(CoreError):
    """The database did not answer in time; trying again later may help."""


class FolderFull(CoreError, OSError):
    """An app keeps as much in a folder as it may; nothing more is written there.

    Attributes:
        app_id: the app.
        remedy: what to do about it, and by whom.
    """

    app_id: str
    remedy: str

    def __init__(self, app_id: str, *, size: int, limit: int) -> None:
        OSError.__init__(
            self,
            errno.EDQUOT,
            f"the folder of {app_id} is full: {size:,} bytes, at most {limit:,} are allowed",
        )
        self.app_id = app_id
        self.remedy = (
            "Remove files from app.sdk.folder(), or have an administrator allow more on the page"
            f" /admin/apps/{app_id}, under Use."
        )

    def __str__(self) -> str:
        return str(self.strerror)


class ReadOnlyFolder(CoreError, PermissionError):
    """An app writes among its own files. Versions are replaced as a whole, so that would be lost.

    Attributes:
        app_id: the app.
        remedy: what to use instead.
    """

    app_id: str
    remedy: str

    def __init__(self, app_id: str, path: str) -> None:
        self.remedy = (
            "Keep it in app.sdk.folder(): what is there stays over new versions and restarts."
        )
        OSError.__init__(
            self,
            errno.EROFS,
            f"{app_id} may not write {path}: the folder of its code is read-only. {self.remedy}",
        )
        self.app_id = app_id

    def __str__(self) -> str:
        return str(self.strerror)
