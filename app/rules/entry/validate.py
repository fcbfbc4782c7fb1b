"""Validate: all that is wrong with an app, at once, each with file, line and remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from app.rules.entry import asset_rules, event_rules, origin_rules, page_rules, settings_rules
from app.rules.entry import entry_rules as rules
from app.rules.entry.subject import Subject
from app.rules.grading import under
from app.rules.imports import validate_imports
from app.source.app_source import AppSource
from app.source.metadata import AppMetadata
from app.source.problems import Problem

__all__ = ["validate_entry", "validate_imports"]

Checker = Callable[[Subject], Iterable[Problem]]

# By the ids of the rules in app/rules/rules.toml. Without these nothing else can be said; the first
# that fails is all that is reported.
_PRECONDITIONS: dict[str, Checker] = {
    "entry-file": rules.has_entry_file,
    "entry-class": rules.has_entry_class,
    "entry-base": rules.derives_from_sdk,
}

_CHECKERS: dict[str, Checker] = {
    "name": rules.name_is_given,
    "version": rules.version_is_text,
    "description": rules.description_is_text,
    "frame": rules.frame_is_true_or_false,
    "url": rules.url_is_usable,
    "url-taken": rules.url_is_free,
    "icon": asset_rules.icon_exists,
    "capabilities": rules.capabilities_are_known,
    "origins": origin_rules.origins_are_servers,
    "pages": page_rules.pages_have_a_root,
    "page-template": page_rules.templates_are_well_formed,
    "page-template-twice": page_rules.templates_differ,
    "page-of-core": page_rules.templates_are_no_addresses_of_the_core,
    "page-function": page_rules.pages_can_be_shown,
    "page-title": page_rules.titles_are_texts,
    "page-on-load": event_rules.pages_load_by_events,
    "stylesheets": asset_rules.stylesheets_are_assets,
    "static-root": asset_rules.static_root_has_index,
    "settings": settings_rules.settings_can_be_shown,
    "on-settings": event_rules.settings_are_followed_by_events,
    "on-resume": event_rules.resumed_by_events,
    "processes": rules.processes_are_none,
    "upgrade": rules.upgrade_can_be_called,
    "unknown-attribute": rules.attributes_are_known,
}


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
    for rule, check in _PRECONDITIONS.items():
        problems = tuple(under(problem, rule) for problem in check(subject))
        if problems:
            return problems
    found = [
        under(problem, rule) for rule, check in _CHECKERS.items() for problem in check(subject)
    ]
    return tuple(sorted(found, key=lambda problem: problem.line or 0))
