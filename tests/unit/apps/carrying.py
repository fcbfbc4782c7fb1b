"""A session that goes from version to version of an app."""

from __future__ import annotations

from typing import Any

from app.bridge.states import instances
from app.cell.attach import attach, take_out
from app.cell.loading.version import LoadedVersion
from app.cell.values.carry import Lost
from app.node.sessions.keeping import read, write
from tests.unit.apps.loading import Workshop


class Journey:
    """One open page; the states of its app are found by the names of their classes."""

    def __init__(self, made: Workshop) -> None:
        self.made = made
        self.session, self.root = made.session()
        self.version: LoadedVersion | None = None
        self.lost: tuple[Lost, ...] = ()

    def go(self, body: str | LoadedVersion, **entry: Any) -> Journey:
        """Move to a version, given or made of the text of its states."""
        version = self.made.states(body, **entry) if isinstance(body, str) else body
        self.lost = attach(self.session, self.root, version)
        self.version = version
        return self

    def leave(self) -> None:
        """Go to another app, as when this one is switched off."""
        assert self.version is not None
        take_out(self.session, self.root, self.version)

    def restart(self) -> None:
        """Leave the app, stop the server and start it again."""
        self.leave()
        parked, _ = read(write(self.session.parked, {}).content)
        self.session, self.root = self.made.session()
        self.session.parked.update(parked)

    def state(self, name: str = "Keeper") -> Any:
        """Return the instance of a state that the session has."""
        return self.root.get_substate(self.find(name).get_full_name().split("."))

    def find(self, name: str, module: str = "entry") -> Any:
        """Return what the version has under a name."""
        assert self.version is not None
        return getattr(self.version.package.modules[f"client_apps.acme.made.{module}"], name)

    def set(self, name: str, code: str, state: str = "Keeper") -> Journey:
        """Give a var a value, written in the words of the app's entry.py."""
        assert self.version is not None
        namespace = vars(self.version.package.modules["client_apps.acme.made.entry"])
        setattr(self.state(state), name, eval(code, namespace, {}))
        return self

    def get(self, name: str, state: str = "Keeper") -> Any:
        """Return the value of a var."""
        return instances.without_proxy(getattr(self.state(state), name))

    def told(self) -> list[str]:
        """Return what was said of the last move."""
        return [str(one) for one in self.lost]
