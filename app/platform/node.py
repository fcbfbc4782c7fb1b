"""The port through which the platform reaches the running node; `app.server` has the adapter."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.node.app_settings import Verdict
from app.node.observe.applog import Line
from app.node.observe.error_lists import AppErrorEntry
from app.node.observe.usage import Minute
from app.platform.described import Viewers
from app.source.problems import Problem


@dataclass(frozen=True, slots=True)
class FailingApp:
    """An app whose newest version a node could not load.

    Attributes:
        problem: the first thing that is wrong, if it is known.
        at: when it was tried.
    """

    app_id: str
    problem: Problem | None
    at: datetime


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A node, as it is now.

    Attributes:
        name: what logs and the audit log call it.
        version: of Graft.
        python: version of Python.
        started_at: when it started.
        open_pages: browser tabs that are connected.
        installed: apps that it knows.
        loaded: apps that are in its memory.
        memory: bytes that the process uses; 0 where the system does not tell.
        failing: apps that fail on it.
    """

    name: str
    version: str
    python: str
    started_at: datetime
    open_pages: int
    installed: int
    loaded: int
    memory: int
    failing: tuple[FailingApp, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a node serves of an app.

    Attributes:
        number: the version that everybody gets there; None: none.
        problems: why it is not the one that they should get.
        loading: whether it is not known yet.
    """

    number: int | None
    problems: tuple[Problem, ...] = ()
    loading: bool = False


@dataclass(frozen=True, slots=True)
class FolderUse:
    """What an app keeps in one of its folders on a node.

    Attributes:
        organisation: id of the organisation whose folder it is; None: all share it.
        files: how many files are in it.
        size: their bytes.
    """

    organisation: str | None
    files: int
    size: int


class Node(Protocol):
    """What the nodes of a server know of the apps that run on them."""

    async def all(self) -> Sequence[NodeFacts]:
        """Return every node."""
        ...

    async def expect(self, app_id: str, number: int) -> None:
        """Hear that a version is about to be promoted; it never fails."""
        ...

    async def settled(self, app_id: str, revision: int, seconds: float) -> Settled:
        """Bring an app in step with what was decided about it in a revision, and load what
        everybody is to get; return how that went, or what is known after so many seconds. It goes
        on then.
        """
        ...

    async def serving(self, app_id: str) -> Settled:
        """Return what is served of an app as it is now; nothing is loaded for it."""
        ...

    async def lines(self, app_id: str, limit: int) -> Sequence[Line]:
        """Return the newest log lines of an app, the oldest first."""
        ...

    def follow(self, app_id: str, backlog: int) -> AsyncGenerator[Line, None]:
        """Yield the last `backlog` log lines of an app and then each new one, without end."""
        ...

    async def errors(self, app_id: str) -> Sequence[AppErrorEntry]:
        """Return the errors of an app, the latest first."""
        ...

    async def clear_errors(self, app_id: str) -> None:
        """Clear the list of an app's errors."""
        ...

    async def usage(self, app_id: str, minutes: int) -> Sequence[Minute]:
        """Return the last minutes of an app, the oldest first."""
        ...

    async def viewers(self, app_id: str) -> Viewers:
        """Return who has an app open."""
        ...

    async def folders(self, app_id: str) -> Sequence[FolderUse]:
        """Return what an app keeps in its folders."""
        ...

    def folder_quota(self, app_id: str) -> int:
        """Return how many bytes an app may keep in each of its folders."""
        ...

    async def ask_settings(
        self, app_id: str, number: int, values: Mapping[str, Any] | None
    ) -> Verdict | None:
        """Return what a version says about its settings, and about values if there are some; None
        when it is loaded nowhere.
        """
        ...
