"""What became of a decision about what is served, on this node.

A promotion is decided in the database, and whether the version loads is seen afterwards. Whoever
asked waits for that, and hears it: that a version was promoted is not yet that anybody gets it.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.core import apps
from app.core.apps import App, State
from app.core.context import Core
from app.kernel.errors import CoreError
from app.platform.node import Node
from app.source.problems import Problem

LOAD_TIMEOUT_SECONDS = 30.0
"""How long a door waits for a load. It takes less than a second as a rule, and never more than 20,
but others may be before it."""


class NotServed(CoreError):
    """What was decided is not what people get.

    Attributes:
        app: the app as it is now.
        number: the version that was to be served.
        problems: why it is not.
    """

    def __init__(self, app: App, number: int, problems: Sequence[Problem], why: str) -> None:
        super().__init__(f"{why}{_found(problems)}. {_instead(app, number)}")
        self.app = app
        self.number = number
        self.problems = tuple(problems)


class DoesNotLoad(NotServed):
    """The version failed on the server; it is marked so."""


class CannotLoadNow(NotServed):
    """The server could not load the version, through no fault of the version's."""


class StillLoading(NotServed):
    """Nobody knows yet."""


async def require_served(
    core: Core, node: Node, app: App, *, patience: float = LOAD_TIMEOUT_SECONDS
) -> App:
    """Wait until this node serves what was decided, and return the app as it is then.

    Args:
        core: where the app is.
        node: the running node.
        app: the app as it was decided.
        patience: for how many seconds.

    Raises:
        DoesNotLoad, CannotLoadNow, StillLoading: it does not.
    """
    wanted = app.current
    if wanted is None or not app.enabled or app.deleted_at is not None:
        return app
    result = await node.settled(app.id, app.revision, patience)
    now = await apps.get(core, app.id)
    if result.number == wanted and not result.problems:
        return now
    if result.loading:
        why = f"version {wanted} of {app.id} is still being loaded, after {patience:g} s"
        raise StillLoading(now, wanted, (), why)
    version = await apps.version(core, app.id, wanted)
    if version.state is State.FAILED:
        problems = tuple(Problem(**found) for found in version.problems)
        raise DoesNotLoad(now, wanted, problems, f"version {wanted} of {app.id} does not load")
    if now.revision == app.revision and result.problems:
        why = f"version {wanted} of {app.id} cannot be loaded at the moment"
        raise CannotLoadNow(now, wanted, result.problems, why)
    return now  # somebody else decided something else meanwhile


def _found(problems: Sequence[Problem]) -> str:
    if not problems:
        return ""
    first, *others = problems
    place = f"{first.place}: " if first.place else ""
    more = f" (and {len(others)} more)" if others else ""
    return f": {place}{first.message.rstrip('.')}{more}"


def _instead(app: App, number: int) -> str:
    if app.current == number:
        return "It is what people get as soon as it is loaded; until then they keep what they have"
    if app.current is None:
        return "Nobody gets the app"
    return f"Version {app.current} is served instead"
