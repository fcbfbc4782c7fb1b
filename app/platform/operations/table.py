"""All operations on an installed app, each with what everybody who offers it has to know."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from pydantic import Field, StrictBool

from app.kernel.capabilities import friendly, risk
from app.kernel.errors import Invalid
from app.kernel.origins import GRANTABLE, LONGEST, is_origin
from app.kernel.quotas import MOST_FOLDER_MB
from app.platform.operations.operation import (
    Command,
    InBody,
    Note,
    Number,
    Operation,
    Question,
    Revision,
    Route,
    Seen,
    Situation,
)
from app.platform.permissions import Action, Requester

Identifier = Annotated[str, Field(min_length=1, max_length=64)]
# An origin, such as "img https://tile.example.org", is granted like a capability.
Capability = Annotated[
    str, Field(pattern=rf"^[a-z][a-z0-9_:-]{{0,59}}$|{GRANTABLE}", max_length=LONGEST)
]
Chosen = dict[Identifier, list[Identifier] | None] | None

RevisionOption = Annotated[
    int | None,
    typer.Option(
        "--revision",
        metavar="N",
        min=0,
        help="Only if the app has not changed since: its revision in `show`.",
    ),
]
NoteOption = Annotated[str, typer.Option(help="Why, for the app's history.")]
_SEEN: Mapping[str, Any] = {"base_revision": RevisionOption}


def number_of(argument: str) -> int:
    """Return a version's number.

    Raises:
        Invalid: it is none.
    """
    if not argument.isascii() or not argument.isdigit() or len(argument) > 9:
        raise Invalid(f"{argument[:40]!r} is not the number of a version")
    return int(argument)


def _to(default: str) -> Any:
    help = f"Version (default: {default})."
    return Annotated[int | None, typer.Option("--to", metavar="N", help=help)]


def _promoting(situation: Situation) -> str:
    app, needs = situation.app, situation.more
    first = "The app appears for everybody who may see it."
    if app.current is not None:
        place = f"It replaces version {app.current}"
        first = f"{place} at once, in every open page; what people typed stays."
    off = " The app is switched off, so nobody gets it until you switch it on."
    set_first = f" {needs} Set them first, under Settings."
    also = f"{'' if app.enabled else off}{set_first if needs else ''}"
    return f"{first} {situation.who}{also}{situation.warning}"


class Promote(Operation, Seen):
    """Serve a version to everybody."""

    number: Annotated[Number, InBody]
    note: Note = ""

    name = "promote"
    needs = Action.ACTIVATE
    audited = ("app.promote",)
    decides = True
    api = Route("POST", "/promote", "Serve a version to everybody, in every open page, at once.")
    command = Command(
        "{id} serves version {current}.".format_map,
        {"number": _to("the newest"), "note": NoteOption, **_SEEN},
        defaults={"number": "newest"},
        text="Serve a version to everybody, in every open page.",
    )
    page = Question(
        "Promote version {argument} of {name}?",
        "Promote",
        "Version {argument} of {name} is served.",
        _promoting,
        lambda text: {"number": number_of(text)},
    )


class Rollback(Operation, Seen):
    """Serve an earlier version again; the one before by default."""

    to: Annotated[Number, InBody] | None = None
    note: Note = ""

    name = "rollback"
    needs = Action.ACTIVATE
    audited = ("app.rollback",)
    decides = True
    api = Route("POST", "/rollback", "Serve an earlier version again, exactly as it was.")
    command = Command(
        "{id} serves version {current}.".format_map,
        {"to": _to("the one served before"), "note": NoteOption, **_SEEN},
    )
    page = Question(
        "Roll {name} back to version {argument}?",
        "Roll back",
        "Version {argument} of {name} is served again.",
        lambda situation: (
            "Exactly these files, as they were uploaded, replace version"
            f" {situation.app.current} at once, in every open page. {situation.who}"
            f"{situation.warning}"
        ),
        lambda text: {"to": number_of(text)},
        destructive=True,
    )


class Enable(Operation, Seen):
    """Switch an app on."""

    name = "enable"
    needs = Action.ACTIVATE
    audited = ("app.enable",)
    decides = True
    api = Route("POST", "/enable", "Switch an app on.")
    command = Command("{id} is on.".format_map, _SEEN)
    page = Question("Switch {name} on?", "Switch on", "{name} is on.", asks=False)


class Disable(Operation, Seen):
    """Switch an app off, everywhere and at once; its state is kept."""

    name = "disable"
    needs = Action.ACTIVATE
    audited = ("app.disable",)
    api = Route("POST", "/disable", "Switch an app off, everywhere and at once.")
    command = Command(
        "{id} is off.".format_map,
        _SEEN,
        text="Switch an app off, everywhere and at once; what people did in it is kept.",
    )
    page = Question(
        "Switch {name} off?",
        "Switch off",
        "{name} is off.",
        lambda situation: (
            "Open pages say that the app is switched off; whatever runs in it stops, and it cannot"
            " be used until it is switched on again. Its state is kept."
            f" {situation.who}"
        ),
        destructive=True,
    )


class Delete(Operation, Seen):
    """Delete an app. The command asks, and says how many people have it open."""

    base_revision: Revision | None = None

    name = "delete"
    needs = Action.ACTIVATE
    audited = ("app.delete",)
    api = Route("DELETE", "", "Delete an app. It can be brought back for 30 days.")
    page = Question(
        "Delete {name}?",
        "Delete",
        "{name} is deleted. It can be brought back for 30 days.",
        lambda situation: (
            "Open pages say that the app is gone, and it disappears for everybody. For 30 days"
            " it can be brought back with all its versions. Its documents stay."
            f" {situation.who}"
        ),
        destructive=True,
    )


class Undelete(Operation, Seen):
    """Bring a deleted app back."""

    name = "undelete"
    needs = Action.ACTIVATE
    audited = ("app.undelete",)
    decides = True
    api = Route("POST", "/undelete", "Bring a deleted app back.")
    command = Command("{id} is back.".format_map, _SEEN)
    page = Question("Bring {name} back?", "Bring back", "{name} is back.", asks=False)


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


class LoadAtBoot(Operation, Seen):
    """Whether nodes load the app when they start."""

    load_at_boot: StrictBool

    name = "load_at_boot"
    needs = Action.CONFIGURE
    audited = ("app.loading",)
    api = Route(
        "PUT",
        "/load-at-boot",
        "Set whether nodes load an app when they start, or when it is first opened.",
    )
    command = Command(
        lambda app: (
            f"Nodes load {app['id']}"
            f" {'when they start' if app['load_at_boot'] else 'at its first opening'}."
        ),
        {
            "load_at_boot": Annotated[
                bool, typer.Option("--on/--off", help="At startup, or when first opened.")
            ]
        },
    )


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
            **_SEEN,
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


class EndPreview(Operation):
    """End a preview: its people get the version that everybody has."""

    preview_id: Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$")]

    name = "end_preview"
    needs = Action.PREVIEW
    audited = ("app.end_preview",)
    api = Route("DELETE", "/previews/{preview_id}", "End a preview.")
    page = Question(
        "End the preview?",
        "End",
        "The preview of {name} has ended.",
        reads=lambda text: {"preview_id": text},
        asks=False,
    )


class ClearErrors(Operation):
    """Clear the list of an app's errors."""

    name = "clear_errors"
    needs = Action.ACTIVATE
    audited = ("app.clear_errors",)
    api = Route("DELETE", "/errors", "Clear the list of an app's errors.", status=204)
    page = Question(
        "Clear the errors of {name}?",
        "Clear",
        "The errors of {name} are cleared.",
        lambda situation: (
            "The list of errors on this node is emptied for everybody who looks after the app."
            " The log is kept."
        ),
        destructive=True,
    )


OPERATIONS: Mapping[str, type[Operation]] = {
    operation.name: operation
    for operation in (
        *(Promote, Rollback, Enable, Disable, Delete, Undelete),
        *(Grants, Grant, Revoke, Sharing, LoadAtBoot, FolderQuota, EndPreview, ClearErrors),
    )
}
