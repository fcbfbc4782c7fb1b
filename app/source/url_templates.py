"""Url templates: `/projects/[project_id]`, parsed, matched and put in order.

A template is a path of static segments, parameters `[name]`, optional parameters `[[name]]` and,
last only, the catch-all `[[...splat]]`: the syntax of ordinary Reflex routes. Paths are matched as
the address bar shows them (percent-encoded), so that an encoded slash stays inside its parameter.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from urllib.parse import unquote

Params = dict[str, str | list[str]]

LONGEST = 500
"""Characters of a template."""

CATCH_ALL = "[[...splat]]"
# Names that every Reflex state has already: a parameter becomes an attribute of rx.State.
RESERVED_PARAMETERS = frozenset(
    """
    add_field add_var base_vars computed_vars dict dirty_substates dirty_vars event_handlers
    get_class_substate get_class_var get_delta get_fields get_full_name get_name get_parent_state
    get_root_state get_state get_substate get_substates get_value get_var_value hydrate
    hydrate_and_load is_hydrated is_user_defined parent_state reset router router_data
    rx_router_headers rx_router_page rx_router_route_id rx_router_session rx_router_url set
    set_is_hydrated setup_dynamic_args setvar splat substates vars
    """.split()  # noqa: SIM905 - forty names in quotes are harder to read
)

_STATIC = re.compile(r"[A-Za-z0-9_-]+")
_PARAMETER = re.compile(r"\[(\w+)\]", re.ASCII)
_OPTIONAL = re.compile(r"\[\[(\w+)\]\]", re.ASCII)


class TemplateError(ValueError):
    """A url template is malformed; the text says how, `remedy` what to write instead."""

    def __init__(self, message: str, remedy: str) -> None:
        """Take one line for what is wrong and one for what to do."""
        super().__init__(message)
        self.remedy = remedy


class Kind(IntEnum):
    """Kinds of a segment, the most specific first."""

    STATIC = 0
    PARAMETER = 1
    OPTIONAL = 2
    CATCH_ALL = 3


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a template: its kind and the static text or the parameter's name."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Template:
    """A parsed url template."""

    text: str
    segments: tuple[Segment, ...]

    @property
    def shape(self) -> tuple[tuple[Kind, str], ...]:
        """Equal for two templates exactly if they match the same paths."""
        return tuple(
            (segment.kind, segment.text if segment.kind is Kind.STATIC else "")
            for segment in self.segments
        )

    @property
    def specificity(self) -> tuple[object, ...]:
        """Sorts the more specific template first.

        As in Reflex, templates with fewer catch-alls, optional and plain parameters come first;
        of two that are equal in this, the one that is static further to the left.
        """
        kinds = [segment.kind for segment in self.segments]
        counts = tuple(kinds.count(k) for k in (Kind.CATCH_ALL, Kind.OPTIONAL, Kind.PARAMETER))
        return (*counts, tuple(kinds), self.text)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters, from left to right; the catch-all's is `splat`."""
        return tuple(s.text for s in self.segments if s.kind is not Kind.STATIC)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("".join(map(_regex, self.segments)) + "/?")

    def match(self, path: str) -> Params | None:
        """Parameters of `path` (percent-encoded, no query), decoded; None when it does not match.

        An optional parameter that is not in the path is absent; a catch-all is a list of the
        remaining segments, possibly empty. One trailing slash is ignored.
        """
        found = self._pattern.fullmatch(path if path.startswith("/") else f"/{path}")
        if found is None:
            return None
        params: Params = {}
        for name, value in found.groupdict().items():
            if name == "splat":
                params[name] = [unquote(part) for part in (value or "").split("/") if part]
            elif value is not None:
                params[name] = unquote(value)
        return params


@dataclass(frozen=True)
class Routes:
    """Templates of one app, the most specific first."""

    templates: tuple[Template, ...]

    @cached_property
    def _static(self) -> Mapping[str, str]:
        """Most paths have no parameter: find them without trying pattern after pattern."""
        return {t.text.rstrip("/") or "/": t.text for t in self.templates if not t.parameters}

    def resolve(self, path: str) -> tuple[str, Params] | None:
        """The template that `path` belongs to and its parameters; None when there is none."""
        static = self._static.get(_without_trailing_slash(path))
        if static is not None:
            return static, {}
        for template in self.templates:
            params = template.match(path)
            if params is not None:
                return template.text, params
        return None


