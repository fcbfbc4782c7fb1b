"""`python -m app check [<client>/<app>]`: everything that is wrong with client apps, at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from app.runtime.discover import AppFolder, Discovery, discover
from app.runtime.imports import validate_imports
from app.runtime.metadata import ENTRY_FILE, parse_metadata, read_metadata
from app.runtime.problems import AppError, Problem
from app.runtime.source import AppSource, read_source
from app.runtime.validate import validate_entry

NOT_FOUND = 2

Load = Callable[[AppSource, Mapping[str, str]], tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found: ids of the apps it looked at, and all problems."""

    apps: tuple[str, ...]
    problems: tuple[Problem, ...]

    def as_dict(self) -> dict[str, object]:
        """The report as JSON-able data."""
        broken = {problem.app for problem in self.problems}
        return {
            "apps": [{"id": app, "ok": app not in broken} for app in self.apps],
            "problems": [problem.as_dict() for problem in self.problems],
        }


def check(
    app_id: Annotated[
        str | None, typer.Argument(metavar="[CLIENT/APP]", help="Only this app; default all.")
    ] = None,
    apps: Annotated[Path, typer.Option(help="Folder of client apps.")] = CLIENT_APPS,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Check client apps: entries, imports, and whether they load and compile."""
    found = discover(apps)
    if app_id is not None:
        found = _only(found, app_id)
    if app_id is not None and not found.apps and not found.problems:
        text = f"There is no app {app_id} in {apps}. Create it with: python -m app new {app_id}"
        refuse(text, as_json=as_json, status=NOT_FOUND)
    report = check_apps(found, _urls(discover(apps).apps), _load)
    if as_json:
        typer.echo(json.dumps(report.as_dict()))
    else:
        _print(report, apps)
    if report.problems:
        raise typer.Exit(FAILED)


def check_apps(found: Discovery, urls: Mapping[str, Sequence[str]], load: Load) -> Report:
    """Check the apps that were found.

    `urls` maps each url to the ids of all apps on disk that have it; `load` tries to load and
    compile one that has no other problem.
    """
    problems = list(found.problems)
    for app in found.apps:
        others = {
            url: ids[0] for url, all_ids in urls.items() if (ids := _without(all_ids, app.id))
        }
        problems.extend(_check_one(app, others, load))
    seen = {app.id for app in found.apps} | {problem.app for problem in found.problems}
    return Report(tuple(sorted(seen)), tuple(problems))


def _check_one(app: AppFolder, taken_urls: Mapping[str, str], load: Load) -> tuple[Problem, ...]:
    try:
        source = read_source(app.root)
    except AppError as error:
        return error.problems
    metadata = read_metadata(source)
    entry = validate_entry(source, metadata, None, taken_urls=taken_urls)
    uses, _ = undeclared(source, metadata.capabilities or ())
    problems = (*validate_imports(source), *entry, *uses)
    return problems or load(source, taken_urls)


def _load(source: AppSource, taken_urls: Mapping[str, str]) -> tuple[Problem, ...]:
    # Only now: this imports all of Reflex, and an app with other problems needs none of it.
    from app.bridge.wraps import BUILT_IN_WRAPS
    from app.frontend.libraries import is_available
    from app.runtime.check import check_app

    return check_app(
        source, taken_urls=taken_urls, has_library=is_available, built_in_wraps=BUILT_IN_WRAPS
    )


def _urls(apps: Iterable[AppFolder]) -> dict[str, list[str]]:
    """Ids of the apps by the url that their entry tells."""
    urls: dict[str, list[str]] = {}
    for app in apps:
        try:
            url = parse_metadata(app.id, (app.root / ENTRY_FILE).read_bytes()).url
        except OSError:
            continue  # told when the app itself is read
        if url:
            urls.setdefault(url, []).append(app.id)
    return urls


def _without(ids: Sequence[str], app_id: str) -> list[str]:
    return [other for other in ids if other != app_id]


def _only(found: Discovery, app_id: str) -> Discovery:
    return Discovery(
        tuple(app for app in found.apps if app.id == app_id),
        tuple(problem for problem in found.problems if problem.app == app_id),
    )


def _print(report: Report, apps: Path) -> None:
    console = Console(highlight=False)
    for app in sorted({problem.app for problem in report.problems}):
        table = Table(title=escape(app), title_justify="left", title_style="bold red", expand=True)
        table.add_column("Where", no_wrap=True, overflow="fold")
        table.add_column("Problem", ratio=2, overflow="fold")
        table.add_column("What to do", ratio=2, overflow="fold")
        for problem in report.problems:
            if problem.app == app:
                where = escape(problem.place or "—")
                table.add_row(where, escape(problem.message), escape(problem.remedy))
        console.print(table)
        for problem in report.problems:
            if problem.app == app and problem.detail:
                console.print(escape(problem.detail), style="dim")
    console.print(_summary(report, apps))


def _summary(report: Report, apps: Path) -> str:
    broken = len({problem.app for problem in report.problems})
    if not report.apps:
        return f"There are no apps in {escape(str(apps))}."
    counted = f"{len(report.apps)} app{'s' * (len(report.apps) != 1)} checked"
    if not broken:
        return f"[green]{counted}, no problems.[/]"
    problems = f"{len(report.problems)} problem{'s' * (len(report.problems) != 1)}"
    return f"[red]{counted}, {problems} in {broken}.[/]"
