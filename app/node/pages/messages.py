"""What the server tells the host in the browser: one closed union of messages, sent in order.

They travel as updates of a pseudo state named `CHANNEL` on Reflex's own socket, so that they keep
their order among the updates of real states.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

CHANNEL = "graft"


class ForOrigins(TypedDict):
    """What a document has to be like: the servers that its page loads from besides ours, which the
    document has to name, and those that it may name (None: whatever there is).
    """

    origins: list[str]
    granted: list[str] | None


class Show(ForOrigins):
    """Show a page of an app, or the same page in a newer version.

    `title` is None where the page sets it itself. `home` is the origin of the core's pages, where
    apps have one of their own.

    `storage` are the cookies and storage entries of all its vars; `ask` are those of them that the
    browser was not asked for yet: it sends the values that it has to the event `reply`. `owner` and
    `login` say whose page it is (`app.node.sessions.logins`).
    `problems` are for a developer, and `cause` says what they are: what is wrong with the newest
    source ("save"), with the app's settings, or values of the version before that are not as they
    were.
    `appearance` is "light" or "dark" if the app's theme says in which it begins.
    `preview` says which version it is, when it is not the one that everybody gets.
    """

    type: Literal["show"]
    app: str
    number: int
    url: str
    page: str
    path: str
    title: str | None
    name: str
    frame: bool
    module: str
    libraries: list[str]
    stylesheets: list[str]
    appearance: str | None
    states: dict[str, dict[str, Any]]
    storage: dict[str, dict[str, Any]]
    ask: dict[str, dict[str, Any]]
    reply: str
    owner: str
    login: str
    problems: list[dict[str, Any]]
    cause: Literal["save", "settings", "values"]
    preview: NotRequired[Previewed]
    home: NotRequired[str]


class Previewed(TypedDict):
    """A version that only some people get; the event `leave` leads back to the others, "" when
    there is nothing to go back to.
    """

    version: str
    number: int
    leave: str


class AskStorage(ForOrigins):
    """Send the values of these cookies and storage entries, in a document that is one for these
    origins; the page follows.
    """

    type: Literal["storage"]
    app: str
    url: str
    reply: str
    storage: dict[str, dict[str, Any]]


class Coming(TypedDict):
    """Fetch this module and these libraries: the version that has them is about to be shown."""

    type: Literal["coming"]
    app: str
    module: str
    libraries: list[str]


class Leave(TypedDict):
    """Load this address as a document of its own (a static app)."""

    type: Literal["leave"]
    href: str


class Notice(TypedDict):
    """Show a message in place of a page: not found, not available, cannot be loaded."""

    type: Literal["notice"]
    kind: Literal["not-found", "no-page", "disabled", "failed"]
    title: str
    text: str
    problems: list[dict[str, Any]]
    path: str
    home: NotRequired[str]


class Problems(TypedDict):
    """Show these problems over the page that goes on working; an empty list takes them away."""

    type: Literal["problems"]
    app: str
    cause: Literal["save", "settings", "event"]
    problems: list[dict[str, Any]]


Message = Show | AskStorage | Coming | Leave | Notice | Problems


def as_delta(message: Message) -> dict[str, Mapping[str, Any]]:
    """Return the update that carries a message."""
    return {CHANNEL: {"message": message}}
