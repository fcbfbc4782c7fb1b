"""The theme of an app, and the style of its whole pages: elements around each of them.

Reflex puts both at the root of the document. There the core's are; an app's are within them, around
each of its pages. Whether an app begins light or dark is not a part of the
element: the browser follows it (app/browser/screen/appearance.js).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from reflex.compiler import compiler
from reflex_base.components.component import Component
from reflex_base.vars.base import LiteralVar
from reflex_components_core.el.elements.typography import Div
from reflex_components_radix.themes.base import Theme

_APPEARANCES = ("light", "dark")
_BAR = "37px"  # app/browser/screen/panels.js


@dataclass(frozen=True)
class Look:
    """What an app has around each of its pages.

    Attributes:
        theme: as in `rx.App(theme=…)`; None for that of Graft.
        style: as in `rx.App(style=…)`. What is said of a component is no part of this.
        frame: whether Graft's bar is above the page.
    """

    theme: Component | None
    style: Mapping[Any, Any]
    frame: bool

    def around(self, build: Callable[[], Any]) -> Callable[[], Any]:
        """Return a function that builds what another does, within the theme and the style of the
        whole page, if there are any.

        Raises:
            TypeError: the theme is none.
        """
        theme, rules = self.theme, self._rules()
        if theme is None and not rules:
            return build
        if theme is not None and not isinstance(theme, Theme):
            raise TypeError(
                f"AppEntry.theme is of type {type(theme).__name__}: write rx.theme(accent_color=…)"
            )

        @wraps(build)
        def within() -> Component:
            page = compiler.into_component(build)
            if rules:
                page = Div.create(page, style={"min_height": self._height(), **rules})
            if theme is None:
                return page
            outside: Component = copy.copy(theme)
            outside.children = [page]
            return outside

        return within

    def _rules(self) -> dict[str, Any]:
        """What the style says of the whole page, and of classes and the like in it."""
        named = {key: value for key, value in self.style.items() if isinstance(key, str)}
        return {f"*{key}" if key.startswith(":") else key: value for key, value in named.items()}

    def _height(self) -> str:
        return f"calc(100vh - {_BAR})" if self.frame else "100vh"


def appearance_of(theme: Component | None) -> str | None:
    """Return "light" or "dark", in which an app with this theme begins; None for as it is."""
    given = getattr(theme, "appearance", None)
    value = given._var_value if isinstance(given, LiteralVar) else None
    return value if value in _APPEARANCES else None
