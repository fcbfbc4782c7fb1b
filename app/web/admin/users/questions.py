"""What is asked before something is done to somebody's account, and what it will do."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.accounts import Invitation, Membership, Role


@dataclass(frozen=True)
class Question:
    """A question before something is done.

    Attributes:
        title: what is asked.
        text: what will happen, in sentences.
        button: what confirms it.
        destructive: whether somebody loses something by it.
    """

    title: str
    text: str
    button: str
    destructive: bool = True


def role_question(
    member: Membership, organisation: str, role: str, *, given: bool
) -> Question | None:
    """Return what to ask before a role is given or taken; None when it may just be done."""
    name = member.user.name
    if given and role == Role.OPERATOR:
        return Question(
            f"Make {name} an operator?",
            "Operators look after the whole server: every app, every organisation and its users.",
            "Make an operator",
            destructive=False,
        )
    if not given and member.roles == {role}:
        return Question(
            f"Remove {name} from {organisation}?",
            f"{role.capitalize()} is the only role that {name} has in {organisation}. Without it, "
            f"{name} is no longer a member, and open pages of its apps close at once. The account "
            f"and everything done with it stay; only a new invitation lets {name} back in.",
            "Remove",
        )
    if not given and role in (Role.ADMIN, Role.OPERATOR):
        what = "the server" if role == Role.OPERATOR else organisation
        return Question(
            f"Remove the {role} role from {name}?",
            f"{name} can no longer look after {what}, from this moment; open admin pages close.",
            "Remove the role",
        )
    return None


def take_back_question(invitation: Invitation) -> Question:
    """Return what to ask before an invitation is taken back."""
    whom = invitation.email or "anybody with the link"
    return Question(
        f"Take back the invitation of {whom}?",
        f"The link that would make {whom} a member with the role {invitation.role} stops working "
        "at once. You can make another one.",
        "Take back",
    )


def sign_out_question(member: Membership, browsers: int) -> Question:
    """Return what to ask before somebody is signed out; `browsers` are those signed in now."""
    now = {0: "They are not signed in anywhere.", 1: "They are signed in on 1 browser."}
    return Question(
        f"Sign {member.user.name} out everywhere?",
        f"{now.get(browsers, f'They are signed in on {browsers} browsers.')} Open pages end at "
        "once; signing in again needs the password.",
        "Sign out",
    )


def switch_off_question(member: Membership, pages: int) -> Question:
    """Return what to ask before an account is switched off; `pages` are those open now."""
    now = {0: "They have no page open.", 1: "Their open page closes."}
    return Question(
        f"Switch off the account of {member.user.name}?",
        f"{member.user.name} is signed out everywhere and can no longer sign in; API tokens stop "
        f"working. {now.get(pages, f'Their {pages} open pages close.')} Roles and documents are "
        "kept, and come back when the account is switched on.",
        "Switch off",
    )
