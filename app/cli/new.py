"""`python -m app new <client>/<app>`: writes a client app that works and its passing test."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from app.cli.refusal import refuse
from app.source.app_source import name_problems
from app.source.metadata import default_url

CLIENT_APPS = Path(__file__).parents[2] / "client_apps"
TEMPLATES = Path(__file__).parent / "templates" / "app"

# Template -> place in the new app.
_FILES: Mapping[str, str] = {
    "entry.py.template": "entry.py",
    "pyproject.toml.template": "pyproject.toml",
    "style.css.template": "assets/style.css",
    "test.py.template": "tests/test_${name}.py",
}


class CannotCreate(Exception):
    """The app cannot be written; the text says why and what to do."""


def new(
    app_id: Annotated[
        str, typer.Argument(metavar="CLIENT/APP", help="For example example/counter.")
    ],
    apps: Annotated[Path, typer.Option(help="Folder of client apps.")] = CLIENT_APPS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Create a client app that works, with tests that pass."""
    try:
        files = write_app(app_id, apps)
    except CannotCreate as error:
        refuse(str(error), as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"app": app_id, "files": [str(path) for path in files]}))
    else:
        _tell_next_steps(app_id, files, apps)


def write_app(app_id: str, apps: Path) -> tuple[Path, ...]:
    """Write the app `<client>/<app>` below the folder `apps`; returns the files.

    Raises CannotCreate when the name is not usable or the folder exists.
    """
    client, slash, name = app_id.partition("/")
    if not slash or "/" in name:
        raise CannotCreate(
            f'"{app_id}" is not an app id. Write the client, a slash and the app, for example '
            "example/counter."
        )
    problems = name_problems(app_id)
    if problems:
        raise CannotCreate(" ".join(f"{p.message}. {p.remedy}" for p in problems))
    folder = apps / client / name
    if folder.exists():
        raise CannotCreate(f"{folder} exists already. Choose another name or remove it.")
    values = {
        "id": app_id,
        "client": client,
        "name": name,
        "package": f"{client}.{name}",
        "title": f"{_words(client)} / {_words(name)}",
        "url": default_url(app_id),
    }
    return tuple(_write(folder, template, target, values) for template, target in _FILES.items())


def _write(folder: Path, template: str, target: str, values: Mapping[str, str]) -> Path:
    path = folder / Template(target).substitute(values)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    path.write_text(Template(text).substitute(values), encoding="utf-8")
    return path


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _tell_next_steps(app_id: str, files: tuple[Path, ...], apps: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[green]Created {app_id}[/]")
    for path in files:
        console.print(f"  {escape(_from_here(path))}")
    console.print("\nNext steps:")
    serve, option, test = _commands(files[0].parent, apps.resolve())
    console.print(
        f"  {escape(serve)} (unless it is running), then open /apps/{default_url(app_id)}"
    )
    console.print(f"  edit {escape(files[0].name)}: every save shows up in the open page")
    console.print(f"  python -m app check {app_id}{escape(option)}")
    console.print(f"  {escape(test)}")


def _commands(app: Path, apps: Path) -> tuple[str, str, str]:
    """Return the command that serves an app, the option that names its folder, and the command that
    tests it.
    """
    if apps == CLIENT_APPS:
        return "make run", "", f"python -m pytest {_from_here(app)}"
    option = f" --apps {shlex.quote(_from_here(apps))}"
    if apps.name != CLIENT_APPS.name:
        test = f"call the folder {CLIENT_APPS.name}, and its tests can import the app"
        return f"python -m app serve --dev{option}", option, test
    path = f"PYTHONPATH={shlex.quote(str(CLIENT_APPS.parent))}"
    folder = app.resolve().relative_to(apps.parent)
    test = (
        f"cd {shlex.quote(_from_here(apps.parent))} && {path} python -m pytest -o asyncio_mode=auto"
        f" {folder}"
    )
    return f"python -m app serve --dev{option}", option, test


def _from_here(path: Path) -> str:
    """A path as a person in the current folder would write it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
