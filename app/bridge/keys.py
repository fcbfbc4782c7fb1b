"""React keys for the elements of a page.

React tells elements without a key apart by their place. When a new version of a page has one
element more, everything after it would be another element than before: typed text, focus and open
dialogs would be lost. So every element gets a key from its id or, without one, from its component
and how many of that came before.

The branches of `rx.cond` and `rx.match` get none. Only one of them is on screen, and React makes
one out of the other as it does on a page that was compiled in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

_NOT_ELEMENTS = ("iterable", "match_cases", "cond_state", "contents")


def with_keys(element: Any, choosing: Collection[str] = ()) -> Any:
    """Return a rendered element (`Component.render()`) whose children, to any depth, have keys.

    Args:
        element: the rendered element.
        choosing: names of components that show one of their children.
    """
    if not isinstance(element, Mapping) or not _is_element(element):
        return element
    children = [with_keys(child, choosing) for child in element.get("children", ())]
    if element.get("name") not in choosing:
        seen: Counter[str] = Counter()
        children = [_keyed(child, seen) for child in children]
    return {**element, "children": children}


def _is_element(child: Any) -> bool:
    return isinstance(child, Mapping) and not any(name in child for name in _NOT_ELEMENTS)


def _keyed(child: Any, seen: Counter[str]) -> Any:
    if not child or not _is_element(child):
        return child
    props = child["props"]
    if any(prop.startswith(("key:", '"key":')) for prop in props):
        return child
    basis = next((prop for prop in props if prop.startswith('id:"')), child.get("name") or "")
    seen[basis] += 1
    key = f"{basis} {seen[basis]}".replace("\\", "").replace('"', "")
    return {**child, "props": [*props, f'key:"{key}"']}
