"""What the frames between a server and a cell say, by kind. What comes out of a cell is checked: it
is data from a stranger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["ok", "error", "cancelled", "refused"]


class Message(BaseModel):
    """The JSON of a frame."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def text(self) -> bytes:
        """Return it as it is sent."""
        return self.model_dump_json(exclude_defaults=True).encode()


# To a cell


class Load(Message):
    """Load a version; the blob is the `Bundle` that compiling it yielded before, if there is one.

    Attributes:
        folder: the app's folder, `…/<client>/<app>`.
        number: deployment number.
        taken_urls: url -> app id of the other apps.
        grants: what the app may do; None: everything.
        settings: what is set for it.
        organisations, shared: folders in which the app keeps files, one for each organisation in
            the first; "" where it cannot keep any.
        confinement: what the cell may use from then on, see `Confinement`; None: whatever the
            process may.
    """

    folder: str
    number: int
    taken_urls: Mapping[str, str] = Field(default_factory=dict)
    grants: frozenset[str] | None = None
    settings: Mapping[str, Any] = Field(default_factory=dict)
    organisations: str = ""
    shared: str = ""
    confinement: Mapping[str, Any] | None = None


class Who(Message):
    """The user of a tab."""

    user: tuple[str, str, str]
    organisation: tuple[str, str]
    roles: frozenset[str] = frozenset()


class Open(Message):
    """Open the app in a tab, or show it again; the blob is the values that the tab has of it, when
    it comes from another cell or from a time when there was none.

    Attributes:
        tab: token of the tab's session.
        who: its user.
        router: Reflex's router data, with the url template of the page as its path.
        stored: values of the browser's storage, "<full state name>.<var>" -> text.
        all_states: whether the answer has all vars, also when nothing is new.
    """

    tab: str
    who: Who
    router: Mapping[str, Any] = Field(default_factory=dict)
    stored: Mapping[str, Any] | None = None
    all_states: bool = True


class Run(Message):
    """Run an event in a tab.

    Attributes:
        tab, name, payload: which, where, with which arguments.
        router: router data of the tab from now on; None when it is as it was.
        by_browser: whether a browser sent it.
    """

    tab: str
    name: str
    payload: Mapping[str, Any] = Field(default_factory=dict)
    router: Mapping[str, Any] | None = None
    by_browser: bool = False


class OfTab(Message):
    """Something that concerns a tab: park its values, forget it, compute its page anew, …"""

    tab: str


class Store(Message):
    """Values of the browser's storage for a tab that shows the app already."""

    tab: str
    values: Mapping[str, Any]


class Member(Message):
    """One open page in a presence topic."""

    session: str
    user_id: str
    user_name: str
    meta: Mapping[str, Any] = Field(default_factory=dict)


class Present(Message):
    """Who is in a presence topic of an organisation."""

    organisation: str
    topic: str
    members: tuple[Member, ...] = ()


class Upload(Message):
    """A request that brings files to an event of a tab.

    Attributes:
        tab: which; the request's headers name it and the event.
        headers: of the request.
        body: name of a stream.
    """

    tab: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


class Settings(Message):
    """Values that the app's settings model is asked about."""

    values: Mapping[str, Any]


class News(Message):
    """What is different from now on; None: as it was."""

    settings: Mapping[str, Any] | None = None
    grants: frozenset[str] | None = None
    outdated: bool | None = None
    present: tuple[Present, ...] = ()


class Want(Message):
    """The next chunk of a stream of the other end is wanted; the answer's blob is it, and nothing
    at its end. `end`: no more of it is wanted.
    """

    stream: str
    end: bool = False


class Answer(Message):
    """The answer to a call; see `Call`."""

    value: Any = None


class Refusal(Message):
    """Why a call is not answered: the name of an error that both sides know, and what it says."""

    error: str
    message: str = ""
    details: Mapping[str, Any] = Field(default_factory=dict)


# Out of a cell


class Described(Message):
    """A `Problem`, see `app.source.problems`."""

    app: str
    stage: str
    file: str
    line: int | None
    message: str
    remedy: str
    detail: str = ""
    rule: str = ""
    severity: str = "error"


