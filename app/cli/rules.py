"""`python -m app check --rules`: everything in a checkout that breaks a rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import app
from app.rules.contracts import ToolsMissing
from app.rules.reports import Format, as_github, as_json, as_sarif, as_text
from app.rules.rulebook import Break, Rulebook, RulebookInvalid, rulebook
from app.rules.tree import breaks_of_checkout
from app.source.problems import Problem

__all__ = ["RulesUnusable", "all_breaks", "breaks_of", "written"]

# What `breaks_of_checkout` says of apps as well, of their tests too.
_TOLD_BY_THE_CHECKOUT = frozenset(
    {"imports", "installed", "own-module", "names", "texts", "requirements"}
)


class RulesUnusable(Exception):
    """The rules cannot be checked; the text says why, and what to do."""


def all_breaks(checkout: Path, problems: Iterable[Problem]) -> tuple[Break, ...]:
    """Everything that breaks a rule, by file and line.

    Args:
        checkout: the folder with app/ and client_apps/.
        problems: what checking the apps in it showed.

    Raises:
        RulesUnusable: the rules or contracts are wrong, or a tool is not installed.
    """
    try:
        book = rulebook(checkout)
        found = list(breaks_of_checkout(book, checkout))
    except (RulebookInvalid, ToolsMissing) as error:
        raise RulesUnusable(str(error)) from error
    told = {rule.id for rule in book if rule.kind in _TOLD_BY_THE_CHECKOUT}
    found += breaks_of(problem for problem in problems if problem.rule not in told)
    return tuple(sorted(found, key=lambda b: (b.file, b.line or 0)))


def breaks_of(problems: Iterable[Problem]) -> tuple[Break, ...]:
    """Problems of apps as breaks of rules; one that is none has its stage for a rule."""
    return tuple(
        Break(
            rule=problem.rule or problem.stage,
            severity=problem.severity,
            file=f"client_apps/{problem.app}/{problem.file}".rstrip("/"),
            line=problem.line,
            message=problem.message.rstrip("."),
            hint=problem.remedy,
        )
        for problem in problems
    )


def written(breaks: Sequence[Break], form: Format, book: Rulebook) -> str:
    """Write breaks in one of the forms."""
    if form == "sarif":
        return as_sarif(breaks, book, app.__version__)
    if form == "json":
        return as_json(breaks, len(book.rules))
    return as_github(breaks) if form == "github" else as_text(breaks)
