"""The theme of an app: `rx.theme(…)` around each of its pages.

Reflex puts the theme of `rx.App` at the root of the document. There the core's is; an app's is
within it, around each of its pages. Whether an app begins light or dark is not a part of the
element: the browser follows it (app/browser/appearance.js).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import wraps
from typing import Any

from reflex.compiler import compiler
from reflex_base.components.component import Component
from reflex_base.vars.base import LiteralVar
from reflex_components_radix.themes.base import Theme

_APPEARANCES = ("light", "dark")


def themed(build: Callable[[], Any], theme: Component | None) -> Callable[[], Any]:
    """Return a function that builds what another does, within a theme if there is one.

    Raises:
        TypeError: the theme is none.
    """
    if theme is None:
        return build
    if not isinstance(theme, Theme):
        raise TypeError(
            f"AppEntry.theme is of type {type(theme).__name__}: write rx.theme(accent_color=…)"
        )

    @wraps(build)
    def within() -> Component:
        around: Component = copy.copy(theme)
        around.children = [compiler.into_component(build)]
        return around

    return within


def appearance_of(theme: Component | None) -> str | None:
    """Return "light" or "dark", in which an app with this theme begins; None for as it is."""
    given = getattr(theme, "appearance", None)
    value = given._var_value if isinstance(given, LiteralVar) else None
    return value if value in _APPEARANCES else None