def parse_template(text: str) -> Template:
    """Parse a url template.

    Raises TemplateError when it is malformed: no leading slash, a trailing or doubled slash,
    characters that no path has, too many of them, a parameter that is no Python identifier or
    occurs twice, a catch-all that is not last.
    """
    if len(text) > LONGEST:
        raise TemplateError(
            f'url template "{text[:40]}…" has {len(text):,} characters, more than {LONGEST}',
            "Shorten it; what varies is a parameter: [name].",
        )
    if not text.startswith("/"):
        raise TemplateError(f'url template "{text}" does not start with "/"', f'Write "/{text}".')
    if text == "/":
        return Template(text, ())
    if text.endswith("/"):
        raise TemplateError(
            f'url template "{text}" ends with "/"', f'Write "{text.rstrip("/") or "/"}".'
        )
    segments = tuple(_parse_segment(part, text) for part in text[1:].split("/"))
    _check_segments(segments, text)
    return Template(text, segments)


def compile_routes(templates: Iterable[str]) -> Routes:
    """Put url templates in the order in which they are tried. Raises TemplateError."""
    return Routes(tuple(sorted(map(parse_template, templates), key=lambda t: t.specificity)))


def _parse_segment(part: str, text: str) -> Segment:
    if _STATIC.fullmatch(part):
        return Segment(Kind.STATIC, part)
    if part == CATCH_ALL:
        return Segment(Kind.CATCH_ALL, "splat")
    for kind, pattern in ((Kind.PARAMETER, _PARAMETER), (Kind.OPTIONAL, _OPTIONAL)):
        found = pattern.fullmatch(part)
        if found:
            return Segment(kind, _parameter_name(found[1], text))
    if not part:
        raise TemplateError(f'url template "{text}" has an empty segment', "Write single slashes.")
    if "..." in part:
        raise TemplateError(
            f'url template "{text}" has the malformed catch-all "{part}"',
            f'Write "{CATCH_ALL}" as the last segment; the name is always splat.',
        )
    raise TemplateError(
        f'url template "{text}" has the malformed segment "{part}"',
        "A segment is made of letters, digits, - and _, or is a parameter like [project_id].",
    )


def _parameter_name(name: str, text: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise TemplateError(
            f'parameter "{name}" of url template "{text}" is not usable as a Python name',
            "Start it with a letter and use letters, digits and _; Python keywords do not work.",
        )
    if name in RESERVED_PARAMETERS:
        raise TemplateError(
            f'parameter "{name}" of url template "{text}" is reserved',
            f'Choose another name, for example "{name}_id".',
        )
    return name


def _check_segments(segments: tuple[Segment, ...], text: str) -> None:
    names = [segment.text for segment in segments if segment.kind is not Kind.STATIC]
    if any(segment.kind is Kind.CATCH_ALL for segment in segments[:-1]):
        raise TemplateError(
            f'the catch-all of url template "{text}" is not its last segment',
            f'Move "{CATCH_ALL}" to the end.',
        )
    double = next((name for name in names if names.count(name) > 1), None)
    if double:
        raise TemplateError(
            f'url template "{text}" has the parameter "{double}" twice',
            "Give each parameter its own name.",
        )


def _regex(segment: Segment) -> str:
    match segment.kind:
        case Kind.STATIC:
            return "/" + re.escape(segment.text)
        case Kind.PARAMETER:
            return f"/(?P<{segment.text}>[^/]+)"
        case Kind.OPTIONAL:
            return f"(?:/(?P<{segment.text}>[^/]+))?"
        case Kind.CATCH_ALL:
            return "(?:/(?P<splat>(?s:.*)))?"


def _without_trailing_slash(path: str) -> str:
    rooted = path if path.startswith("/") else f"/{path}"
    return rooted if rooted == "/" else rooted.removesuffix("/")
