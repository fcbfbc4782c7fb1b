"""What `/admin/users` shows and does: the members of an organisation, their roles and accounts."""

import reflex as rx

from app.core.accounts import Role
from app.kernel.errors import ConfirmationNeeded, CoreError, sentence
from app.node.engine import running_host
from app.platform.people import People
from app.platform.permissions import Action, Requester, may
from app.web.admin.page_state import PageState, entering, reporting_refusals
from app.web.admin.users.questions import (
    Question,
    role_question,
    sign_out_question,
    switch_off_question,
    take_back_question,
)
from app.web.admin.users.users_rows import (
    InvitationRow,
    MemberRow,
    OrganisationRow,
    invitation_row,
    matches,
    member_row,
)
from app.web.administration import administration, requester

SHOWN = 50  # members at a time
FOUND = 8  # organisations that a search shows
ROLES = tuple(role.value for role in Role)


class UsersState(PageState, rx.State):
    """The members. Empty in sessions that did not open the page."""

    organisation: str = ""
    others: list[OrganisationRow] = []
    members: list[MemberRow] = []
    invitations: list[InvitationRow] = []
    total: int = 0
    matching: int = 0
    query: str = ""
    roles: list[str] = []  # those that the administrator may give
    invited: int = 0  # links that were made here
    link: str = ""
    link_for: str = ""  # "": an invitation; else whose password it is for
    operates: bool = False
    naming: bool = False  # whether the form for a new organisation is open
    _home: str = ""
    _elsewhere: str = ""
    _shown: int = SHOWN

    @rx.event
    @entering(Action.USERS)
    async def load(self, who: Requester):
        """Show the members. Also when a connection came back: what was searched, and a link that
        is shown only once, stay.
        """
        if not self._home or not may(who, Action.OPERATE):
            self._home = who.actor.organisation.id
        await self._show(who)

    @rx.event
    @reporting_refusals
    async def search(self, query: str):
        """Show the members that match."""
        self.query, self._shown = str(query)[:200], SHOWN
        await self._show(await requester(Action.USERS))

    @rx.event
    @reporting_refusals
    async def more(self):
        """Show more of the members that match."""
        self._shown += SHOWN
        await self._show(await requester(Action.USERS))

    @rx.event
    @reporting_refusals
    async def find_organisation(self, query: str):
        """Look for another organisation."""
        self._elsewhere = str(query)[:200]
        await self._show(await requester(Action.USERS))

    @rx.event
    @reporting_refusals
    async def choose_organisation(self, organisation_id: str):
        """Show the members of another organisation."""
        who = await requester(Action.USERS, str(organisation_id)[:60])
        home = str(organisation_id)
        await _people().members(who, home)  # refuses what is out of reach
        self.reset()
        self.place, self._home = "list", home
        await self._show(who)

    @rx.event
    @reporting_refusals
    async def create_organisation(self, form: dict[str, str]):
        """Make an organisation and show it, so that people can be invited into it."""
        who = await requester(Action.OPERATE)
        made = await _people().create_organisation(who, str(form.get("name", "")))
        self.reset()
        self.place, self._home = "list", made.id
        await self._show(who)
        return rx.toast.success(f"{made.name} has no members yet: invite the first ones.")

    @rx.event
    def set_naming(self, naming: bool):
        """Open or close the form for a new organisation."""
        self.naming = bool(naming)

    @rx.event
    @reporting_refusals
    async def toggle(self, user_id: str, role: str, given: bool):
        """Give somebody a role, or take it; what takes more than that from them asks first."""
        who = await requester(Action.USERS, str(user_id)[:60])
        member = await _people().member(who, str(user_id), self._home)
        question = role_question(member, self.organisation, str(role), given=bool(given))
        if question is not None:
            return (await self.get_state(QuestionState))._ask(
                question, "role", member.user.id, str(role), bool(given)
            )
        await self._set_role(who, member.user.id, str(role), bool(given))
        return None

    @rx.event
    @reporting_refusals
    async def switch_off(self, user_id: str):
        """Ask whether an account is to be switched off."""
        who = await requester(Action.USERS, str(user_id)[:60])
        member = await _people().member(who, str(user_id), self._home)
        pages = sum(
            session.connected and session.actor.user.id == member.user.id
            for session in running_host().sessions
        )
        question = switch_off_question(member, pages)
        (await self.get_state(QuestionState))._ask(question, "off", member.user.id)

    @rx.event
    @reporting_refusals
    async def sign_out(self, user_id: str):
        """Ask whether somebody is to be signed out."""
        who = await requester(Action.USERS, str(user_id)[:60])
        member = await _people().member(who, str(user_id), self._home)
        found = await administration().platform.sessions.all(who, member.user.id)
        question = sign_out_question(member, len(found))
        (await self.get_state(QuestionState))._ask(question, "sign-out", member.user.id)

    @rx.event
    @reporting_refusals
    async def switch_on(self, user_id: str):
        """Switch an account on again."""
        who = await requester(Action.USERS, str(user_id)[:60])
        await _people().enable(who, str(user_id))
        await self._show(who)
        return rx.toast.success("The account is on again.")

    @rx.event
    @reporting_refusals
    async def password_link(self, user_id: str):
        """Create a link with which somebody chooses a new password."""
        who = await requester(Action.USERS, str(user_id)[:60])
        member = await _people().member(who, str(user_id), self._home)
        made = await _people().password_link(who, member.user.id)
        self.link = f"{self.router.url.origin}/password/{made.secret}"
        self.link_for = member.user.name

    @rx.event
    @reporting_refusals
    async def invite(self, form: dict[str, str]):
        """Make an invitation."""
        who = await requester(Action.USERS)
        role, email = str(form.get("role", "")), str(form.get("email", "")).strip()
        made = await _people().invite(who, role, email, self._home)
        self.link, self.link_for = f"{self.router.url.origin}/invite/{made.secret}", ""
        self.invited += 1
        await self._show(who)

    @rx.event
    @reporting_refusals
    async def take_back(self, invitation_id: str):
        """Ask whether the link of an invitation is to work no more."""
        who = await requester(Action.USERS, str(invitation_id)[:60])
        for one in await _people().invitations(who, self._home):
            if one.id == invitation_id:
                question = take_back_question(one)
                return (await self.get_state(QuestionState))._ask(question, "invitation", one.id)
        # Accepted or taken back meanwhile.
        await self._show(who)
        return rx.toast.info("This invitation is no longer open.")

    @rx.event
    def copied(self):
        """The link was copied."""
        return [rx.set_clipboard(self.link), rx.toast.success("The link is copied.")]

    @rx.event
    def forget_link(self):
        """Put the link away."""
        self.link = self.link_for = ""

    async def _set_role(self, who: Requester, user_id: str, role: str, given: bool) -> None:
        await _people().set_role(who, user_id, role, given=given, organisation_id=self._home)
        await self._show(who)

    async def _show(self, who: Requester) -> None:
        known = await _people().organisations(who)
        found = await _people().members(who, self._home)
        words = self.query.casefold().split()
        matching = [member for member in found if matches(member, words)]
        self.operates = may(who, Action.OPERATE)
        self.organisation = next(one.name for one in known if one.id == self._home)
        self.roles = [role for role in ROLES if self.operates or role != Role.OPERATOR]
        self.total, self.matching = len(found), len(matching)
        self.invitations = await _invitations(who, self._home)
        self.members = [member_row(member, who) for member in matching[: self._shown]]
        elsewhere = self._elsewhere.casefold().split()
        self.others = [
            OrganisationRow(id=one.id, name=one.name)
            for one in known
            if one.id != self._home and all(word in one.name.casefold() for word in elsewhere)
        ][:FOUND]


