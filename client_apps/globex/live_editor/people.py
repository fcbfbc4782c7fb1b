"""How a person appears to the others: initials and a color that is always the same."""

from __future__ import annotations

from hashlib import blake2b

# Radix scales that can be told apart next to each other, in light and in dark mode.
COLORS = ("tomato", "violet", "teal", "orange", "blue", "crimson", "grass", "cyan", "plum", "brown")


def initials(name: str) -> str:
    """Return one or two letters for a name: "Ada Lovelace" -> "AL", "" -> "?"."""
    words = name.split()
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def color_of(user_id: str) -> str:
    """Return the Radix scale of a user: the same in every session and on every machine."""
    return COLORS[blake2b(user_id.encode(), digest_size=2).digest()[0] % len(COLORS)]
