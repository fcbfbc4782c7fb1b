"""Compiling the pages of a client app with Reflex's own page compiler.

The result is not a file of Reflex's front end but plain pieces of JavaScript
(`app.bridge.compiling.pieces`): for each page and for each memo component the
code, and the imports it needs.
`app.cell.compiling.es_module` makes one ES module out of them.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from types import SimpleNamespace
from typing import Any

from reflex.app import UnevaluatedPage
from reflex.compiler import compiler
from reflex.compiler.plugins import default_page_plugins
from reflex.compiler.plugins.builtin import DefaultPagePlugin
from reflex_base.components.component import Component, evaluate_style_namespaces
from reflex_base.components.memo import MEMOS, MemoDefinition, reset_memo_component_classes
from reflex_base.plugins import CompileContext, CompilerHooks, PageContext
from reflex_base.registry import RegistrationContext
from reflex_components_core.base.fragment import Fragment

from app.bridge.compiling import scripts
from app.bridge.compiling.in_pages import PageTitle
from app.bridge.compiling.own_assets import lead_to_assets
from app.bridge.compiling.pieces import CompiledPage, Piece, Pieces


class _EvaluatePage(DefaultPagePlugin):
    """Builds a page's component without the `<title>` and `<meta>` of a compiled-in page.

    The host sets the document's title; React would otherwise keep two of them. One that is a var is
    set by a component of the page.
    """

    def eval_page(  # type: ignore[override]
        self, page_fn: Any, /, *, page: Any, **kwargs: Any
    ) -> PageContext:
        try:
            component = Fragment.create(compiler.into_component(page_fn))
            if page.title is not None:
                component.children.append(page.title)
        except Exception as error:
            error.add_note(f"while building page {page.route!r}")
            raise
        return PageContext(
            name=getattr(page_fn, "__name__", page.route),
            route=page.route,
            root_component=component,
        )


def compile_pages(
    pages: Mapping[str, Callable[[], Any]],
    *,
    style: Mapping[Any, Any],
    built_in_wraps: Iterable[tuple[int, str]],
    memos: Sequence[MemoDefinition],
    known: MutableMapping[str, Piece] | None = None,
    titles: Mapping[str, PageTitle] | None = None,
    script_base: str = "",
    taken_scripts: MutableMapping[str, str] | None = None,
    asset_of: Callable[[str], str | None] = lambda name: None,
) -> tuple[CompiledPage, ...]:
    """Compile an app's pages; the version's registration context must be active.

    Args:
        pages: url template -> function that builds the page.
        style: component styles of the app.
        built_in_wraps: keys of the providers that the front end's root already has.
        memos: the `rx.memo` definitions of the app.
        known: pieces of an earlier compilation of the same app with the same style, by name; those
            that are still needed are not made again. Has those of this one afterwards.
        titles: url template -> what sets the title of the page, of those whose title is a var.
        script_base: the address of the scripts of pages, with a slash at the end.
        taken_scripts: gets the texts of these scripts, by name.
        asset_of: returns the address of a file in the app's assets; None if there is none.

    Raises whatever a page's function or a component raises.
    """
    RegistrationContext.ensure_context()._reset_compile_caches()
    reset_memo_component_classes()
    styles = evaluate_style_namespaces(dict(style))
    hooks = _compiler_hooks(styles)
    taken = {} if taken_scripts is None else taken_scripts

    def take_out(component: Any) -> None:
        scripts.take_out(component, script_base, taken)
        lead_to_assets(component, asset_of)

    present = frozenset(built_in_wraps)
    pieces = Pieces({} if known is None else known)
    with _app_style(styles):
        compiled = tuple(
            _compile_page(
                _page(template, build, titles or {}), hooks, present, memos, pieces, take_out
            )
            for template, build in pages.items()
        )
    pieces.keep_used()
    return compiled


@contextlib.contextmanager
def _app_style(style: Mapping[Any, Any]) -> Iterator[None]:
    """Let Reflex find this style where it looks for that of the bodies of memo components: at its
    app.
    """
    context = RegistrationContext.ensure_context()
    before = context._app
    object.__setattr__(context, "_app", SimpleNamespace(style=style))
    try:
        yield
    finally:
        object.__setattr__(context, "_app", before)


def take_memos(package: str) -> tuple[MemoDefinition, ...]:
    """Take the `rx.memo` definitions of a package out of Reflex's process-wide table.

    They would otherwise stay there for ever, and the next version of the same memo would be
    refused.
    """
    keys = [key for key in MEMOS if f"{key[1] or ''}.".startswith(package + ".")]
    return tuple(MEMOS.pop(key) for key in keys)


def _compiler_hooks(style: Mapping[Any, Any]) -> CompilerHooks:
    plugins = default_page_plugins(style=dict(style), plugins=())
    return CompilerHooks(
        plugins=tuple(_EvaluatePage() if type(p) is DefaultPagePlugin else p for p in plugins)
    )


def _page(
    template: str, build: Callable[[], Any], titles: Mapping[str, PageTitle]
) -> UnevaluatedPage:
    title: Any = titles.get(template)  # it is `_EvaluatePage` that takes it
    return UnevaluatedPage(component=build, route=template, title=title)


def _compile_page(
    page: UnevaluatedPage,
    hooks: CompilerHooks,
    built_in_wraps: frozenset[tuple[int, str]],
    memos: Sequence[MemoDefinition],
    pieces: Pieces,
    take_out: Callable[[Any], None],
) -> CompiledPage:
    context = CompileContext(app=None, pages=[page], hooks=hooks)
    with context:
        page_context = hooks.eval_page(page.component, page=page, compile_context=context)
        if page_context is None:
            raise RuntimeError(f"Reflex could not evaluate page {page.route!r}")
        try:
            take_out(page_context.root_component)
        except ValueError as error:
            error.add_note(f"while building page {page.route!r}")
            raise
        with page_context:
            root = hooks.compile_component(
                page_context.root_component, page_context=page_context, compile_context=context
            )
            page_context.root_component = _wrapped(
                root, page_context.app_wrap_components.items(), built_in_wraps
            )
            hooks.compile_page(page_context, page=page, compile_context=context)
        automatic = tuple(context.auto_memo_components.values())
        return pieces.of_page(page.route, page_context, memos, automatic)


def _wrapped(
    root: Any, wraps: Iterable[tuple[tuple[int, str], Component]], built_in: frozenset[Any]
) -> Any:
    """Put providers that the built front end does not have around a page (highest priority
    outside).
    """
    for key, wrap in sorted(wraps, key=lambda item: item[0][0]):
        if key not in built_in:
            # Reflex hands out one provider again and again, rendered already.
            provider = copy.copy(wrap)
            provider.children = [root]
            root = provider
    return root
