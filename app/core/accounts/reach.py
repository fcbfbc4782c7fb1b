"""Whose account an admin may do something about, and that somebody always operates the server."""

from __future__ import annotations

from sqlmodel import Session, col, select

from app.core.accounts import store
from app.core.accounts.authority import require_role
from app.core.accounts.sign_in_tables import CredentialRow
from app.core.accounts.tables import MembershipRow, UserRow
from app.kernel.actor import Actor, Forbidden, User
from app.kernel.contexts.accounts import Role
from app.kernel.errors import Invalid, NotFound


def user_in_reach(session: Session, by: Actor | None, user_id: str) -> User:
    """Return a user whose account `by` may do something about.

    An account is one for all organisations that a person is in. So an admin reaches only people of
    their own organisation who are in no other, and who are not operators; an operator, and whoever
    runs commands on the server (None), reaches everybody.

    Raises:
        NotFound: there is no such user.
        Forbidden: `by` may not.
    """
    user = store.user_by_id(session, user_id)
    if user is None:
        raise NotFound("there is no such user")
    if by is not None:
        _require_all_homes(session, by, user)
    return user


def has_operator(session: Session) -> bool:
    """Tell whether there is an operator who can sign in.

    Until the transaction ends nobody else takes that from any of them: two who switch each other
    off at once must not both succeed.
    """
    query = select(CredentialRow.user_id).where(
        CredentialRow.user_id == MembershipRow.user_id,
        CredentialRow.user_id == UserRow.id,
        MembershipRow.role == Role.OPERATOR.value,
        col(UserRow.disabled_at).is_(None),
    )
    ordered = query.order_by(CredentialRow.user_id, MembershipRow.organisation_id)
    return bool(session.exec(ordered.with_for_update()).all())


def require_operator(session: Session) -> None:
    """Refuse a change, in its transaction, after which nobody could operate the server.

    Raises:
        Invalid: there is no operator who can sign in.
    """
    if not has_operator(session):
        raise Invalid("the server needs an operator who can sign in: make somebody else one first")


def _require_all_homes(session: Session, by: Actor, user: User) -> None:
    require_role(by, Role.ADMIN)
    if Role.OPERATOR in by.roles:
        return
    homes = store.organisations_of(session, user.id)
    mine = bool(homes) and all(home.id == by.organisation.id for home in homes)
    if not mine or Role.OPERATOR in store.roles_of(session, by.organisation.id, user.id):
        raise Forbidden("only an operator may do that for this user")
