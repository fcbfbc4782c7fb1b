"""Who is what in an organisation: roles given and taken, and the rules of that."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlmodel import Session

from app.core import audit
from app.core.accounts import store
from app.core.accounts.announce import announce
from app.core.accounts.authority import require_role
from app.core.accounts.model import checked_role
from app.core.accounts.reach import has_operator, require_operator
from app.core.context import Core
from app.kernel.actor import Actor, refuse_apps
from app.kernel.contexts.accounts import Role
from app.kernel.errors import Forbidden, NotFound

Held = frozenset[str]
LETS_IN = frozenset({Role.ADMIN, Role.OPERATOR})


async def set_roles(
    core: Core, by: Actor | None, organisation_id: str, user_id: str, roles: Collection[str]
) -> None:
    """Say which roles a user has in an organisation: all of it at once, or nothing. Whoever has
    none is no member any more.

    Args:
        core: where it is kept.
        by: the admin, who reaches members only; None is whoever runs commands on the server.
        organisation_id: the organisation.
        user_id: the user.
        roles: what they are from now on.

    Raises:
        NotFound: there is no such organisation, user or, for `by`, member.
        Invalid: there is no such role, or nobody could operate the server any more.
        Forbidden: only operators make and unmake operators; nobody takes from themselves what lets
            them look after others; `by` may not, or a client app asks.
    """
    wanted = frozenset(checked_role(role) for role in roles)
    await _change(core, by, organisation_id, user_id, lambda held: wanted)


async def grant(
    core: Core, organisation_id: str, user_id: str, role: str, by: Actor | None = None
) -> None:
    """Give a user a role in an organisation; giving it again changes nothing.

    Raises:
        NotFound, Invalid, Forbidden: as `set_roles`.
    """
    more = checked_role(role)
    await _change(core, by, organisation_id, user_id, lambda held: held | {more})


async def revoke(
    core: Core, organisation_id: str, user_id: str, role: str, by: Actor | None = None
) -> None:
    """Take a role from a user; taking one that is not there changes nothing.

    Raises:
        NotFound, Invalid, Forbidden: as `set_roles`.
    """
    less = checked_role(role)
    await _change(core, by, organisation_id, user_id, lambda held: held - {less})


async def _change(
    core: Core,
    by: Actor | None,
    organisation_id: str,
    user_id: str,
    choose: Callable[[Held], Held],
) -> None:
    """Let a user be what `choose` makes of what they are, and tell the nodes: their open pages must
    know.
    """
    refuse_apps("change roles")
    stamp = audit.stamp(core)

    def work(session: Session) -> bool:
        operated = has_operator(session)
        held = store.roles_of(session, organisation_id, user_id)
        wanted = choose(held)
        if by is not None:
            _require(by, organisation_id, user_id, held, wanted)
        for role in sorted(wanted - held):
            store.grant(session, organisation_id, user_id, Role(role), stamp.at)
        for role in sorted(held - wanted):
            store.revoke(session, organisation_id, user_id, Role(role))
        if operated:
            require_operator(session)
        for action, roles in (("grant", wanted - held), ("revoke", held - wanted)):
            for role in sorted(roles):
                detail = {"role": str(role), "organisation": organisation_id}
                audit.append(session, stamp, f"role.{action}", user_id, detail)
        return wanted != held

    async def both() -> None:
        if await core.database.write(work):
            await announce(core, users=[user_id])

    await core.finish(both())


def _require(by: Actor, organisation_id: str, user_id: str, held: Held, wanted: Held) -> None:
    """Refuse a change of roles that `by` may not make."""
    require_role(by, Role.ADMIN, organisation_id)
    if not held:
        raise NotFound("there is no such member of the organisation")
    if Role.OPERATOR in held ^ wanted and Role.OPERATOR not in by.roles:
        raise Forbidden("only an operator can make somebody an operator")
    if user_id == by.user.id and LETS_IN & (held - wanted):
        raise Forbidden("you cannot take this from yourself: another administrator can")
