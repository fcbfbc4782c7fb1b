"""Where in a page the JavaScript is that browsers cannot read: which element, which prop.

Only a version that is refused is looked through, so this may take its time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reflex_base.compiler import templates

IsExpression = Callable[[str], bool]
IsFine = Callable[[str], bool]

_LIBRARY_PREFIX = re.compile(r"^(RadixThemes|Lucide)(?=[A-Z])")
_AUTOMATIC_NAME = re.compile(r"_[0-9a-f]{32}$")
_CALLBACK = re.compile(r"\s*const (on_\w+?)(_[0-9a-f]{32})? = useCallback\(")


@dataclass(frozen=True)
class Inside:
    """What a piece of a page was made of.

    Attributes:
        hooks: statements that are run before it is shown.
        rendered: the tree that Reflex rendered, or None.
        author: the author's function that it comes from, if it is one of his own.
    """

    hooks: tuple[str, ...] = ()
    rendered: Any = None
    author: Callable[..., Any] | None = None


class PageWithParts(Protocol):
    """See `app.bridge.compiling.pieces.CompiledPage`."""

    @property
    def page(self) -> Named: ...
    @property
    def components(self) -> Sequence[Named]: ...
    @property
    def inside(self) -> Callable[[str], Inside]: ...


class Named(Protocol):
    """See `app.bridge.compiling.pieces.Piece`."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Spot:
    """The smallest part that is known to be wrong.

    Attributes:
        what: how an author would call it, for example 'the prop "size" of Button'.
        code: its JavaScript.
        is_statement: whether the code is one; else it is an expression.
    """

    what: str
    code: str
    is_statement: bool = False


def find_spot(
    inside: Inside, preamble: Sequence[str], is_expression: IsExpression, is_fine: IsFine
) -> Spot | None:
    """Return what is wrong with a piece; None if nothing smaller than the piece is.

    Args:
        inside: what it was made of.
        preamble: its statements outside of any function.
        is_expression: tells whether code is one.
        is_fine: tells whether statements can be read.
    """
    for statement in preamble:
        if not is_fine(statement):
            return Spot("custom code", statement, is_statement=True)
    for hook in inside.hooks:
        if not is_fine(hook):
            event = _CALLBACK.match(hook)
            what = f'the event "{event[1]}"' if event else "a hook"
            return Spot(what, hook, is_statement=True)
    return _in_node(inside.rendered, is_expression, "")


def who_shows(name: str, page: PageWithParts) -> str:
    """Return the readable name of the element that an automatic memo component is in; "" if the
    page itself shows it.
    """
    for piece in (page.page, *page.components):
        rendered = page.inside(piece.name).rendered
        if rendered and (owner := _owner(rendered, name, "")) is not None:
            return owner or readable_name(piece.name if piece is not page.page else "")
    return ""


def _owner(node: Any, name: str, owner: str) -> str | None:
    if isinstance(node, str):
        return None
    own = str(node.get("name") or "Fragment")
    if own == name:
        return owner
    readable = owner if own == "Fragment" else readable_name(own)
    found = (_owner(child, name, readable) for child in _children(node))
    return next((owner for owner in found if owner is not None), None)


def readable_name(name: str) -> str:
    """Return the name of an element without what Reflex puts around it."""
    plain = _AUTOMATIC_NAME.sub("", name)
    if plain != name:
        plain = plain.split("_", 1)[0]
    return _LIBRARY_PREFIX.sub("", plain.strip("\"'`"))


def _in_node(node: Any, is_expression: IsExpression, owner: str) -> Spot | None:
    code = templates._RenderUtils.render(node) if node else ""
    if not code or is_expression(code):
        return None
    if isinstance(node, str):
        return Spot(_within("the content", owner), node)
    own = str(node.get("name") or "Fragment")
    name = owner if own == "Fragment" else readable_name(own)
    for child in _children(node):
        if spot := _in_node(child, is_expression, name):
            return spot
    for what, value in _values(node):
        if not is_expression(value):
            return Spot(_within(what, name), value)
    return Spot(name or "an element", code)


def _children(node: Mapping[str, Any]) -> Iterator[Any]:
    yield from node.get("children", ())
    yield from (node[key] for key in ("true_value", "false_value", "default") if key in node)
    yield from (value for _, value in node.get("match_cases", ()))


def _values(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for prop in node.get("props", ()):
        name, colon, value = prop.partition(":")
        # A prop that is spread has no name.
        yield (f'the prop "{_prop_name(name)}"', value) if colon else ("a prop", f"{{{prop}}}")
    for key, what in (
        ("contents", "the content"),
        ("cond_state", "the condition"),
        ("iterable_state", "the list"),
        ("cond", "the value matched"),
    ):
        if isinstance(value := node.get(key), str) and value:
            yield what, value
    for conditions, _ in node.get("match_cases", ()):
        yield from (("a case", condition) for condition in conditions)


def _prop_name(name: str) -> str:
    """Return what an author calls a prop."""
    plain = name.strip("\"'[] ")
    return "style" if plain == "css" else re.sub(r"(?<=[a-z])([A-Z])", _lower, plain)


def _lower(match: re.Match[str]) -> str:
    return f"_{match[1].lower()}"


def _within(what: str, owner: str) -> str:
    return f"{what} of {owner}" if owner else what
