"""`python -m app settings …`: what can be set for an app, what is set, and setting it.

A secret is never an argument: arguments stay in the shell's history, and everybody on the machine
can read them while a command runs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app.cli.remote.client import (
    WRONG,
    AppArgument,
    Server,
    on_server,
)
from app.platform.form import Field, NotReadable, fields_of, fitting, parse_json, text_of, value_of
from app.sdk.schema import SettingsSchema

NumberOption = Annotated[
    int | None,
    typer.Option(
        "--for", metavar="N", help="Version (default: the one being served, or else the newest)."
    ),
]


class _ShowsByDefault(TyperGroup):
    """`settings example/counter` is `settings show example/counter`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


settings = typer.Typer(
    name="settings",
    cls=_ShowsByDefault,
    no_args_is_help=True,
    help="Show the settings of an app, or change them.",
)


@settings.command()
@on_server
def show(
    server: Server,
    app_id: AppArgument,
    number: NumberOption = None,
) -> None:
    """Show the settings of an app and their values; of secrets, only whether they are set."""
    seen = _seen(server, app_id, number)
    server.table(
        seen,
        ("setting", "value", "what it is", "set by"),
        [_row(seen, field) for field in _fields(seen)]
        + [(name, _value(seen, name), "not used", _by(seen, name)) for name in seen["unused"]],
        f"Version {seen['number']} of {app_id} has no settings.",
    )
    if seen["missing"] and not server.as_json:
        server.console.print(f"Must be set: {', '.join(seen['missing'])}.", markup=False)


@settings.command("set")
@on_server
def set_(
    server: Server,
    app_id: AppArgument,
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE…", help="Write lists and other structures as JSON."),
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Ask for a secret, or read it from standard input (a line each); may be repeated.",
        ),
    ] = None,
    secret_file: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="Read a multi-line secret from a file."),
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Unset a setting so that its default applies."),
    ] = None,
    number: NumberOption = None,
) -> None:
    """Change some settings of an app; its open pages follow at once."""
    seen = _seen(server, app_id, number)
    fields = {field.name: field for field in _fields(seen)}
    given: dict[str, Any] = {}
    for one in values or ():
        name, text = _pair(server, one)
        if name in seen["secrets"]:
            server.fail(WRONG, {"detail": _NOT_AS_ARGUMENT.format(name)})
        given[name] = _read(server, fields.get(name), name, text)
    for one in secret_file or ():
        name, path = _pair(server, one)
        given[name] = _read(server, fields.get(name), name, _content(server, path))
    for name in secret or ():
        given[name] = _read(server, fields.get(name), name, _asked(server, name, secret or []))
    if not given and not unset:
        server.fail(WRONG, {"detail": "name a setting to set, or one to --unset"})
    body = {
        "values": given,
        "remove": unset or [],
        "number": seen["number"],
        # What somebody else sets meanwhile is not overwritten unseen.
        "base_revision": seen["revision"],
    }
    saved = server.call("PUT", f"/apps/{app_id}/settings", json=body)
    names = ", ".join([*given, *(f"{name} (unset)" for name in unset or ())])
    server.tell(saved, f"Saved for {app_id}: {names}.")


_NOT_AS_ARGUMENT = (
    "{0} is a secret: give it with --secret {0}, so that it does not stay in the shell's history"
)


def _seen(server: Server, app_id: str, number: int | None) -> Any:
    params = {} if number is None else {"number": number}
    return server.call("GET", f"/apps/{app_id}/settings", params=params)


def _fields(seen: Mapping[str, Any]) -> list[Field]:
    if seen["schema"] is None:
        return []
    return fields_of(SettingsSchema(seen["schema"], frozenset(seen["secrets"])))


def _row(seen: Mapping[str, Any], field: Field) -> tuple[str, str, str, str]:
    name = f"{field.name} *" if field.required else field.name
    about = " ".join(part for part in (field.description, field.hint) if part)
    return name, _value(seen, field.name, field), about, _by(seen, field.name)


def _value(seen: Mapping[str, Any], name: str, field: Field | None = None) -> str:
    if name in seen["lost"]:
        return "(its key is gone: set it again)"
    if name in seen["secrets"]:
        return "(set)" if seen["secrets"][name] else "(not set)"
    if name not in seen["values"]:
        return f"(default: {field.default})" if field is not None and field.default else "(not set)"
    value = seen["values"][name]
    if field is None:
        return text_of(Field(name, name), value)
    shown = fitting(field, value)
    labels = {choice.text: choice.label for choice in shown.choices}
    text = text_of(shown, value)
    return labels.get(text, text)


def _by(seen: Mapping[str, Any], name: str) -> str:
    touched = seen["set"].get(name)
    return f"{touched['by_name']}, {touched['at'][:10]}" if touched else ""


def _pair(server: Server, text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name.isidentifier():
        # The text is not shown: it may be a secret that slipped in here.
        server.fail(WRONG, {"detail": "write settings as NAME=VALUE"})
    return name, value


def _read(server: Server, field: Field | None, name: str, text: str) -> Any:
    """Return the value that a text means; the server says what it thinks of unknown names."""
    try:
        if field is None:
            return text
        if field.kind == "list" and text.lstrip().startswith("["):
            return parse_json(text)
        if field.kind == "choice":
            return value_of(field, _choice(field, text))
        if field.kind in ("integer", "number") and text == "null":
            return None
        return value_of(field, text)
    except NotReadable as error:
        choices = ", ".join(choice.text for choice in field.choices) if field else ""
        server.fail(WRONG, {"detail": f"{name} {error}{f': {choices}' if choices else ''}"})


def _choice(field: Field, text: str) -> str:
    """Return the JSON text of a choice that somebody wrote as it is, or as a label."""
    names = {choice.text.strip('"').casefold(): choice.text for choice in field.choices}
    labels = {choice.label.casefold(): choice.text for choice in field.choices}
    return {**labels, **names}.get(text.casefold(), text)


def _asked(server: Server, name: str, names: list[str]) -> str:
    """Return a secret: asked for at a terminal; from a pipe a line, or all of it for one alone."""
    if at_terminal():
        return str(typer.prompt(name, hide_input=True, err=True))
    text = sys.stdin.readline() if len(names) > 1 else sys.stdin.read()
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        server.fail(WRONG, {"detail": f"standard input has no value for {name}"})
    return text


def at_terminal() -> bool:
    """Tell whether somebody can be asked."""
    return sys.stdin.isatty()


def _content(server: Server, path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        server.fail(WRONG, {"detail": f"{path} cannot be read: {why}"})
