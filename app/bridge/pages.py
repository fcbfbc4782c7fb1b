"""Compiling the pages of a client app with Reflex's own page compiler.

The result is not a file of Reflex's front end but plain pieces of JavaScript: for each page and for
each memo component the code, and the imports it needs. `app.runtime.module` makes one ES module out
of them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    Sequence,
)
from types import SimpleNamespace
from typing import Any

from reflex.app import UnevaluatedPage
from reflex.compiler import compiler, utils
from reflex.compiler.plugins import default_page_plugins
from reflex.compiler.plugins.builtin import DefaultPagePlugin
from reflex_base.compiler import templates
from reflex_base.components.component import Component, evaluate_style_namespaces
from reflex_base.components.memo import (
    MEMOS,
    MemoComponentDefinition,
    MemoDefinition,
    MemoFunctionDefinition,
    reset_memo_component_classes,
)
from reflex_base.plugins import CompileContext, CompilerHooks, PageContext
from reflex_base.registry import RegistrationContext
from reflex_components_core.base.fragment import Fragment
from reflex_components_core.core.cond import Cond
from reflex_components_core.core.match import Match
from reflex_components_core.el.elements.scripts import Script

from app.bridge.client_code import is_client_module
from app.bridge.keys import with_keys

LOCAL_LIBRARY = re.compile(r"^\$/(app_components|utils/components)/")
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")


@dataclasses.dataclass(frozen=True)
class Import:
    """Names taken from one JavaScript library.

    Attributes:
        library: the specifier without version, e.g. "@radix-ui/themes".
        default: local name of the default export, or "".
        names: "exported" or "exported as local", or "* as local"; sorted.
    """

    library: str
    default: str
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Piece:
    """JavaScript of one page or one memo component.

    Attributes:
        name: the identifier it is known by in the module.
        imports: what its code takes from libraries.
        preamble: statements that come before it (custom code, components loaded on demand).
        code: an expression statement `const <name> = …;` for a component; the rendered element for
            a page.
        hooks: React hooks of a page, "" for components.
    """

    name: str
    imports: tuple[Import, ...]
    preamble: tuple[str, ...]
    code: str
    hooks: str = ""


@dataclasses.dataclass(frozen=True)
class CompiledPage:
    """One page of an app and the memo components it uses."""

    template: str
    page: Piece
    components: tuple[Piece, ...]


class _EvaluatePage(DefaultPagePlugin):
    """Builds a page's component without the `<title>` and `<meta>` of a compiled-in page.

    The host sets the document's title; React would otherwise keep two of them.
    """

    def eval_page(  # type: ignore[override]
        self, page_fn: Any, /, *, page: Any, **kwargs: Any
    ) -> PageContext:
        try:
            component = Fragment.create(compiler.into_component(page_fn))
            _refuse_inline_scripts(component)
        except Exception as error:
            error.add_note(f"while building page {page.route!r}")
            raise
        return PageContext(
            name=getattr(page_fn, "__name__", page.route),
            route=page.route,
            root_component=component,
        )


def _refuse_inline_scripts(component: Any) -> None:
    """Refuse what every browser would refuse silently, because of the Content-Security-Policy."""
    if isinstance(component, Script) and component.src is None and component.type is None:
        raise ValueError(
            "a script with its code in the page is not allowed by the Content-Security-Policy; put"
            " the code into a file in assets/ and use rx.script(src=AppEntry.asset(...)), or run it"
            " with rx.call_script"
        )
    for child in component.children:
        _refuse_inline_scripts(child)


def compile_pages(
    pages: Mapping[str, Callable[[], Any]],
    *,
    style: Mapping[Any, Any],
    built_in_wraps: Iterable[tuple[int, str]],
    memos: Sequence[MemoDefinition],
    known: MutableMapping[str, Piece] | None = None,
) -> tuple[CompiledPage, ...]:
    """Compile an app's pages; the version's registration context must be active.

    Args:
        pages: url template -> function that builds the page.
        style: component styles of the app.
        built_in_wraps: keys of the providers that the front end's root already has.
        memos: the `rx.memo` definitions of the app.
        known: pieces of an earlier compilation of the same app with the same style, by name; those
            that are still needed are not made again. Has those of this one afterwards.

    Raises whatever a page's function or a component raises.
    """
    RegistrationContext.ensure_context()._reset_compile_caches()
    reset_memo_component_classes()
    styles = evaluate_style_namespaces(dict(style))
    hooks = _compiler_hooks(styles)
    present = frozenset(built_in_wraps)
    pieces = _Pieces({} if known is None else known)
    with _app_style(styles):
        compiled = tuple(
            _compile_page(template, build, hooks, present, memos, pieces)
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


def _compile_page(
    template: str,
    build: Callable[[], Any],
    hooks: CompilerHooks,
    built_in_wraps: frozenset[tuple[int, str]],
    memos: Sequence[MemoDefinition],
    pieces: _Pieces,
) -> CompiledPage:
    page = UnevaluatedPage(component=build, route=template)
    context = CompileContext(app=None, pages=[page], hooks=hooks)
    with context:
        page_context = hooks.eval_page(build, page=page, compile_context=context)
        if page_context is None:
            raise RuntimeError(f"Reflex could not evaluate page {template!r}")
        with page_context:
            root = hooks.compile_component(
                page_context.root_component, page_context=page_context, compile_context=context
            )
            page_context.root_component = _wrapped(
                root, page_context.app_wrap_components.items(), built_in_wraps
            )
            hooks.compile_page(page_context, page=page, compile_context=context)
        automatic = tuple(context.auto_memo_components.values())
        return CompiledPage(
            template=template,
            page=_page_piece(page_context, _choosing(automatic)),
            components=(
                *(_memo_piece(definition) for definition in memos),
                *(pieces.of(definition) for definition in automatic),
            ),
        )


def _wrapped(
    root: Any, wraps: Iterable[tuple[tuple[int, str], Component]], built_in: frozenset[Any]
) -> Any:
    """Put providers that the built front end does not have around a page (highest priority
    outside).
    """
    for key, wrap in sorted(wraps, key=lambda item: item[0][0]):
        if key not in built_in:
            wrap.children = [root]
            root = wrap
    return root


def _choosing(definitions: Iterable[Any]) -> frozenset[str]:
    """Return the names of the memo components that show one of the children they are given."""
    return frozenset(
        definition.export_name
        for definition in definitions
        if isinstance(definition.component, (Cond, Match))
    )


class _Pieces:
    """Pieces of the memo components that Reflex makes by itself.

    Their names have a digest of all that they are made of, so a piece that is known by its name is
    the one that would be made.
    """

    def __init__(self, known: MutableMapping[str, Piece]) -> None:
        self._known = known
        self._used: dict[str, Piece] = {}

    def of(self, definition: MemoComponentDefinition) -> Piece:
        """Return the piece of a definition."""
        name = definition.export_name
        if name not in self._used:
            self._used[name] = self._known.get(name) or _memo_piece(definition)
        return self._used[name]

    def keep_used(self) -> None:
        """Let the known pieces be those that were asked for."""
        self._known.clear()
        self._known.update(self._used)


def _page_piece(page: PageContext, choosing: Collection[str]) -> Piece:
    imports = {
        library: list(fields)
        for library, fields in (page.frontend_imports or page.merged_imports(collapse=True)).items()
    }
    compiler._apply_common_imports(imports)
    preamble = (*sorted(page.dynamic_imports), *page.custom_code_dict())
    code = templates._RenderUtils.render(with_keys(page.root_component.render(), choosing))
    hooks = templates._render_hooks(page.hooks)
    return Piece(
        name="Page",
        imports=_imports(imports, (*preamble, code, hooks)),
        preamble=preamble,
        code=code,
        hooks=hooks,
    )


def _memo_piece(definition: MemoDefinition) -> Piece:
    if isinstance(definition, MemoComponentDefinition):
        render, imports = utils.compile_experimental_component_memo(definition)
        merged = utils.merge_imports(compiler._MEMO_BASE_IMPORTS, imports)
        compiler._apply_common_imports(merged)
        code = templates._render_memo_component(render)
        preamble = (
            *sorted(render.get("dynamic_imports") or ()),
            *(render.get("custom_code") or ()),
        )
    elif isinstance(definition, MemoFunctionDefinition):
        render, imports = utils.compile_experimental_function_memo(definition)
        merged = utils.merge_imports({}, imports)
        code = f"export const {render['name']} = {render['function']};"
        preamble = ()
    else:
        raise TypeError(f"unknown kind of memo: {definition!r}")
    return Piece(
        name=render["name"],
        imports=_imports(merged, (*preamble, code)),
        preamble=preamble,
        code=code.replace("export const ", "const ", 1).strip(),
    )


def _imports(imports: Any, texts: Iterable[str]) -> tuple[Import, ...]:
    """Return the imports that come from libraries, not from memo components of the app itself, and
    of them the names that are used.

    Reflex imports into a memo component what anything below it needs. Here a component's code must
    not change, and with it the component, because something was put into it. A library that is
    imported for its effect, such as a style sheet, has no names.
    """
    used = frozenset(name for text in texts for name in _IDENTIFIER.findall(text)) | {""}
    found = []
    for module in sorted(utils.compile_imports(imports), key=lambda m: m["lib"]):
        default = module["default"] if module["default"] in used else ""
        names = tuple(sorted(name for name in module["rest"] if _local_name(name) in used))
        is_for_effect = not (module["default"] or module["rest"])
        is_local = LOCAL_LIBRARY.match(module["lib"])
        if not is_local and (default or names or is_for_effect):
            found.append(Import(module["lib"], default, names))
    return tuple(found)


def _local_name(imported: str) -> str:
    """Return what "exported as local" is called in the code."""
    return imported.rpartition(" as ")[2]


def is_client_memo(definition: MemoDefinition) -> bool:
    """Tell whether a memo belongs to a client app."""
    return is_client_module(definition.source_module or "")
