"""Capabilities that the running client app was granted, and refusing what it was not.

What counts is both declared by the running version and granted by an administrator. `confined`
names the grants for code below it: handlers, tasks and worker threads inherit them by context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextvars import ContextVar

from app.kernel.errors import Forbidden


class CapabilityNotGranted(Forbidden):
    """A client app did what it has no capability for.

    Attributes:
        app_id: the app.
        capability: what it lacks, such as "network".
        remedy: what to do about it, and by whom.
    """

    app_id: str
    capability: str
    remedy: str

    def __init__(self, app_id: str, capability: str, remedy: str) -> None:
        super().__init__(f"{app_id} was not granted {capability!r}. {remedy}")
        self.app_id = app_id
        self.capability = capability
        self.remedy = remedy


class Grants(AbstractSet[str]):
    """What one version of an app may do at the moment.

    Asks anew at every use, so that a grant that is taken away ends at once for tasks that run.

    Args:
        app_id: the app.
        declared: what the version declares.
        granted: returns what administrators granted.
    """

    def __init__(
        self, app_id: str, declared: AbstractSet[str], granted: Callable[[], AbstractSet[str]]
    ) -> None:
        self.app_id = app_id
        self._declared = frozenset(declared)
        self._granted = granted

    def __contains__(self, capability: object) -> bool:
        return (
            isinstance(capability, str)
            and is_granted(capability, self._declared)
            and is_granted(capability, self._granted())
        )

    def __iter__(self) -> Iterator[str]:
        known = self._declared | self._granted()
        return (capability for capability in sorted(known) if capability in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def require(self, capability: str) -> None:
        """Return if the app has the capability.

        Raises:
            CapabilityNotGranted: it has not.
        """
        if not is_granted(capability, self):
            raise CapabilityNotGranted(self.app_id, capability, self._remedy(capability))

    def _remedy(self, capability: str) -> str:
        declare = f'List "{capability}" in AppEntry.capabilities'
        grant = f"an administrator can grant it on the page /admin/apps/{self.app_id}"
        if is_granted(capability, self._declared):
            return f"{grant[0].upper()}{grant[1:]}."
        if is_granted(capability, self._granted()):
            return f"It is granted, but this version does not declare it. {declare}."
        return f"{declare}; then {grant}."


def is_granted(capability: str, granted: AbstractSet[str]) -> bool:
    """Whether `granted` has `capability`; to be granted to write includes to read."""
    if capability in granted:
        return True
    context, _, verb = capability.partition(":")
    return verb == "read" and f"{context}:write" in granted


def not_granted(asked: Iterable[str], granted: AbstractSet[str]) -> list[str]:
    """Return which of the capabilities asked for `granted` has not."""
    return [each for each in asked if not is_granted(each, granted)]


_confined: ContextVar[Grants | None] = ContextVar("graft_confined", default=None)


def confinement() -> Grants | None:
    """Return the grants of the app that runs; None for the core, and in development."""
    return _confined.get()


class confined:
    """Run the body of the `with` statement with these grants; None lifts all limits.

    The core lifts them around its own connections, which an app causes but does not make: to the
    database, to the bus. A class, because every event of an app enters one, and a generator costs
    three times as much.
    """

    __slots__ = ("_grants", "_token")

    def __init__(self, grants: Grants | None) -> None:
        self._grants = grants

    def __enter__(self) -> None:
        self._token = _confined.set(self._grants)

    def __exit__(self, *error: object) -> None:
        _confined.reset(self._token)
