"""A page that browsers cannot read is refused when its app is compiled: nobody could open it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, MutableSet, Sequence
from dataclasses import dataclass
from typing import Any

from app.bridge.compiling.pieces import CompiledPage, Piece
from app.bridge.compiling.spots import Spot, find_spot, readable_name, who_shows
from app.cell.compiling.es_module import component_code, page_code
from app.cell.compiling.javascript import PARSER, JavaScriptParser, Mistake
from app.rules.blame import place_of_function
from app.rules.grading import under
from app.source.app_source import AppSource
from app.source.problems import AppError, Problem

_LONGEST_EXCERPT = 120


def refuse_broken_javascript(
    source: AppSource,
    compiled: Sequence[CompiledPage],
    builders: Mapping[str, Callable[..., Any]],
    known: MutableSet[bytes],
) -> None:
    """Parse the JavaScript of all pages and components, and tell where it is wrong.

    Args:
        source: the app's files.
        compiled: its pages.
        builders: the author's functions that build them, by template.
        known: digests of what was found to be right when the app was compiled before; those of now
            afterwards.

    Raises:
        AppError: with a problem for each piece that cannot be read.
    """
    right, broken = set[bytes](), list[tuple[_Made, Mistake]]()
    for made in _all_made(compiled, builders):
        code = made.code()
        digest = hashlib.sha256(code.encode("utf-8", "replace")).digest()
        if digest not in known and (mistake := PARSER.mistake_in(code)):
            broken.append((made, mistake))
            continue
        right.add(digest)
    known.clear()
    known |= right
    if broken:
        raise AppError(tuple(_problem(source, PARSER, made, mistake) for made, mistake in broken))


@dataclass(frozen=True)
class _Made:
    """A page, or a component in the first page that has it."""

    piece: Piece
    page: CompiledPage
    builder: Callable[..., Any] | None

    def code(self) -> str:
        """Return a statement that stands for it in the module."""
        if self.piece is self.page.page:
            return f"({page_code(self.piece)});"
        # Where it stands among the others does not matter here.
        return component_code(0, self.piece)


def _all_made(
    compiled: Sequence[CompiledPage], builders: Mapping[str, Callable[..., Any]]
) -> Iterator[_Made]:
    seen = set[str]()
    for page in compiled:
        builder = builders.get(page.template)
        yield _Made(page.page, page, builder)
        for piece in page.components:
            if piece.name not in seen:
                seen.add(piece.name)
                yield _Made(piece, page, builder)


def _problem(source: AppSource, parser: JavaScriptParser, made: _Made, mistake: Mistake) -> Problem:
    inside = made.page.inside(made.piece.name)
    spot = find_spot(
        inside,
        made.piece.preamble,
        parser.is_expression,
        lambda code: parser.mistake_in(code) is None,
    )
    author = inside.author or made.builder
    file, line = (author and place_of_function(author, source.root)) or ("entry.py", None)
    return under(
        Problem(
            app=source.id,
            stage="compile",
            file=file,
            line=line,
            message=f"browsers cannot read the JavaScript of {_name(made, inside.author)}:"
            f" {_what(spot, parser) or mistake.why}.",
            remedy="Correct what the JavaScript comes from, a var made of text such as"
            ' rx.Var("…"), custom code, or a hook: with this version nobody could open the app.',
        ),
        "javascript",
    )


def _name(made: _Made, author: Callable[..., Any] | None) -> str:
    if made.piece is made.page.page:
        return f"page {made.page.template!r}"
    if author is not None:
        return f"memo component {author.__name__}"
    name = readable_name(made.piece.name)
    name = "the text" if name == "Bare" else name
    if shown_by := who_shows(made.piece.name, made.page):
        name = f"{name} in {shown_by}"
    return f"{name} on page {made.page.template!r}"


def _what(spot: Spot | None, parser: JavaScriptParser) -> str:
    if spot is None:
        return ""
    # What comes before an expression is on a line of its own.
    code = spot.code if spot.is_statement else f"return (\n{spot.code}\n)"
    mistake = parser.mistake_in(code)
    if mistake is None:
        return ""
    return f"{spot.what} is `{_excerpt(code, spot.code, mistake)}` ({mistake.why})"


def _excerpt(code: str, shown: str, mistake: Mistake) -> str:
    """Return what is shown of code, on one line: all, or what is near the mistake."""
    if len(shown) <= _LONGEST_EXCERPT:
        return " ".join(shown.split())
    lines = code.split("\n")
    here = sum(len(line) + 1 for line in lines[: mistake.line]) + mistake.column
    start = max(0, min(here, len(code)) - _LONGEST_EXCERPT * 2 // 3)
    end = start + _LONGEST_EXCERPT
    near = " ".join(code[start:end].split())
    return f"{'…' if start else ''}{near}{'…' if end < len(code) else ''}"
