"""`python -m app fsck`: is every version's package there, and what is there that nobody needs."""

from __future__ import annotations

import asyncio
import json
import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.refusal import FAILED, refuse
from app.core.beside import BesideServer
from app.core.fsck.check import fsck as check_core
from app.core.fsck.report import Finding, Report
from app.core.opening import open_core
from app.core.private import making_private
from app.kernel.errors import CoreError

UNUSABLE = 2


def fsck(
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Repair what can be repaired, and remove what is no longer needed."
        ),
    ] = False,
    data: Annotated[Path, typer.Option(help="Folder for all data that must be kept.")] = Path(
        "data"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the installed apps: does the code store have what the database names?"""
    if not data.is_dir():
        text = f"There is no folder {data}; name the server's data folder with --data."
        refuse(text, as_json=as_json, status=UNUSABLE)
    try:
        with making_private():
            report = asyncio.run(_check(data.resolve(), repair))
    except CoreError as error:
        refuse(str(error), as_json=as_json, status=UNUSABLE)
    if as_json:
        typer.echo(json.dumps(report.as_dict()))
    else:
        _print(report, repair)
    if not report.is_sound:
        raise typer.Exit(FAILED)


async def _check(data: Path, repair: bool) -> Report:
    opening = partial(open_core, data, os.environ, bus=BesideServer(data))
    core = await asyncio.to_thread(opening)
    try:
        return await check_core(core, repair)
    finally:
        await core.close()


def _print(report: Report, repair: bool) -> None:
    console = Console(highlight=False)
    if report.findings:
        table = Table(expand=True)
        for title in ("Found", "Where", "What", "Repair"):
            table.add_column(title, overflow="fold")
        for finding in report.findings:
            colour = "yellow" if finding.is_harmless else "red"
            table.add_row(
                f"[{colour}]{escape(finding.kind.value)}[/]",
                escape(finding.what),
                escape(finding.message),
                escape(_done(finding)),
            )
        console.print(table)
    console.print(_summary(report, repair))


def _done(finding: Finding) -> str:
    return f"done: {finding.repair}" if finding.repaired else finding.repair


def _summary(report: Report, repair: bool) -> str:
    looked = (
        f"{report.versions} versions and {report.bundles} bundles checked;"
        f" {report.contents} contents, {report.size / 1e6:,.1f} MB"
    )
    if not report.findings:
        return f"[green]{looked}. No problems found.[/]"
    hint = "" if repair else " Repair with --repair."
    if report.is_sound:
        return f"[green]{looked}. Nothing harmful is left.[/]{hint}"
    return f"[red]{looked}. There are problems.[/]{hint}"
