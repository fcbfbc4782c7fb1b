"""Organisations, users, their roles, and how they prove who they are."""

from app.core.accounts.announce import TOPIC
from app.core.accounts.authority import Identity, Scope, require_role, require_scope, scopes_of
from app.core.accounts.disabling import disable_user, enable_user
from app.core.accounts.invitations import (
    Invitation,
    invite,
    open_invitations,
    revoke_invitation,
)
from app.core.accounts.joining import (
    Person,
    accept,
    add_person,
    new_set_up_link,
    set_up,
)
from app.core.accounts.model import MAX_NAME
from app.core.accounts.naming import ids_of, names_of
from app.core.accounts.resets import password_link, reset_password
from app.core.accounts.roles import grant, revoke, set_roles
from app.core.accounts.service import (
    actor_of,
    all_organisations,
    create_organisation,
    create_user,
    members_of,
    organisations_of,
    user_by_email,
    user_ids,
)
from app.core.accounts.signing_in.api_tokens import (
    ApiToken,
    NewApiToken,
    create_token,
    identity_of_token,
    revoke_token,
    tokens_of,
)
from app.core.accounts.signing_in.cleaning import bring_back, clean
from app.core.accounts.signing_in.confirming import LASTS, Confirmation, Confirmations
from app.core.accounts.signing_in.links import Kind, Link, LinkOver, NewLink, find_link
from app.core.accounts.signing_in.logins import (
    LONGEST,
    Client,
    Login,
    NewLogin,
    actors_of,
    choose_organisation,
    end_login,
    end_logins,
    identity_of_login,
    identity_of_login_id,
    logins_of,
)
from app.core.accounts.signing_in.passwords import Passwords
from app.core.accounts.signing_in.sign_in import WrongPassword, change_password, sign_in
from app.core.accounts.signing_in.throttle import TooManyAttempts
from app.kernel.actor import Organisation, User
from app.kernel.contexts.accounts import Membership, Role, members
from app.kernel.errors import Invalid, NotFound

__all__ = [
    "LASTS",
    "LONGEST",
    "MAX_NAME",
    "TOPIC",
    "ApiToken",
    "Client",
    "Confirmation",
    "Confirmations",
    "Identity",
    "Invalid",
    "Invitation",
    "Kind",
    "Link",
    "LinkOver",
    "Login",
    "Membership",
    "NewApiToken",
    "NewLink",
    "NewLogin",
    "NotFound",
    "Organisation",
    "Passwords",
    "Person",
    "Role",
    "Scope",
    "TooManyAttempts",
    "User",
    "WrongPassword",
    "accept",
    "actor_of",
    "actors_of",
    "add_person",
    "all_organisations",
    "bring_back",
    "change_password",
    "choose_organisation",
    "clean",
    "create_organisation",
    "create_token",
    "create_user",
    "disable_user",
    "enable_user",
    "end_login",
    "end_logins",
    "find_link",
    "grant",
    "identity_of_login",
    "identity_of_login_id",
    "identity_of_token",
    "ids_of",
    "invite",
    "logins_of",
    "members",
    "members_of",
    "names_of",
    "new_set_up_link",
    "open_invitations",
    "organisations_of",
    "password_link",
    "require_role",
    "require_scope",
    "reset_password",
    "revoke",
    "revoke_invitation",
    "revoke_token",
    "scopes_of",
    "set_roles",
    "set_up",
    "sign_in",
    "tokens_of",
    "user_by_email",
    "user_ids",
]
