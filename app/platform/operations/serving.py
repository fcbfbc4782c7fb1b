"""Operations that say which version of an app is served."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from pydantic import Field

from app.platform.operations.fields import SEEN, NoteOption, number_of
from app.platform.operations.operation import (
    Command,
    InBody,
    Note,
    Number,
    Operation,
    Question,
    Route,
    Seen,
    Situation,
)
from app.platform.permissions import Action


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
        {"number": _to("the newest"), "note": NoteOption, **SEEN},
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
        {"to": _to("the one served before"), "note": NoteOption, **SEEN},
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
