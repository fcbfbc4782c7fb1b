"""Errors of the bridge that authors of client apps see."""

from __future__ import annotations


class UnsendableValue(Exception):
    """An event left something in a var that cannot be sent to a browser; it was taken back."""

    remedy = (
        "What the event changed is taken back. Keep it in a backend var (its name begins with an"
        " underscore), and in this var only what the page shows of it."
    )
