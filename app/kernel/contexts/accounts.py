"""Who is in an organisation; see `app.core.accounts`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.kernel.actor import User
from app.kernel.contexts.exposing import exposed


class Role(StrEnum):
    """What somebody is in an organisation. Roles do not include each other."""

    MEMBER = "member"
    DEVELOPER = "developer"
    ADMIN = "admin"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Membership:
    """A user with all their roles in one organisation, and whether their account is off."""

    user: User
    roles: frozenset[str]
    disabled: bool = False


@exposed()
async def members() -> list[Membership]:
    """Return everybody in the actor's organisation, by name."""
    raise NotImplementedError
