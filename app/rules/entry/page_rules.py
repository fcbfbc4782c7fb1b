"""Rules about the `pages` of an AppEntry: url templates and what they show."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

from app.rules.entry.subject import Subject, Unknown, is_page
from app.source.own_pages import is_given_to_apps
from app.source.problems import Problem
from app.source.url_templates import Template, TemplateError, parse_template

LONGEST_TITLE = 300
"""Characters."""

_EXAMPLE = 'pages = {"/": index}'

_VARS = "reflex_base.vars.base"
_VAR_IN_TEXT = "<reflex.Var>"  # what Reflex makes of a var in an f-string


def pages_have_a_root(subject: Subject) -> Iterator[Problem]:
    """`pages` maps url templates to pages, "/" among them."""
    if subject.kind == "static" or _unknown(subject):
        return
    value = subject.value("pages")
    if not isinstance(value, Mapping | Unknown):
        yield subject.problem(
            "pages", f"pages is of type {type(value).__name__}, not a dict", f"Write {_EXAMPLE}."
        )
        return
    keys = _keys(subject)
    if not keys:
        yield subject.problem("pages", "pages is missing or empty", f"Write {_EXAMPLE}.")
    elif "/" not in keys:
        yield subject.problem(
            "pages", 'pages has no "/"', 'Add the page that opens first under the key "/".'
        )


def templates_are_well_formed(subject: Subject) -> Iterator[Problem]:
    """Each key of `pages` is a url template."""
    for key in dict.fromkeys(_keys(subject)):
        if not isinstance(key, str):
            yield subject.problem(
                "pages",
                f"url template {key!r} is of type {type(key).__name__}, not a string",
                f"Write {_EXAMPLE}.",
            )
            continue
        try:
            parse_template(key)
        except TemplateError as error:
            yield subject.problem(_place(key), str(error), error.remedy)


def templates_differ(subject: Subject) -> Iterator[Problem]:
    """No two url templates match the same paths."""
    first: dict[object, Template] = {}
    # The text also shows a key that is written twice; in the dict only the last one is left.
    for key in subject.metadata.pages or _keys(subject):
        template = _parsed(key)
        if template is None:
            continue
        other = first.setdefault(template.shape, template)
        if other is not template:
            yield subject.problem(
                _place(template.text),
                f'url templates "{other.text}" and "{template.text}" match the same paths',
                "Remove one of them, or make a segment of it static.",
            )


def templates_are_no_addresses_of_the_core(subject: Subject) -> Iterator[Problem]:
    """A link to a page leads there, and not to what Graft gives to apps as an address."""
    for key in dict.fromkeys(_keys(subject)):
        if _parsed(key) is not None and is_given_to_apps(str(key)):
            yield subject.problem(
                _place(str(key)),
                f'"{key}" in links and redirects is an address of Graft, not this page',
                f'Write ClientApp.link("{key}") there, or give the page another address.',
            )


def pages_can_be_shown(subject: Subject) -> Iterator[Problem]:
    """Each value of `pages` is a function without parameters, or a Page of one."""
    pages = subject.value("pages")
    if subject.entry is None or subject.kind != "dynamic" or not isinstance(pages, Mapping):
        return
    for key, value in pages.items():
        shown = getattr(value, "component", None) if is_page(value) else value
        wrong = _not_a_page_function(shown)
        if wrong:
            message, remedy = wrong
            yield subject.problem(_place(str(key)), f'page "{key}" {message}', remedy)


def titles_are_texts(subject: Subject) -> Iterator[Problem]:
    """The title of a page is a text, or a var, which the page itself shows."""
    pages = subject.value("pages")
    if subject.entry is None or subject.kind != "dynamic" or not isinstance(pages, Mapping):
        return
    for key, value in pages.items():
        title = getattr(value, "title", None) if is_page(value) else None
        if title is None or _is_var(title):
            continue
        if not isinstance(title, str):
            yield subject.problem(
                _place(str(key)),
                f'the title of page "{key}" is of type {type(title).__name__}, neither a text nor a'
                " var",
                "Write it as a text, or name a var of a state, which it follows.",
            )
        elif len(title) > LONGEST_TITLE:
            yield subject.problem(
                _place(str(key)),
                f'the title of page "{key}" has {len(title):,} characters, more than'
                f" {LONGEST_TITLE}",
                "Shorten it: it is sent to every browser that goes to the page.",
            )


def _is_var(title: object) -> bool:
    """Tell whether a title is a var of Reflex, or a text with one in it."""
    if isinstance(title, str):
        return _VAR_IN_TEXT in title
    # By name, so that the rules work without Reflex.
    return any(c.__name__ == "Var" and c.__module__ == _VARS for c in type(title).__mro__)


def _unknown(subject: Subject) -> bool:
    value = subject.value("pages")
    return value is Unknown.NOT_LITERAL and subject.metadata.pages is None


def _keys(subject: Subject) -> tuple[object, ...]:
    """Url templates: of the loaded class, else those that the text tells."""
    if subject.kind == "static":
        return ()
    value = subject.value("pages")
    if isinstance(value, Mapping):
        return tuple(value)
    return subject.metadata.pages or () if subject.entry is None else ()


def _place(template: str) -> str:
    return f"pages:{template}"


def _parsed(key: object) -> Template | None:
    try:
        return parse_template(key) if isinstance(key, str) else None
    except TemplateError:
        return None


def _not_a_page_function(shown: object) -> tuple[str, str] | None:
    """Message and remedy when something cannot be called to build a page; None when it can."""
    if not callable(shown):
        return (
            f"is of type {type(shown).__name__}, neither a function nor a Page",
            "Pass the function itself, without calling it: index instead of index().",
        )
    if inspect.iscoroutinefunction(shown):
        return "is an async function", "Load data in on_load; the page itself is built with def."
    try:
        required = [
            parameter.name
            for parameter in inspect.signature(shown).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
    except (TypeError, ValueError):
        return None
    if required:
        return (
            f"needs the parameter {required[0]}",
            "Pages take no parameters: read url parameters from the state.",
        )
    return None
