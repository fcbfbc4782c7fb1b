"""How `upgrade` can be called. Checking apps needs this, and no Reflex."""

from __future__ import annotations

import inspect
from typing import Any


class WrongUpgrade(TypeError):
    """`upgrade` returned something that is not what it was given."""

    remedy = (
        "Return what it was given, with your changes: name of a state -> name of a var -> value."
    )


def takes_values(entry: Any) -> bool:
    """Tell whether the `upgrade` of an app's entry can be called: with the values and the previous
    version, or with a state before them, as it was first.
    """
    return takes(entry.upgrade, 2) or takes(entry.upgrade, 3)


def takes(function: Any, arguments: int) -> bool:
    """Tell whether a function can be called with so many arguments."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # it is no Python function: calling it will tell
        return arguments == 2
    try:
        signature.bind(*range(arguments))
    except TypeError:
        return False
    return True
