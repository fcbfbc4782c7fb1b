"""`rx.script("code")`: its text is served as a file of the app's version.

A page's Content-Security-Policy has no place for code in the page itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, MutableMapping
from typing import Any

from reflex_base.vars.base import LiteralVar
from reflex_base.vars.sequence import LiteralStringVar
from reflex_components_core.base.bare import Bare
from reflex_components_core.core.helmet import Helmet
from reflex_components_core.el.elements.scripts import Script

_JAVASCRIPT = frozenset({"text/javascript", "application/javascript", "module"})


def name_of(text: str) -> str:
    """Return the name under which a script is kept: no module of an app has it."""
    return f"script-{hashlib.sha256(text.encode()).hexdigest()}"


def take_out(component: Any, base: str, taken: MutableMapping[str, str]) -> None:
    """Let the scripts in a component be loaded from files.

    Args:
        component: it is changed.
        base: the address of the files, with a slash at the end.
        taken: gets the texts by name.

    Raises:
        ValueError: a script would never run.
    """
    for script, is_in_head in _scripts(component, False):
        text = _text_of(script) if is_in_head else None
        if text is None:
            raise ValueError(
                "a script with its code in the page is not allowed by the Content-Security-Policy"
                " unless it is rx.script with a text that is known when the page is built; put the"
                " code into a file in assets/ and use rx.script(src=AppEntry.asset(...)), or run it"
                " with rx.call_script"
            )
        name = name_of(text)
        taken[name] = text
        script.children = []
        script.src = LiteralVar.create(f"{base}{name}.js")


def _scripts(component: Any, is_in_head: bool) -> Iterator[tuple[Script, bool]]:
    """Return the scripts with their code in the page, and whether they are put into its head."""
    if isinstance(component, Script) and component.src is None and _is_javascript(component):
        yield component, is_in_head
    for child in component.children:
        yield from _scripts(child, isinstance(component, Helmet))


def _is_javascript(script: Script) -> bool:
    kind = getattr(script.type, "_var_value", script.type)
    return kind is None or kind in _JAVASCRIPT


def _text_of(script: Script) -> str | None:
    """Return the code; None if it is known in the browser only."""
    parts = [getattr(child, "contents", None) for child in script.children]
    if not all(isinstance(child, Bare) for child in script.children):
        return None
    if not all(isinstance(part, LiteralStringVar) for part in parts):
        return None
    return "".join(part._var_value for part in parts if part is not None)
