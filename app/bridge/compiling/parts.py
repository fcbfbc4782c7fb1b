"""Components that vars hold: what pages make of such a var, and what a browser is sent of one.

Reflex sends the text of a module, which the page evaluates from a `data:` address, with libraries
out of `window.__reflex` or from a public CDN. Here a var arrives as the address of a module that
was written for the tab (`Part`), and `GraftPart` of app/browser/in_pages.js shows what is there.
"""

from __future__ import annotations

import copy
import re
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from reflex.compiler import compiler, utils
from reflex_base.compiler import templates
from reflex_base.components.component import BaseComponent, Component
from reflex_base.utils.imports import ImportVar
from reflex_base.utils.serializers import serializer
from reflex_base.vars import base
from reflex_base.vars.base import LiteralVar, Var, VarData
from reflex_components_core.base.bare import Bare

from app.bridge.compiling.in_pages import LIBRARY
from app.bridge.compiling.pieces import LOCAL_LIBRARY, Piece, used_imports, with_plain_refs

_SHOW = "GraftPart"
# In the body of a component that Reflex makes: what it is given to show.
_HOLE = re.compile(r"\(*children\b")

_collecting: ContextVar[list[Part] | None] = ContextVar("graft_parts", default=None)


@dataclass(frozen=True)
class Part:
    """A component that a var holds, as a browser gets it.

    Attributes:
        address: of its module; it is what the var is sent as.
        code: the module's text.
    """

    address: str
    code: str


def install(write: Callable[[Piece], Part]) -> None:
    """Let vars hold components; doing it again only changes what writes their modules.

    Raises what `write` raises when a var is sent.
    """

    def make_component(component: Component) -> str:
        part = write(piece_of(component))
        collecting = _collecting.get()
        if collecting is not None:
            collecting.append(part)
        return part.address

    serializer(make_component, overwrite=True)
    base.dispatchers[Component] = _shown
    if not hasattr(Bare.create, "_graft_patched"):
        Bare.create = classmethod(_showing(Bare.create.__func__))


@contextmanager
def collected() -> Iterator[list[Part]]:
    """Give a list of the components that are sent, inside the `with` statement."""
    parts: list[Part] = []
    token = _collecting.set(parts)
    try:
        yield parts
    finally:
        _collecting.reset(token)


def piece_of(component: Component) -> Piece:
    """Return the JavaScript of a component that no page has in it.

    Raises:
        ValueError: it shows an `rx.memo` component, whose code is in the app's module only.
    """
    # Styling changes it, and it may be sent again.
    styled = copy.deepcopy(component)
    styled._add_style_recursive({})
    imports = utils.merge_imports(compiler._MEMO_BASE_IMPORTS, styled._get_all_imports())
    compiler._apply_common_imports(imports)
    for library, names in imports.items():
        if LOCAL_LIBRARY.match(library):
            raise ValueError(
                f"{', '.join(str(one.tag).split('_')[0] for one in names)} is an rx.memo component,"
                " which pages can show and vars cannot hold; make it a plain function"
            )
    preamble = (*sorted(styled._get_all_dynamic_imports()), *styled._get_all_custom_code())
    code = templates._RenderUtils.render(styled.render())
    hooks = templates._render_hooks(with_plain_refs(styled._get_all_hooks()))
    return Piece(
        name="Part",
        imports=used_imports(imports, (*preamble, code, hooks)),
        preamble=preamble,
        code=code,
        hooks=hooks,
    )


def _shown(value: Var[str]) -> Var[Component]:
    """Return what shows the component that a var of a state holds."""
    return _shows(value)


def _shows(value: Var[Any]) -> Var[Any]:
    data = VarData(
        imports={LIBRARY: [ImportVar(tag=_SHOW)], "react": [ImportVar(tag="createElement")]}
    )
    return value._replace(
        _js_expr=f"createElement({_SHOW}, {{of: {value!s}}})",
        _var_type=Component,
        merge_var_data=data,
    )


def _showing(original: Any) -> Any:
    """Let an item of a list, or an attribute of an object, be shown if it is a component."""

    def create(cls: type[Bare], contents: Any) -> Component:
        if isinstance(contents, Var) and _holds_component(contents):
            contents = _shows(contents)
        made: Component = original(cls, contents)
        return made

    create._graft_patched = True  # type: ignore[attr-defined]
    return create


def _holds_component(var: Var[Any]) -> bool:
    """Tell whether a var is, for all that is known, a component by name, or a list of them."""
    if isinstance(var, LiteralVar) or _HOLE.match(str(var)) or _SHOW in str(var):
        return False
    return _is_component(var._var_type)


def _is_component(declared: Any) -> bool:
    origin = get_origin(declared)
    if origin in (list, tuple, Union, types.UnionType):
        return any(_is_component(one) for one in get_args(declared))
    return isinstance(declared, type) and issubclass(declared, BaseComponent)
