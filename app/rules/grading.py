"""How severe a problem is: what the rule says that it breaks."""

from __future__ import annotations

from dataclasses import replace

from app.rules.rulebook import rulebook
from app.source.problems import Problem


def under(problem: Problem, rule: str) -> Problem:
    """The same problem as a break of a rule, as severe as the rule says."""
    return replace(problem, rule=rule, severity=rulebook()[rule].severity)
