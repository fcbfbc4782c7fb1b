"""`python -m app package <client>/<app>`: makes the file that a production server takes."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.new import CLIENT_APPS
from app.cli.refusal import FAILED, refuse
from app.packages.capability_use import undeclared
from app.packages.manifest import Manifest
from app.packages.origin_use import undeclared_origins
from app.packages.pack import left_out, make_manifest, package_name, write_package
from app.packages.signing import InvalidKey, SigningKey
from app.packages.trying.dry_run import DryRunFailed, dry_run
from app.rules.entry.validate import validate_entry, validate_imports
from app.source.app_source import AppSource, read_source
from app.source.metadata import read_metadata
from app.source.problems import AppError, Problem, errors_in, warnings_in

NOT_FOUND = 2


@dataclass(frozen=True)
class Packaged:
    """A package that was written; `warnings` do not keep it from being used."""

    file: Path
    manifest: Manifest
    key_id: str
    warnings: tuple[Problem, ...]

    def as_dict(self) -> dict[str, object]:
        """The package as JSON-able data."""
        return {
            "file": str(self.file),
            "bytes": self.file.stat().st_size,
            "signed_with": self.key_id or None,
            "manifest": self.manifest.model_dump(mode="json"),
            "warnings": [warning.as_dict() for warning in self.warnings],
        }


def package(
    app_id: Annotated[
        str, typer.Argument(metavar="CLIENT/APP", help="For example example/counter.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write into.")] = Path("."),
    key: Annotated[Path | None, typer.Option(help="Private key to sign with, see keygen.")] = None,
    apps: Annotated[Path, typer.Option(help="Folder of client apps.")] = CLIENT_APPS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a client app and write it as one file for a production server."""
    if app_id.count("/") != 1 or not (apps / app_id).is_dir():
        refuse(f"There is no app {app_id} in {apps}.", as_json=as_json, status=NOT_FOUND)
    try:
        made = write_app_package(apps / app_id, out, key)
    except AppError as error:
        _tell_problems(error.problems, as_json=as_json)
        raise typer.Exit(FAILED) from error
    except (InvalidKey, DryRunFailed) as error:
        refuse(f"{error}.", as_json=as_json)
    except OSError as error:
        refuse(f"{out} cannot be written: {error.strerror}.", as_json=as_json)
    if as_json:
        typer.echo(json.dumps(made.as_dict()))
    else:
        _tell(made)


def write_app_package(folder: Path, out: Path, key_file: Path | None = None) -> Packaged:
    """Check the app in `folder` (`…/<client>/<app>`) and write its package into the folder `out`.

    Raises AppError, InvalidKey, DryRunFailed or OSError; no file is written then.
    """
    key = SigningKey.read(key_file) if key_file is not None else None
    source = read_source(folder)
    warnings = _check(source)
    tried = asyncio.run(dry_run(folder.absolute()))
    if tried.problems:
        raise AppError(tried.problems)
    manifest = make_manifest(source, tried.facts)
    out.mkdir(parents=True, exist_ok=True)
    target = out / package_name(manifest)
    _write(source, manifest, key, target)
    return Packaged(target, manifest, key.public.id if key else "", (*warnings, *tried.warnings))


def _check(source: AppSource) -> tuple[Problem, ...]:
    """Say at once what needs no dry run to be seen; returns warnings or raises AppError."""
    metadata = read_metadata(source)
    entry = validate_entry(source, metadata, None, taken_urls={})
    problems = [*validate_imports(source), *entry]
    if metadata.capabilities is not None:
        for uses in undeclared(source, metadata.capabilities):
            problems += uses
    if metadata.origins is not None:
        problems += undeclared_origins(source, metadata.origins)
    if errors_in(problems):
        raise AppError(tuple(problems))
    return (*warnings_in(problems), *left_out(source))


def _write(source: AppSource, manifest: Manifest, key: SigningKey | None, target: Path) -> None:
    """Write beside the target and rename: there is never half a package under its name."""
    descriptor, name = tempfile.mkstemp(prefix=".package-", dir=target.parent)
    try:
        with open(descriptor, "wb") as stream:
            write_package(stream, source, manifest=manifest, key=key)
        Path(name).chmod(0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink()
        raise


def _tell(made: Packaged) -> None:
    size = made.file.stat().st_size
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[green]{escape(str(made.file))}[/]  {size:,} bytes")
    files = len(made.manifest.files)
    console.print(f"  {escape(made.manifest.name)} {made.manifest.version}, {files} files")
    console.print(f"  signed with {made.key_id}" if made.key_id else "  not signed (--key FILE)")
    for warning in made.warnings:
        console.print(f"[yellow]warning:[/] {escape(str(warning))}")


def _tell_problems(problems: tuple[Problem, ...], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"problems": [problem.as_dict() for problem in problems]}))
        return
    table = Table(expand=True)
    table.add_column("Where", no_wrap=True, overflow="fold")
    table.add_column("Problem", ratio=2)
    table.add_column("What to do", ratio=2)
    for problem in problems:
        where = escape(problem.place or "—")
        rule = f" [dim]({problem.rule})[/]" if problem.rule else ""
        table.add_row(where, escape(problem.message) + rule, escape(problem.remedy))
    Console(stderr=True, highlight=False).print(table)
