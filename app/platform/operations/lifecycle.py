"""Operations on an app as a whole: on, off, gone and back."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import StrictBool

from app.platform.operations.fields import SEEN
from app.platform.operations.operation import (
    Command,
    Operation,
    Question,
    Revision,
    Route,
    Seen,
)
from app.platform.permissions import Action


class Enable(Operation, Seen):
    """Switch an app on."""

    name = "enable"
    needs = Action.ACTIVATE
    audited = ("app.enable",)
    decides = True
    api = Route("POST", "/enable", "Switch an app on.")
    command = Command("{id} is on.".format_map, SEEN)
    page = Question("Switch {name} on?", "Switch on", "{name} is on.", asks=False)


class Disable(Operation, Seen):
    """Switch an app off, everywhere and at once; its state is kept."""

    name = "disable"
    needs = Action.ACTIVATE
    audited = ("app.disable",)
    api = Route("POST", "/disable", "Switch an app off, everywhere and at once.")
    command = Command(
        "{id} is off.".format_map,
        SEEN,
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
    command = Command("{id} is back.".format_map, SEEN)
    page = Question("Bring {name} back?", "Bring back", "{name} is back.", asks=False)


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
