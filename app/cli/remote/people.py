"""What `user` and `token` do with --server: over the API, in place of the data folder."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.cli.remote.client import REFUSED, Server, part, when

_ID = re.compile(r"[0-9a-f]{32}")


def invite(
    url: str,
    as_json: bool,
    email: str,
    role: str,
    organisation: str | None,
    new_organisation: bool,
) -> None:
    """Create a link to join an organisation, which is created if need be."""
    with Server(url, as_json) as server:
        home = (
            organisation_id(server, organisation, create=new_organisation) if organisation else None
        )
        body = {"role": role, "email": email, **_home(home)}
        made = server.call("POST", "/users/invitations", json=body)
        link = f"{server.url}{made['link']}"
        text = f"Give this link to {email}; it works once, for 7 days:\n{link}"
        server.tell({**made, "link": link}, text)


def list_invitations(url: str, as_json: bool, organisation: str | None) -> None:
    """List the open invitations to an organisation."""
    with Server(url, as_json) as server:
        home = organisation_id(server, organisation) if organisation else None
        found = server.call("GET", "/users/invitations", params=_home(home))
        rows = [(one["id"], one["role"], one["email"], when(one["expires_at"])) for one in found]
        columns = ("id", "role", "address", "until (UTC)")
        server.table({"invitations": found}, columns, rows, "There are no open invitations.")


def revoke_invitation(url: str, as_json: bool, invitation: str, organisation: str | None) -> None:
    """Revoke an invitation."""
    with Server(url, as_json) as server:
        home = organisation_id(server, organisation) if organisation else None
        server.call("DELETE", f"/users/invitations/{part(invitation)}", params=_home(home))
        server.tell({"revoked": invitation}, "The invitation's link no longer works.")


def password_link(url: str, as_json: bool, email: str) -> None:
    """Create a link with which somebody chooses a new password."""
    with Server(url, as_json) as server:
        made = server.call("POST", f"/users/{user_id(server, email)}/password-link")
        link = f"{server.url}{made['link']}"
        text = f"Give this link to {email}; it works once, for 24 hours:\n{link}"
        server.tell({**made, "link": link}, text)


def list_users(url: str, as_json: bool, organisation: str | None) -> None:
    """List everybody in an organisation."""
    with Server(url, as_json) as server:
        home = organisation_id(server, organisation) if organisation else None
        found = server.call("GET", "/users", params=_home(home))
        rows = [
            (
                one["name"],
                one["email"],
                ", ".join(one["roles"]),
                "off" if one["disabled"] else "on",
                one["id"],
            )
            for one in found
        ]
        columns = ("name", "address", "roles", "account", "id")
        server.table({"users": found}, columns, rows, "There are no users yet.")


def list_organisations(url: str, as_json: bool) -> None:
    """List the organisations whose users you manage."""
    with Server(url, as_json) as server:
        found = server.call("GET", "/organisations")
        rows = [(one["id"], one["name"]) for one in found]
        server.table({"organisations": found}, ("id", "name"), rows, "There is none.")


def create_organisation(url: str, as_json: bool, name: str) -> None:
    """Create an organisation without any users."""
    with Server(url, as_json) as server:
        made = server.call("POST", "/organisations", json={"name": name})
        server.tell(made, f"The organisation {made['name']} has the id {made['id']}.")


def set_roles(
    url: str, as_json: bool, email: str, roles: Sequence[str], organisation: str | None
) -> None:
    """Give somebody exactly these roles."""
    with Server(url, as_json) as server:
        home = organisation_id(server, organisation) if organisation else None
        path = f"/users/{user_id(server, email, home)}/roles"
        member = server.call("PUT", path, params=_home(home), json={"roles": list(roles)})
        server.tell(member, f"{email} is now {', '.join(member['roles']) or 'no member'}.")


def switch(url: str, as_json: bool, email: str, on: bool) -> None:
    """Switch an account on or off."""
    with Server(url, as_json) as server:
        id = user_id(server, email)
        server.call("POST", f"/users/{id}/{'enable' if on else 'disable'}")
        server.tell({"id": id, "disabled": not on}, f"{email} is {'on' if on else 'off'}.")


def list_sessions(url: str, as_json: bool, email: str) -> None:
    """List where somebody is signed in."""
    with Server(url, as_json) as server:
        found = server.call("GET", "/sessions", params={"user": user_id(server, email)})
        rows = [(one["id"], one["browser"], one["address"], when(one["seen_at"])) for one in found]
        columns = ("id", "browser", "address", "last used (UTC)")
        server.table({"sessions": found}, columns, rows, f"{email} is not signed in anywhere.")


def sign_out(url: str, as_json: bool, email: str, session: str | None) -> None:
    """Sign somebody out in one browser, or everywhere."""
    with Server(url, as_json) as server:
        params = {"user": user_id(server, email)}
        if session is not None:
            server.call("DELETE", f"/sessions/{part(session)}", params=params)
        ended = 1 if session else server.call("DELETE", "/sessions", params=params)["ended"]
        server.tell({"ended": ended}, signed_out(email, ended))


def signed_out(email: str, ended: int) -> str:
    """Say in how many browsers somebody was signed out."""
    return f"{email} is signed out in {ended} browser{'' if ended == 1 else 's'}."


def list_tokens(url: str, as_json: bool, email: str) -> None:
    """List the tokens of a user."""
    with Server(url, as_json) as server:
        found = server.call("GET", "/tokens", params={"user": user_id(server, email)})
        rows = [
            (one["id"], one["name"], ", ".join(one["scopes"]), when(one["expires_at"]))
            for one in found
        ]
        columns = ("id", "name", "scopes", "until (UTC)")
        server.table({"tokens": found}, columns, rows, "There are no tokens.")


def revoke_token(url: str, as_json: bool, email: str, token_id: str) -> None:
    """Revoke a token of a user."""
    with Server(url, as_json) as server:
        params = {"user": user_id(server, email)}
        server.call("DELETE", f"/tokens/{part(token_id)}", params=params)
        server.tell({"revoked": token_id}, "The token is revoked.")


def organisation_id(server: Server, name: str, *, create: bool = False) -> str:
    """Return the id of an organisation that is given by name or id; with `create`, make it if it
    is not there.
    """
    if _ID.fullmatch(name):
        return name
    known = server.call("GET", "/organisations")
    found = [str(one["id"]) for one in known if one["name"] == name]
    if not found and create:
        made = server.call("POST", "/organisations", json={"name": name})
        return str(made["id"])
    if len(found) != 1:
        names = ", ".join(f"{one['name']} ({one['id']})" for one in known)
        server.fail(REFUSED, {"detail": f"Choose an organisation by name or id: {names}"})
    return found[0]


def user_id(server: Server, email: str, organisation: str | None = None) -> str:
    """Return the id of a member who is given by address or id."""
    if "@" not in email:
        return part(email)
    members = server.call("GET", "/users", params=_home(organisation))
    found = [str(one["id"]) for one in members if one["email"] == email.strip().lower()]
    if not found:
        server.fail(REFUSED, {"detail": f"No member has the address {email}."})
    return found[0]


def _home(organisation: str | None) -> dict[str, str]:
    return {} if organisation is None else {"organisation": organisation}
