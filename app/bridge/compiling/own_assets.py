"""`src="/logo.png"`: a file in the assets of the app, as in Reflex.

Reflex serves `assets/` at the top of the site, where Graft has none of an app's: such an address
becomes that of the version's file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from reflex_base.vars.base import LiteralVar
from reflex_base.vars.sequence import LiteralStringVar

_PROPS = ("src", "poster")
_PARTS = re.compile(r"/([^/?#][^?#]*)([?#].*)?", re.DOTALL)


def lead_to_assets(component: Any, address_of: Callable[[str], str | None]) -> None:
    """Let the pictures, sounds and the like in a component be loaded from the app's assets, where
    their address is known when the page is built.

    Args:
        component: it is changed.
        address_of: returns the address of a file in `assets/`, None if there is no such file.
    """
    for prop in _PROPS:
        value = getattr(component, prop, None)
        parts = _PARTS.fullmatch(value._var_value) if isinstance(value, LiteralStringVar) else None
        address = address_of(parts[1]) if parts else None
        if parts and address is not None:
            setattr(component, prop, LiteralVar.create(f"{address}{parts[2] or ''}"))
    for child in component.children:
        lead_to_assets(child, address_of)
