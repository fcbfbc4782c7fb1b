"""Sort keys for sections: between any two keys there is always room for one more.

A moved or added section gets a key of its own and nobody else's key changes. So two people can
move and add sections at once, and their changes merge field by field like any other.
"""

from __future__ import annotations

LETTERS = "abcdefghijklmnopqrstuvwxyz"
_END = len(LETTERS)


def between(low: str, high: str, tail: str) -> str:
    """Return a key that sorts after `low` and before `high`.

    Args:
        low: key of the section before; "" is the beginning of the list.
        high: key of the section after; "" is the end of the list.
        tail: id of the section that gets the key. It ends the key, so that two people who put two
            sections into the same gap at the same time get different keys.

    Raises:
        ValueError: `low` is not below `high`, or a key ends with "a" (nothing fits before it).
    """
    if high and low >= high:
        raise ValueError(f"no room between {low!r} and {high!r}")
    if any(key.endswith(LETTERS[0]) for key in (low, high, tail)):
        raise ValueError(f"a key must not end with 'a': {low!r}, {high!r}, {tail!r}")
    return _middle(low, high) + tail


def _middle(low: str, high: str) -> str:
    """Return a short key strictly between, of which neither `high` nor a part is the beginning."""
    key = ""
    while True:
        place = len(key)
        floor = LETTERS.index(low[place]) if place < len(low) else 0
        ceiling = LETTERS.index(high[place]) if place < len(high) else _END
        if ceiling - floor > 1:
            return key + LETTERS[(floor + ceiling) // 2]
        key += LETTERS[floor]
        if floor < ceiling:
            high = ""  # from here on everything sorts before it
