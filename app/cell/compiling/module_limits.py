"""How large the compiled pages of an app may be: whoever opens the app waits for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from app.cell.compiling.es_module import AppModule, PageLike, PieceLike
from app.rules.grading import under
from app.source.app_source import AppSource
from app.source.limits import megabytes
from app.source.problems import AppError, Problem

MODULE_BYTES = 4 * 1024 * 1024
"""Size of an app's module, all pages together; a page of a thousand elements has 0.3 MB."""

_REMEDY = (
    "A page is a template: keep data in state vars and draw it with rx.foreach, or put it into a"
    " file in assets/ that the page loads."
)


def refuse_large_pages(
    source: AppSource,
    compiled: Sequence[PageLike],
    scripts: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Check compiled pages, and the scripts that they load, before anything else is done with them.

    Raises:
        AppError: they are too large together; it names the largest.
    """
    sizes = {where: _size(piece) for where, piece in _pieces(compiled)}
    sizes["the code of its scripts"] = sum(map(_bytes, scripts.values()))
    total = sum(sizes.values())
    if total > MODULE_BYTES:
        largest = max(sizes, key=lambda where: sizes[where])
        raise _too_large(source, total, f"; the largest part is {largest}")


def refuse_large_module(source: AppSource, module: AppModule) -> None:
    """Check a module that was compiled before.

    Raises:
        AppError: it is too large.
    """
    size = sum(map(_bytes, (module.code, *module.scripts.values())))
    if size > MODULE_BYTES:
        raise _too_large(source, size, "")


def _pieces(compiled: Sequence[PageLike]) -> Iterator[tuple[str, PieceLike]]:
    for page in compiled:
        yield f"page {page.template!r}", page.page
        for piece in page.components:  # those of several pages are in the module once
            yield f"component {piece.name.split('_', 1)[0]} ({piece.name[-8:]})", piece


def _size(piece: PieceLike) -> int:
    return sum(map(_bytes, (piece.code, piece.hooks, *piece.preamble)))


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _too_large(source: AppSource, size: int, what: str) -> AppError:
    message = (
        f"the compiled pages have {size / 1_048_576:,.1f} MB, more than"
        f" {megabytes(MODULE_BYTES)}{what}"
    )
    return AppError(
        (
            under(
                Problem(
                    app=source.id,
                    stage="compile",
                    file="entry.py",
                    line=None,
                    message=message,
                    remedy=_REMEDY,
                ),
                "module-size",
            ),
        )
    )
