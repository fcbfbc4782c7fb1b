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
            f"Take {name} out of {organisation}?",
            f"{role.capitalize()} is the last role that {name} has in {organisation}. Without it "
            f"{name} is no member any more, and open pages of its apps end at once. The account "
            "and what was done with it stay; only a new invitation brings it back in.",
            "Take out",
        )
    if not given and role in (Role.ADMIN, Role.OPERATOR):
        what = "the server" if role == Role.OPERATOR else organisation
        return Question(
            f"Is {name} to be {role} no more?",
            f"{name} cannot look after {what} any more, at once; open admin pages end.",
            "Take the role",
        )
    return None


def take_back_question(invitation: Invitation) -> Question:
    """Return what to ask before an invitation is taken back."""
    whom = invitation.email or "whoever has the link"
    return Question(
        f"Take back the invitation of {whom}?",
        f"The link with which {whom} would become {invitation.role} does not work any more, at "
        "once. You can make another.",
        "Take back",
    )


def sign_out_question(member: Membership, browsers: int) -> Question:
    """Return what to ask before somebody is signed out; `browsers` are those signed in now."""
    now = {0: "They are signed in nowhere now.", 1: "They are signed in in 1 browser now."}
    return Question(
        f"Sign {member.user.name} out everywhere?",
        f"{now.get(browsers, f'They are signed in in {browsers} browsers now.')} Open pages end at "
        "once; signing in again needs the password.",
        "Sign out",
    )


def switch_off_question(member: Membership, pages: int) -> Question:
    """Return what to ask before an account is switched off; `pages` are those open now."""
    now = {0: "No page of theirs is open now.", 1: "1 open page of theirs ends."}
    return Question(
        f"Switch off the account of {member.user.name}?",
        f"{member.user.name} is signed out everywhere and cannot sign in any more; API tokens stop "
        f"working. {now.get(pages, f'{pages} open pages of theirs end.')} Roles and documents stay "
        "and are there again when the account is switched on.",
        "Switch off",
    )
