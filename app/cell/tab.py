"""What one browser tab has of client apps: their versions, and values that were put aside."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

from app.bridge.states import registration
from app.bridge.types import BaseState, RegistrationContext
from app.cell.loading.version import LoadedVersion
from app.cell.values.parked import Kept, Parked


@dataclass(eq=False, kw_only=True)
class Tab:
    """The apps of one browser tab.

    Attributes:
        token: Reflex's client token.
        core: registry with the core's states.
        attached: app id -> version whose states are part of the tab's state tree.
        parked: app id -> values of states that were taken out of the tree.
        kept: app id -> what former versions had that the attached one has no place for.
        links: app id -> names of states that it shares and the attached version does not have.
        merged: ids of the apps whose states the browser holds.
        unstored: app id -> keys of vars that live in the browser's storage, which does not have
            there yet what the attached version has: another version kept them in another place.
        expired: called when Reflex let go of the tab's state tree.
    """

    token: str
    core: RegistrationContext
    attached: dict[str, LoadedVersion] = field(default_factory=dict)
    parked: dict[str, Parked] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)
    links: dict[str, dict[str, str]] = field(default_factory=dict)
    merged: set[str] = field(default_factory=set)
    unstored: dict[str, frozenset[str]] = field(default_factory=dict)
    expired: Callable[[], None] = lambda: None
    _root: weakref.ref[BaseState] | None = None
    _registration: RegistrationContext | None = None

    @property
    def root(self) -> BaseState | None:
        """The root of its state tree, for as long as Reflex keeps it."""
        return self._root() if self._root is not None else None

    @property
    def registration(self) -> RegistrationContext:
        """Reflex's registry as this tab sees it: the core and the apps it has open."""
        if self._registration is None:
            parts = [version.registration for version in self.attached.values()]
            if not parts:
                self._registration = self.core
            elif len(parts) == 1:
                self._registration = parts[0]
            else:
                self._registration = registration.merge(self.core, parts)
        return self._registration

    def attach(self, version: LoadedVersion) -> None:
        """Note that the states of `version` are part of the tree."""
        self.attached[version.info.id] = version
        self._forget()

    def detach(self, app_id: str) -> None:
        """Note that the app's states are not part of the tree any more."""
        self.attached.pop(app_id, None)
        self._forget()

    def use_root(self, root: BaseState) -> None:
        """Notice when the state tree is another one than before (it expired, or a restart)."""
        if self._root is not None and self._root() is root:
            return
        self._root = weakref.ref(root, lambda _: self.expired())
        self.attached.clear()
        self.kept.clear()
        self.links.clear()
        self.merged.clear()
        self._forget()

    def _forget(self) -> None:
        """Drop what follows from which versions are attached."""
        self._registration = None