class HandlerFacts(Message):
    """An event handler: what its author calls it, and how it runs."""

    title: str
    background: bool = False
    supersedes: bool = False


class PageFacts(Message):
    """A page of a version: its title, None where it is a var, and the events of its opening."""

    title: str | None = None
    on_load: tuple[tuple[str, Mapping[str, Any]], ...] = ()


class Facts(Message):
    """What a server needs to know of a version; the blob is its `Bundle`.

    Attributes:
        url, version: of the app.
        name, frame, capabilities, origins: as declared.
        handlers: by full name of the event.
        uploads: names of those that take files.
        open_events, open_vars: those that a browser may send; see `NamedEvents`.
        pages: url template -> page.
        storage: cookies, local and session storage.
        names: full name of a state -> its module and the name of its class.
    """

    url: str
    version: str
    name: str
    frame: bool = True
    capabilities: frozenset[str] = frozenset()
    origins: tuple[str, ...] = ()
    handlers: Mapping[str, HandlerFacts] = Field(default_factory=dict)
    uploads: frozenset[str] = frozenset()
    open_events: frozenset[str] = frozenset()
    open_vars: frozenset[tuple[str, str]] = frozenset()
    pages: Mapping[str, PageFacts] = Field(default_factory=dict)
    storage: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    asset_base: str = ""
    stylesheets: tuple[str, ...] = ()
    appearance: str | None = None
    on_settings: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    on_resume: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    rewrites: bool = False
    names: Mapping[str, tuple[str, str]] = Field(default_factory=dict)
    has_settings: bool = False
    milliseconds: Mapping[str, float] = Field(default_factory=dict)


class LostValue(Message):
    """A value that is not as it was; see `app.cell.values.carry.Lost`."""

    name: str
    why: str
    file: str = ""


class Opened(Message):
    """What came of `Open`; the blob is the JSON of all vars, if they were asked for or are new.

    Attributes:
        lost: what could not be carried over as it was.
        failed: what computed vars raised.
        values: bytes at the end of the blob that are the values as they are now; 0 where every
            var has its default.
    """

    values: int = 0
    lost: tuple[LostValue, ...] = ()
    failed: tuple[Described, ...] = ()


class UploadAnswer(Message):
    """What is answered to a request with files; `body` is the name of a stream."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


class WrongField(Message):
    """What is wrong with one setting; see `app.sdk.config.FieldProblem`."""

    field: str
    path: str
    message: str


class SettingsVerdict(Message):
    """What a settings model is like, and what it says to values."""

    schema_: Mapping[str, Any] | None = None
    secret: tuple[str, ...] = ()
    wrong: tuple[WrongField, ...] = ()


class Log(Message):
    """A line that code of the app logs."""

    level: Literal["debug", "info", "warning", "error", "critical"]
    event: str
    fields: Mapping[str, Any] = Field(default_factory=dict)


class Failed(Message):
    """Something that was asked for did not work."""

    problems: tuple[Described, ...] = ()
    why: str = ""


class NamedEvent(Message):
    """Events that were named in what a tab is sent; see `NamedEvents`."""

    events: frozenset[str] = frozenset()
    vars: frozenset[tuple[str, str]] = frozenset()


class Update(Message):
    """What a tab's browser is sent; the blob is the JSON of Reflex's update.

    Attributes:
        tab: which.
        named: events that are named in it.
        parts: components of vars that are in it: address -> text.
    """

    tab: str
    named: NamedEvent | None = None
    parts: Mapping[str, str] = Field(default_factory=dict)


class Began(Message):
    """An event of a tab begins to run."""

    tab: str
    name: str


class Ran(Message):
    """An event of a tab ended; `problem` when it failed."""

    tab: str
    name: str
    outcome: Outcome
    seconds: float
    background: bool = False
    problem: Described | None = None


class Call(Message):
    """Something that code of the app asks of the server, in the name of a tab's user.

    Attributes:
        tab: whose event asks; None while the app is loaded.
        name: of what is asked, such as "broadcast" or "app.core.documents.list".
        arguments: by name.
    """

    tab: str | None
    name: str
    arguments: Mapping[str, Any] = Field(default_factory=dict)
