"""Validate: all that is wrong with an app, at once, each with file, line and remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from app.runtime import asset_rules, page_rules, rules, settings_rules
from app.runtime.imports import validate_imports
from app.runtime.metadata import AppMetadata
from app.runtime.problems import Problem
from app.runtime.source import AppSource
from app.runtime.subject import Subject

__all__ = ["validate_entry", "validate_imports"]

Rule = Callable[[Subject], Iterable[Problem]]

# Without these nothing else can be said; the first that fails is all that is reported.
_PRECONDITIONS: tuple[Rule, ...] = (
    rules.has_entry_file,
    rules.has_entry_class,
    rules.derives_from_sdk,
)

_RULES: tuple[Rule, ...] = (
    rules.name_is_given,
    rules.version_is_text,
    rules.description_is_text,
    rules.frame_is_true_or_false,
    rules.url_is_usable,
    rules.url_is_free,
    asset_rules.icon_exists,
    rules.capabilities_are_known,
    page_rules.pages_have_a_root,
    page_rules.templates_are_well_formed,
    page_rules.templates_differ,
    page_rules.pages_can_be_shown,
    page_rules.titles_are_texts,
    asset_rules.stylesheets_are_assets,
    asset_rules.static_root_has_index,
    settings_rules.settings_can_be_shown,
    settings_rules.settings_are_followed,
    rules.processes_are_none,
    rules.upgrade_is_classmethod,
    rules.attributes_are_known,
)


def validate_entry(
    source: AppSource,
    metadata: AppMetadata,
    entry: type | None,
    *,
    taken_urls: Mapping[str, str],
) -> tuple[Problem, ...]:
    """All problems of an app's entry, in the order of their lines.

    `entry` is the class AppEntry when loading worked: then its real values are judged. With None
    only what the text of entry.py tells is. `taken_urls` maps the urls of all apps to their ids.
    """
    subject = Subject(source, metadata, entry, taken_urls)
    for rule in _PRECONDITIONS:
        problems = tuple(rule(subject))
        if problems:
            return problems
    found = [problem for rule in _RULES for problem in rule(subject)]
    return tuple(sorted(found, key=lambda problem: problem.line or 0))
