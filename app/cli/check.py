"""`python -m app check [<client>/<app>]`: everything that is wrong with client apps, at once; with
`--rules`, with the whole checkout.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.new import CLIENT_APPS
from app.cli.refusal import FAILED, refuse
from app.cli.rules import RulesUnusable, all_breaks, breaks_of, written
from app.packages.capability_use import undeclared
from app.packages.origin_use import undeclared_origins
from app.rules.entry.validate import validate_entry
from app.rules.imports import validate_imports
from app.rules.rulebook import rulebook
from app.source.app_source import AppSource, read_source
from app.source.discover import AppFolder, Discovery, discover
from app.source.metadata import ENTRY_FILE, parse_metadata, read_metadata
from app.source.problems import AppError, Problem, errors_in

NOT_FOUND = 2

Load = Callable[[AppSource, Mapping[str, str]], tuple[Problem, ...]]


class Form(Enum):
    """How the outcome is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found: ids of the apps it looked at, and all problems."""

    apps: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def broken(self) -> frozenset[str]:
        """Ids of the apps that have more than warnings."""
        return frozenset(problem.app for problem in errors_in(self.problems))

    def as_dict(self) -> dict[str, object]:
        """The report as JSON-able data."""
        return {
            "apps": [{"id": app, "ok": app not in self.broken} for app in self.apps],
            "problems": [problem.as_dict() for problem in self.problems],
        }


def check(
    app_id: Annotated[
        str | None, typer.Argument(metavar="[CLIENT/APP]", help="Only this app (default: all).")
    ] = None,
    apps: Annotated[Path, typer.Option(help="Folder of client apps.")] = CLIENT_APPS,
    rules: Annotated[
        bool,
        typer.Option("--rules", help="Check every rule in docs/rules.md, for the core as well."),
    ] = False,
    form: Annotated[
        Form,
        typer.Option(
            "--format", help="Output format; sarif and github are for tools that annotate lines."
        ),
    ] = Form.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check client apps: entries, imports, and whether they load and compile.

    Errors make the command fail, warnings do not.
    """
    form = Form.JSON if as_json else form
    as_json = form is Form.JSON
    found = discover(apps)
    if app_id is not None:
        found = _only(found, app_id)
    if app_id is not None and not found.apps and not found.problems:
        text = f"There is no app {app_id} in {apps}. Create it with: python -m app new {app_id}"
        refuse(text, as_json=as_json, status=NOT_FOUND)
    report = check_apps(found, _urls(discover(apps).apps), _load)
    if rules:
        _tell_rules(report, apps.resolve(), app_id, form)
        return
    if form is Form.TEXT:
        _print(report, apps)
    elif form is Form.JSON:
        typer.echo(json.dumps(report.as_dict()))
    else:
        typer.echo(written(breaks_of(report.problems), form.value, rulebook()))
    if report.broken:
        raise typer.Exit(FAILED)


def _tell_rules(report: Report, apps: Path, app_id: str | None, form: Form) -> None:
    """Tell what breaks a rule in the checkout around `apps`, or in one app."""
    try:
        breaks = all_breaks(apps.parent, report.problems)
    except RulesUnusable as error:
        refuse(f"{error}.", as_json=form is Form.JSON, status=NOT_FOUND)
    if app_id is not None:
        breaks = tuple(b for b in breaks if b.file.startswith(f"client_apps/{app_id}/"))
    book = rulebook(apps.parent)
    if breaks or form is not Form.TEXT:
        typer.echo(written(breaks, form.value, book))
    errors = sum(found.severity == "error" for found in breaks)
    if form is Form.TEXT:
        warnings = len(breaks) - errors
        told = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"
        typer.echo(f"{len(book.rules)} rules: {told}.")
    if errors:
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
    uses, perhaps = undeclared(source, metadata.capabilities or ())
    loads = undeclared_origins(source, metadata.origins) if metadata.origins is not None else ()
    problems = (*validate_imports(source), *entry, *uses, *perhaps, *loads)
    return problems if errors_in(problems) else (*problems, *load(source, taken_urls))


def _load(source: AppSource, taken_urls: Mapping[str, str]) -> tuple[Problem, ...]:
    # Only now: this imports all of Reflex, and an app with other problems needs none of it.
    from app.bridge.compiling.wraps import BUILT_IN_WRAPS
    from app.cell.loading.check import check_app
    from app.frontend.libraries import is_available

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
                table.add_row(where, _described(problem), escape(problem.remedy))
        console.print(table)
        for problem in report.problems:
            if problem.app == app and problem.detail:
                console.print(escape(problem.detail), style="dim")
    console.print(_summary(report, apps))


def _described(problem: Problem) -> str:
    """What is wrong, whether that is only a warning, and by which rule."""
    warning = "[yellow]Warning:[/] " if problem.severity == "warning" else ""
    rule = f" [dim]({problem.rule})[/]" if problem.rule else ""
    return f"{warning}{escape(problem.message)}{rule}"


def _summary(report: Report, apps: Path) -> str:
    errors = errors_in(report.problems)
    if not report.apps:
        return f"There are no apps in {escape(str(apps))}."
    counted = f"{_count(len(report.apps), 'app')} checked"
    warnings = len(report.problems) - len(errors)
    also = f", {_count(warnings, 'warning')}" if warnings else ""
    if not errors:
        return f"[green]{counted}, no problems{also}.[/]"
    problems = _count(len(errors), "problem")
    return f"[red]{counted}, {problems} in {len(report.broken)}{also}.[/]"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
