"""Pieces of pages that were compiled before, kept for the next save of the same app."""

from __future__ import annotations

from collections import OrderedDict

from app.bridge.compiling.pieces import Piece

MOST_APPS = 64


class KeptPieces:
    """Pieces by app and name, of the apps that were compiled last.

    Only an app that is compiled again can use them, so in production they serve nobody, and few
    are kept: one app's are about as large as its module.
    """

    def __init__(self, most_apps: int = MOST_APPS) -> None:
        self._most_apps = most_apps
        self._by_app: OrderedDict[str, dict[str, Piece]] = OrderedDict()
        self._parsed: dict[str, set[bytes]] = {}

    def of(self, app_id: str) -> dict[str, Piece]:
        """Return the pieces of an app, by name, to be brought up to date by its compilation."""
        kept = self._by_app.setdefault(app_id, {})
        self._by_app.move_to_end(app_id)
        while len(self._by_app) > self._most_apps:
            oldest, _ = self._by_app.popitem(last=False)
            self._parsed.pop(oldest, None)
        return kept

    def parsed(self, app_id: str) -> set[bytes]:
        """Return the digests of what browsers can read of an app, to be brought up to date, too."""
        self.of(app_id)
        return self._parsed.setdefault(app_id, set())
