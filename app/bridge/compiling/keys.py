"""React keys for the elements of pages and components.

React tells elements without a key apart by their place. When a new version has one element more,
everything after it would be another element than before: typed text, focus and open dialogs would
be lost. So every element gets a key that depends on its place as little as possible: from its id,
from the name under which a form sends it, or else from its component and how many of that came
before.

The branches of `rx.cond` and `rx.match` get none of their own. Only one of them is on screen, and
React makes one out of the other as it does on a page that was compiled in.

Generated keys begin with `MARK`. Those of a page are only a first guess: where the host knows
better which element of the version before one stands for, it replaces them
(app/browser/screen/adopt.js).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

MARK = "~"

_NOT_ELEMENTS = ("iterable", "match_cases", "cond_state", "contents")
_OF_ITS_OWN = re.compile(r'(id|name):"((?:[^"\\]|\\.)*)"')


def with_keys(
    element: Any, local: Collection[str] = frozenset(), choosing: Collection[str] = frozenset()
) -> Any:
    """Return a rendered element (`Component.render()`) whose children, to any depth, have keys.

    Args:
        element: an element, or what else Reflex renders in the place of one.
        local: names of the app's own components. Their names change with their code; what stays
            is the `place` that the host gives them.
        choosing: names of those of them that show one of their children.
    """
    if not isinstance(element, Mapping) or "contents" in element:
        return element
    if "cond_state" in element or "match_cases" in element:
        return _each_branch(element, lambda branch: with_keys(branch, local, choosing))
    children = [with_keys(child, local, choosing) for child in element.get("children", ())]
    # The one child of an iterable is its item, which has a key already.
    if "iterable" not in element and element.get("name") not in choosing:
        seen: Counter[str] = Counter()
        children = [_keyed(child, local, seen) for child in children]
    return {**element, "children": children}


def _each_branch(element: Mapping[str, Any], change: Any) -> dict[str, Any]:
    """Return a cond or match with all that it may show changed."""
    if "cond_state" in element:
        return {**element, **{k: change(element[k]) for k in ("true_value", "false_value")}}
    cases = [(conditions, change(shown)) for conditions, shown in element["match_cases"]]
    return {**element, "match_cases": cases, "default": change(element["default"])}


def _keyed(child: Any, local: Collection[str], seen: Counter[str]) -> Any:
    """Return a child with a key that none of its siblings has."""
    if not child or not isinstance(child, Mapping) or "contents" in child:
        return child
    basis = _basis(child)
    seen[basis] += 1
    if basis in local:
        return _with_key(child, f'{basis}.place+"{seen[basis]}"')
    return _with_key(child, f'"{MARK}{basis} {seen[basis]}"')


def _basis(child: Mapping[str, Any]) -> str:
    """Return what a key is made from, fit for the inside of a JavaScript string."""
    for kind in _NOT_ELEMENTS:
        if kind in child:
            return kind
    own = {found[1]: found[2] for prop in child["props"] if (found := _OF_ITS_OWN.fullmatch(prop))}
    for attribute in ("id", "name"):
        if attribute in own:
            return f"{attribute}:{own[attribute]}"
    return str(child.get("name") or "").strip('"')  # HTML's own elements are strings


def _with_key(child: Any, key: str) -> Any:
    if not isinstance(child, Mapping) or "contents" in child:
        return child
    if "iterable" in child:
        return {"name": "Fragment", "props": [f"key:{key}"], "children": [child]}
    if "cond_state" in child or "match_cases" in child:
        # One key for whatever it shows: as without keys, React compares it with what was shown.
        return _each_branch(child, lambda branch: _with_key(branch, key))
    if any(prop.startswith(("key:", '"key":')) for prop in child["props"]):
        return child
    return {**child, "props": [*child["props"], f"key:{key}"]}
