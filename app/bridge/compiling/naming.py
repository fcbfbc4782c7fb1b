"""Names that Reflex makes up while it builds components, made the same on every machine.

`get_unique_variable_name` draws from one random generator for the whole process, so the name
depends on what was compiled before. An app's module is addressed by its digest, so names must
depend on the app only.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from reflex_base.vars import base


@contextmanager
def deterministic_names(seed: str) -> Iterator[None]:
    """Make the names drawn inside the `with` statement depend on `seed` and their order only.

    Only one compile runs at a time (the loader's lock), so replacing the module's generator is
    safe.
    """
    rng, used = base._rng, base.USED_VARIABLES
    fresh = random.Random(seed)  # noqa: S311 - names, not secrets
    base._rng = lambda: fresh
    base.USED_VARIABLES = set()
    try:
        yield
    finally:
        base._rng, base.USED_VARIABLES = rng, used
