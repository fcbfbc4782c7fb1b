"""One declaration for each function of a context that client apps may call.

    @exposed("documents:read")                      # in app/kernel/contexts: what is promised
    async def get(id: str) -> Document: ...

    @implements(declared.get)                       # in app/core: how it is done
    async def get(id: str) -> Document: ...

What is declared is what apps call. It checks the capability and asks the core in this process, or,
in a block of `calling`, whoever takes calls in its place; names, arguments, results and errors are
the same.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from app.kernel.actor import require

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Exposed:
    """A function of a context, as both sides know it.

    Attributes:
        context: such as "documents".
        name: what apps call it, such as "list".
        capability: what an app needs for it; "" for nothing.
        signature: its parameters and its result.
    """

    context: str
    name: str
    capability: str
    signature: inspect.Signature

    @property
    def path(self) -> str:
        """Where apps import it from: `app.core.documents.list`."""
        return f"app.core.{self.context}.{self.name}"


Call = Callable[[Exposed, Mapping[str, Any]], Awaitable[Any]]
"""Answers a call: of what, with which arguments by name."""

DECLARED: dict[str, Exposed] = {}
"""All that is exposed, by path."""

DECLARATIONS: dict[str, Callable[..., Any]] = {}
"""The functions that declare them, by path."""

IMPLEMENTED: dict[str, Callable[..., Coroutine[Any, Any, Any]]] = {}
"""What the core does for each, by path."""

_calls: ContextVar[Call | None] = ContextVar("graft_calls", default=None)


def exposed(
    capability: str = "", *, name: str = ""
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """Declare a function of the context that the module is named after.

    Args:
        capability: what an app needs for it.
        name: what apps call it, if a built-in function has that name.
    """

    def declare(
        declaration: Callable[P, Coroutine[Any, Any, T]],
    ) -> Callable[P, Coroutine[Any, Any, T]]:
        context = declaration.__module__.rpartition(".")[2]
        what = Exposed(
            context, name or declaration.__name__, capability, inspect.signature(declaration)
        )
        DECLARED[what.path] = what
        DECLARATIONS[what.path] = declaration

        @functools.wraps(declaration)
        async def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            call = _calls.get()
            if call is not None:
                answer: T = await call(what, what.signature.bind(*args, **kwargs).arguments)
                return answer
            if capability:
                require(capability)
            done: T = await IMPLEMENTED[what.path](*args, **kwargs)
            return done

        ask.__dict__["exposed"] = what
        return ask

    return declare


def implements(
    declaration: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """Make a function of the core what a declaration promises. Nobody calls it without the
    capability.
    """
    what: Exposed = declaration.__dict__["exposed"]

    def take(
        function: Callable[P, Coroutine[Any, Any, T]],
    ) -> Callable[P, Coroutine[Any, Any, T]]:
        IMPLEMENTED[what.path] = function
        return function

    return take


@contextmanager
def calling(call: Call) -> Iterator[None]:
    """Send all calls of the block, and of tasks that begin in it, to `call`."""
    token = _calls.set(call)
    try:
        yield
    finally:
        _calls.reset(token)
