"""Calling an app's `upgrade`: which gets the values of a session, and returns what is to be there.

The author knows states by the names of their classes, Graft by full names. Two classes of one name
are told apart by their modules: `cart.ListState`, `orders.ListState`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.rules.signatures import WrongUpgrade, takes
from app.sdk.entry import DynamicApp

Values = dict[str, dict[str, Any]]
"""Name of a state -> name of a var -> value."""


@dataclass(frozen=True)
class StateName:
    """What an author calls a state: the module in the app's folder, and the class."""

    module: str
    name: str

    @staticmethod
    def of(cls: type) -> StateName:
        """Return the name of a state of a client app."""
        return StateName(".".join(cls.__module__.split(".")[3:]), cls.__qualname__)


class UpgradeEnds(RuntimeError):
    """`upgrade` tried to end the server, or whatever it runs in."""


def rewrites(entry: type[DynamicApp]) -> bool:
    """Tell whether an app has an `upgrade` of its own."""
    return getattr(entry.upgrade, "__func__", entry.upgrade) is not _nothing_to_do


def upgraded(
    entry: type[DynamicApp],
    values: Mapping[str, dict[str, Any]],
    before: Mapping[str, StateName],
    now: Mapping[str, StateName],
    previous: str,
    unseen: Collection[tuple[str, str]] = (),
) -> tuple[Values, list[str]]:
    """Let an app rewrite the values that a session has on their way into another version.

    Args:
        entry: the app's entry of that version.
        values: full name of a state -> its values.
        before: full name -> name of the states that the values are of.
        now: full name -> name of the states of the version.
        previous: the author's version that the values are of.
        unseen: full name of a state and name of a var that nobody looked at yet.

    Returns:
        Full name of a state -> its values, and the names that belong to no state.
    Raises whatever the app raises.
    """
    if not rewrites(entry):
        return dict(values), []
    if _is_for_one_state(entry):
        return _each(entry, values, now, previous, unseen), []
    labels = _labels({**before, **now})
    given = {labels[full]: dict(values.get(full, {})) for full in (*before, *now)}
    returned = _asked(entry, given, previous)
    _check(returned)
    full_names = {label: full for full, label in labels.items()}
    unknown = [str(label) for label in returned if label not in full_names]
    return {full_names[k]: dict(v) for k, v in returned.items() if k in full_names}, unknown


def _each(
    entry: Any,
    values: Mapping[str, dict[str, Any]],
    now: Mapping[str, StateName],
    previous: str,
    unseen: Collection[tuple[str, str]],
) -> Values:
    """Call an `upgrade` as packages have it that were written for one state at a time: for those
    of which somebody saw something, with what was seen.
    """
    done = {full: dict(held) for full, held in values.items()}
    for full, name in now.items():
        held = {n: v for n, v in done.get(full, {}).items() if (full, n) not in unseen}
        if held:
            returned = _asked(entry, name.name.rpartition(".")[2], held, previous)
            _check({name.name: returned})
            rest = {n: v for n, v in done[full].items() if n not in held}
            done[full] = {**rest, **returned}
    return done


def _asked(entry: Any, *arguments: Any) -> Any:
    """Call `upgrade`. Raises what it raises, but nothing that is no `Exception`."""
    try:
        return entry.upgrade(*arguments)
    except Exception:
        raise
    except BaseException as error:  # sys.exit() would end the server
        raise UpgradeEnds(f"upgrade raised {type(error).__name__}") from error


def _is_for_one_state(entry: type[DynamicApp]) -> bool:
    """Tell whether `upgrade` takes (state, values, previous), as it did first."""
    return not takes(entry.upgrade, 2)


def _labels(names: Mapping[str, StateName]) -> dict[str, str]:
    several = Counter(name.name for name in names.values())
    return {
        full: f"{name.module}.{name.name}" if several[name.name] > 1 else name.name
        for full, name in names.items()
    }


def _check(returned: Any) -> None:
    if not isinstance(returned, Mapping):
        raise WrongUpgrade(f"upgrade returned {_kind(returned)} instead of the values")
    for name, held in returned.items():
        if not isinstance(held, Mapping):
            raise WrongUpgrade(f"upgrade returned {_kind(held)} as the values of {name}")


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"an object of {type(value).__name__}"


_nothing_to_do = DynamicApp.upgrade.__func__  # type: ignore[attr-defined]
