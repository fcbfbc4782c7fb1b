"""What roles and scopes allow, and who somebody proved to be; knows no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.kernel.actor import Actor, Forbidden
from app.kernel.contexts.accounts import Role
from app.kernel.errors import Invalid


class Scope(StrEnum):
    """What a request may do over the HTTP API."""

    APPS_READ = "apps:read"
    APPS_DEPLOY = "apps:deploy"
    APPS_ADMIN = "apps:admin"
    USERS_ADMIN = "users:admin"
    AUDIT_READ = "audit:read"
    METRICS_READ = "metrics:read"


_OF_ROLE: dict[str, frozenset[Scope]] = {
    Role.MEMBER: frozenset({Scope.APPS_READ}),
    Role.DEVELOPER: frozenset({Scope.APPS_READ, Scope.APPS_DEPLOY}),
    # Metrics are of the whole server, and name the apps of every organisation.
    Role.ADMIN: frozenset(Scope) - {Scope.METRICS_READ},
    Role.OPERATOR: frozenset(Scope),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sends a request, and what the request may do.

    Attributes:
        actor: who it is, and for which organisation.
        scopes: what their roles allow; with an API token, only what the token was given, too.
        login: id of the login, if they came with a session cookie.
        token: id of the API token, if they came with one.
    """

    actor: Actor
    scopes: frozenset[str]
    login: str | None = None
    token: str | None = None


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """Return everything that somebody with these roles may do."""
    found: set[str] = set()
    for role in roles:
        found.update(_OF_ROLE.get(role, ()))
    return frozenset(found)


def checked_scopes(scopes: Iterable[str], roles: Iterable[str]) -> frozenset[str]:
    """Return `scopes` for a new token of somebody with `roles`.

    Raises:
        Invalid: there are none, one is unknown, or the roles do not allow one.
    """
    wanted = frozenset(scopes)
    unknown = sorted(wanted - frozenset(Scope))
    if unknown:
        raise Invalid(f"there is no scope {unknown[0][:60]!r}; there are {', '.join(Scope)}")
    beyond = sorted(wanted - scopes_of(roles))
    if beyond:
        raise Invalid(f"your roles do not allow {', '.join(beyond)}")
    if not wanted:
        raise Invalid("choose at least one scope")
    return wanted


def require_role(actor: Actor, role: str, organisation: str | None = None) -> None:
    """Refuse `actor` unless they have `role`; the operator of the server may do everything.

    `organisation` is the id of the one that is concerned, by default that of the actor.

    Raises:
        Forbidden: they have not, or only in another organisation.
    """
    if Role.OPERATOR in actor.roles:
        return
    here = organisation is None or organisation == actor.organisation.id
    if role not in actor.roles or not here:
        raise Forbidden(f"this needs the role {role}")


def require_scope(identity: Identity, scope: str) -> None:
    """Refuse a request that may not do `scope`.

    Raises:
        Forbidden: neither roles nor token allow it.
    """
    if scope not in identity.scopes:
        raise Forbidden(f"this needs the scope {scope}")
