"""Operations that say what an app may do, who sees it, and how much it may keep."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from pydantic import Field

from app.kernel.capabilities import friendly, risk
from app.kernel.origins import GRANTABLE, LONGEST, is_origin
from app.kernel.quotas import MOST_FOLDER_MB
from app.platform.operations.fields import SEEN, Identifier, number_of
from app.platform.operations.operation import (
    Command,
    InBody,
    Operation,
    Question,
    Route,
    Seen,
    Situation,
)
from app.platform.permissions import Action, Requester

# An origin, such as "img https://tile.example.org", is granted like a capability.
Capability = Annotated[
    str, Field(pattern=rf"^[a-z][a-z0-9_:-]{{0,59}}$|{GRANTABLE}", max_length=LONGEST)
]
Chosen = dict[Identifier, list[Identifier] | None] | None


def _granting(situation: Situation) -> str:
    asked = situation.argument
    first = f"Every version that asks for it may then {friendly(asked)}."
    last = "A version that waited only for this can be promoted."
    return " ".join(filter(None, (first, risk(asked), last)))


def _revoking(situation: Situation) -> str:
    asked = situation.argument
    first = f"From that moment, the app may no longer {friendly(asked)}."
    then = "Whatever needs this fails with a message."
    if is_origin(asked):
        then = "Pages that are open ask for a reload, and go on with it until somebody does it."
    return f"{first} {then} {situation.who}"


class Grants(Operation, Seen):
    """Which capabilities and origins the app has from now on."""

    capabilities: list[Capability] = Field(max_length=100)

    name = "grants"
    needs = Action.CONFIGURE
    audited = ("app.grant", "app.revoke")
    api = Route("PUT", "/grants", "Set which capabilities and origins an app has.")


class Grant(Operation, Seen):
    """Which capabilities the app has from now on, too."""

    capabilities: Sequence[str]

    name = "grant"
    needs = Action.CONFIGURE
    audited = ("app.grant",)
    page = Question(
        "Grant {argument} to {name}?",
        "Grant",
        "{name} has {argument}.",
        _granting,
        lambda text: {"capabilities": [text]},
    )


class Revoke(Operation, Seen):
    """Which capabilities the app has no more."""

    capabilities: Sequence[str]

    name = "revoke"
    needs = Action.CONFIGURE
    audited = ("app.revoke",)
    page = Question(
        "Take {argument} from {name}?",
        "Take away",
        "{name} no longer has {argument}.",
        _revoking,
        lambda text: {"capabilities": [text]},
        destructive=True,
    )


class Sharing(Operation, Seen):
    """Who sees the app: everybody, or organisations, each with all of its users or some."""

    organisations: Chosen

    name = "visibility"
    needs = Action.CONFIGURE
    audited = ("app.visibility",)
    api = Route("PUT", "/visibility", "Set who can see an app.")
    page = Question(
        "Change who can see {name}?",
        "Change",
        "Changed who can see {name}.",
        lambda situation: situation.more,
        lambda text: {"organisations": json.loads(text)},
        destructive=True,
    )

    def also_needs(self, who: Requester) -> Action | None:
        """Whoever may not share can only choose among own users."""
        home = who.actor.organisation.id
        alone = self.organisations is not None and set(self.organisations) == {home}
        return None if alone else Action.SHARE


def _megabytes(text: str) -> Mapping[str, Any]:
    return {"megabytes": number_of(text) if text.strip() else None}


def _new_quota(situation: Situation) -> str:
    text = situation.argument.strip()
    each = "what any app may keep on this server" if not text else f"{text} MB"
    return (
        f"Each of its folders, one for each organisation, may then hold {each}. What is there"
        " stays; where it is more already, the app cannot write until something is removed."
    )


class FolderQuota(Operation, Seen):
    """How much the app may keep in each of its folders."""

    megabytes: Annotated[Annotated[int, Field(ge=1, le=MOST_FOLDER_MB)], InBody] | None = None

    name = "folder_quota"
    needs = Action.CONFIGURE
    audited = ("app.folder_quota",)
    api = Route(
        "PUT",
        "/folder-quota",
        "Say how much an app may keep in each of its folders: megabytes, or null for as much as any"
        " app.",
    )
    command = Command(
        lambda app: (
            f"{app['id']} may keep"
            f" {'as much as any app' if app['folder_mb'] is None else _mb(app['folder_mb'])}"
            " in each of its folders."
        ),
        {
            "megabytes": Annotated[
                int | None,
                typer.Option(
                    "--mb", metavar="N", min=1, max=MOST_FOLDER_MB, help="Without it: as any app."
                ),
            ],
            **SEEN,
        },
        text="Say how much an app may keep in each of its folders.",
    )
    page = Question(
        "Change how much {name} may keep?",
        "Change",
        "Changed how much {name} may keep.",
        _new_quota,
        _megabytes,
    )


def _mb(megabytes: int) -> str:
    return f"{megabytes:,} MB"
