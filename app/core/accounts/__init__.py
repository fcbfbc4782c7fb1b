"""Organisations, users, and the roles that users have in organisations."""

from app.core.accounts.development import development_actor
from app.core.accounts.model import Membership, Role
from app.core.accounts.service import (
    actor_of,
    create_organisation,
    create_user,
    grant,
    members,
    organisations_of,
    revoke,
)
from app.core.actor import Organisation, User
from app.core.errors import Invalid, NotFound

__all__ = [
    "Invalid",
    "Membership",
    "NotFound",
    "Organisation",
    "Role",
    "User",
    "actor_of",
    "create_organisation",
    "create_user",
    "development_actor",
    "grant",
    "members",
    "organisations_of",
    "revoke",
]
