"""When Python looks for garbage: not while a server starts, then as suits one that loads apps."""

import gc

LOOKS = (10_000, 2, 10)
"""After so many more objects Python looks for garbage among them; after two such looks among those
that were left each time, which keeps a look short; after ten of those, if a quarter is new, among
all. By itself it would look after 700; compiling an app makes thousands that stay.
"""


def rest() -> None:
    """Look for no garbage until `look`: what a start makes is there to stay."""
    gc.disable()


def look() -> None:
    """Look for garbage from now on, but not among what is there already.

    Reflex and its components are a few hundred thousand objects that live for ever. Left among the
    others, they make each full collection take 200 ms, and compiling an app causes several.
    """
    gc.freeze()
    gc.set_threshold(*LOOKS)
    gc.enable()
