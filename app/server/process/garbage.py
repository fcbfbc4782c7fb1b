"""When Python looks for garbage: not while a server starts, nor while people wait for a version."""

import asyncio
import contextlib
import functools
import gc
from collections.abc import Awaitable, Callable, Iterator
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

PAUSE_SECONDS = 0.25
"""For so long nothing is looked for once an app changed: it is on the screens by then."""

LOOKS = (10_000, 2, 10)
"""After so many more objects Python looks for garbage among them; after two such looks among those
that were left each time, which keeps a look short; after ten of those, if a quarter is new, among
all. By itself it would look after 700; compiling an app makes thousands that stay.
"""


@contextlib.contextmanager
def resting() -> Iterator[None]:
    """Look for no garbage until `look`: what a start makes is there to stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def look() -> None:
    """Look for garbage from now on, but not among what is there already.

    Reflex and its components are a few hundred thousand objects that live for ever. Left among the
    others, they make each full collection take 200 ms, and compiling an app causes several.
    """
    gc.freeze()
    gc.set_threshold(*LOOKS)
    gc.enable()


def after(change: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Return `change`, which is called on the event loop, with a pause at its beginning.

    However long it takes or how often it is called, the pause is over in time.
    """

    @functools.wraps(change)
    async def paused(*args: P.args, **kwargs: P.kwargs) -> T:
        if gc.isenabled():
            gc.disable()
            asyncio.get_running_loop().call_later(PAUSE_SECONDS, gc.enable)
        return await change(*args, **kwargs)

    return paused
