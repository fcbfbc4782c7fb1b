"""What an installed app, its versions and their history are; knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

# Where every change of an app is told: {"app", "change", "action"}.
TOPIC = "graft/apps"


class State(StrEnum):
    """What can be done with a version: ready ones can be activated.

    A waiting one asks for more than the app was granted when it came; a failed one did not load.
    """

    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"


class Action(StrEnum):
    """What can happen to an app."""

    UPLOAD = "upload"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    FALLBACK = "fallback"  # the current version failed, and an earlier one took its place
    ENABLE = "enable"
    DISABLE = "disable"
    DELETE = "delete"
    UNDELETE = "undelete"
    FAIL = "fail"
    CLEAR = "clear"
    GRANT = "grant"
    REVOKE = "revoke"
    VISIBILITY = "visibility"
    LOADING = "loading"
    FOLDER_QUOTA = "folder_quota"
    SETTINGS = "settings"
    PREVIEW = "preview"
    END_PREVIEW = "end_preview"
    PURGE = "purge"


@dataclass(frozen=True, slots=True)
class Visibility:
    """Who may see an app.

    `organisations` is None when everybody may. Otherwise it maps the id of each organisation that
    may to the ids of its users who may, or to None when all of them may.
    """

    organisations: Mapping[str, frozenset[str] | None] | None = None

    @classmethod
    def of(cls, lists: Mapping[str, Iterable[str] | None] | None) -> Visibility:
        """Return it from what JSON can carry; see `lists`."""
        if lists is None:
            return EVERYBODY
        return cls({key: None if u is None else frozenset(u) for key, u in lists.items()})

    @property
    def lists(self) -> dict[str, list[str] | None] | None:
        """The same as JSON can carry it, users in order."""
        if self.organisations is None:
            return None
        return {key: None if u is None else sorted(u) for key, u in self.organisations.items()}

    def admits(self, organisation_id: str, user_id: str) -> bool:
        """Whether a user, acting for an organisation, may see the app."""
        if self.organisations is None:
            return True
        if organisation_id not in self.organisations:
            return False
        users = self.organisations[organisation_id]
        return users is None or user_id in users


EVERYBODY = Visibility()
NOBODY = Visibility({})


@dataclass(frozen=True, slots=True)
class App:
    """An installed app as it is now.

    Attributes:
        id: `<client>/<app>`.
        current: number of the version that is served; None while none ever was.
        newest: number of the last version that was uploaded.
        enabled: whether it is served at all.
        deleted_at: set while it can still be brought back.
        load_at_boot: whether nodes load it when they start, and not at its first opening.
        granted: capabilities, and origins (`app.kernel.origins`).
        folder_mb: how much it may keep in each of its folders; None: as much as any app.
        settings_revision: grows whenever its settings change.
        revision: grows by 1 with every change of this app; names what an admin has seen.
        change: number of its last change among those of all apps, see `changed_since`.
    """

    id: str
    name: str
    url: str
    description: str
    icon: str
    kind: str
    created_at: datetime
    enabled: bool
    current: int | None
    newest: int
    load_at_boot: bool
    deleted_at: datetime | None
    settings_revision: int
    revision: int
    change: int
    visible_to: Visibility
    granted: frozenset[str]
    folder_mb: int | None = None

    @property
    def served(self) -> bool:
        """Whether people who may see it can open it."""
        return self.enabled and self.deleted_at is None and self.current is not None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an app; all but `state` and `problems` never changes.

    Attributes:
        number: 1, 2, 3 … per app, without gaps.
        version: what its author calls it.
        capabilities: what it asks for, origins (`app.kernel.origins`) among it.
        package_digest: SHA-256 of the package, its name in the code store.
        identity: see `NewVersion`; no two versions of an app have the same.
        source_digest: `AppSource.digest` of the files.
        module_digest: digest of what the dry run compiled; "" for a static app.
        signature: verdict on the package's signature, such as "trusted" or "unsigned".
        signer: name or id of the key that signed it, else "".
        problems: why it failed, as JSON objects.
    """

    app_id: str
    number: int
    version: str
    name: str
    url: str
    description: str
    icon: str
    kind: str
    capabilities: tuple[str, ...]
    package_digest: str
    identity: str
    source_digest: str
    module_digest: str
    signature: str
    signer: str
    uploaded_by: str
    uploaded_by_name: str
    uploaded_at: datetime
    note: str
    state: State
    problems: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What is known of a package that passed the checks.

    Attributes:
        manifest: the manifest, as a JSON object: "id", "kind", "name", "version", "url",
            "description", "icon", "capabilities" and "source" are read, all of it is kept.
        module_digest: see `Version`; so are the next three.
        package_digest: SHA-256 that the package must have, if known.
        identity: digest that packages share which are the same to people, such as the same files
            with another signature; by default that of the package.
        problems: reasons why it cannot be activated although it is kept, as JSON objects.
    """

    manifest: Mapping[str, Any]
    module_digest: str = ""
    signature: str = "unsigned"
    signer: str = ""
    note: str = ""
    package_digest: str | None = None
    identity: str = ""
    problems: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a version was compiled to, for one build of the front end; see `add_bundle`."""

    build: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Added:
    """The version that a package is, and whether it is new; the same package is one version."""

    app: App
    version: Version
    new: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One change of an app, which made `revision`. `number` is the version it is about, if any."""

    app_id: str
    revision: int
    action: Action
    number: int | None
    at: datetime
    by: str
    by_name: str
    note: str

    def __str__(self) -> str:
        which = "" if self.number is None else f" {self.number}"
        what = self.action.value.replace("_", " ")
        about = f" ({self.note})" if self.note else ""
        return f"{what}{which}{about} by {self.by_name}"


@dataclass(frozen=True, slots=True)
class Changes:
    """Apps that changed, deleted ones included, and the number up to which nothing is missing."""

    number: int
    apps: tuple[App, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A version that some get before the others: the users named, and anybody with the link."""

    id: str
    app_id: str
    number: int
    users: frozenset[str]
    started_by: str
    started_by_name: str
    started_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StartedPreview:
    """A new preview and the token of its link, which can never be read again."""

    preview: Preview
    token: str = field(repr=False)