class QuestionState(rx.State):
    """The question that is asked before something is done to somebody."""

    is_open: bool = False
    title: str = ""
    text: str = ""
    button: str = ""
    destructive: bool = False
    _what: str = ""
    _about: tuple[str, str, bool] = ("", "", False)

    @rx.event
    @reporting_refusals
    async def confirm(self):
        """Do what was asked; a second click finds nothing to do."""
        try:
            answer = await self._do(self._what, *self._about)
        except ConfirmationNeeded:
            raise
        except CoreError as error:
            answer = rx.toast.error(sentence(str(error)))
        self.reset()
        return answer

    async def _do(self, what: str, user_id: str, role: str, given: bool):
        users = await self.get_state(UsersState)
        who = await requester(Action.USERS, user_id)
        if what == "role":
            await users._set_role(who, user_id, role, given)
        elif what == "off":
            await _people().disable(who, user_id)
            await users._show(who)
        elif what == "sign-out":
            ended = await administration().platform.sessions.end_all(who, user_id)
            return rx.toast.success(f"Signed out on {ended} browser{'s' * (ended != 1)}.")
        elif what == "invitation":
            await _people().revoke_invitation(who, user_id, users._home)
            await users._show(who)
            return rx.toast.success("The link no longer works.")
        return None

    @rx.event
    def close(self):
        """Do nothing."""
        self.reset()

    @rx.event
    def set_open(self, is_open: bool):
        """Escape was pressed."""
        if not is_open:
            self.reset()

    def _ask(
        self, question: Question, what: str, user_id: str, role: str = "", given: bool = False
    ) -> None:
        self.title, self.text, self.button = question.title, question.text, question.button
        self.destructive, self.is_open = question.destructive, True
        self._what, self._about = what, (user_id, role, given)


def _people() -> People:
    return administration().platform.people


async def _invitations(who: Requester, home: str) -> list[InvitationRow]:
    found = await _people().invitations(who, home)
    names = await _people().names(who, {one.created_by for one in found}, home)
    return [invitation_row(one, names) for one in found]
