"""Versions of an app from texts, loaded without a node: fast enough for hundreds of examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from reflex.state import State
from reflex_base.registry import RegistrationContext

from app.bridge import patches
from app.bridge.states import core_states, registration
from app.cell.compiling.front_end import FrontEnd
from app.cell.compiling.pieces import KeptPieces
from app.cell.loading.loader import LoadContext, load_version
from app.cell.loading.version import LoadedVersion
from app.kernel.actor import Actor, Organisation, User
from app.node.sessions.sessions import Session
from app.sdk.scope import AppInfo, Change, Member, Scope
from app.source.app_source import read_source
from app.testing.isolated import own_modules, own_registry

WRAPS = frozenset({(100, "StateProvider"), (90, "EventLoopProvider")})

ENTRY = """
import reflex as rx
from app.sdk import DynamicApp

{body}

def index():
    return rx.fragment()

class AppEntry(DynamicApp):
    name = "Test"
    version = {version!r}
    pages = {{"/": index}}
{extra}
"""


class QuietHost:
    """A host for apps that are only loaded."""

    def asset_url(self, app: AppInfo, name: str) -> str:
        return f"/assets/{app.id}/{name}"

    def beside_url(self, app: AppInfo, path: str) -> str:
        return f"/beside/{app.id}/{path}"

    def is_outdated(self, app: AppInfo) -> bool:
        return False

    def settings_values(self, app: AppInfo) -> Mapping[str, Any]:
        return {}

    def folder(self, scope: Scope, *, shared: bool) -> Path:
        return Path("shared" if shared else "own")

    def changes_file(self, scope: Scope, path: str, change: Change) -> bool:
        return True

    async def broadcast(self, scope: Scope, event: Any, *, to_self: bool) -> None: ...

    async def subscribe(self, scope: Scope, topic: str, handler: Any) -> None: ...

    async def presence_set(self, scope: Scope, topic: str, meta: Mapping[str, Any]) -> None: ...

    async def presence_leave(self, scope: Scope, topic: str) -> None: ...

    def presence_here(self, scope: Scope, topic: str) -> Sequence[Member]:
        return ()


class Workshop:
    """Loads versions of apps from texts."""

    def __init__(self, root: Path, core: RegistrationContext) -> None:
        self._root = root
        self._number = 0
        self._pieces = KeptPieces()
        self.core = core
        self.libraries: Callable[[str], bool] = lambda library: True

    def load(self, files: Mapping[str, str] | str, app_id: str = "acme/made") -> LoadedVersion:
        """Load a version of an app from its files, or from the text of entry.py."""
        texts = {"entry.py": files} if isinstance(files, str) else files
        folder = self._root / "client_apps" / app_id
        for old in folder.rglob("*.py"):
            old.unlink()
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return self.load_folder(folder)

    def load_folder(self, folder: Path) -> LoadedVersion:
        """Load the app in a folder `…/<client>/<app>`."""
        self._number += 1
        context = LoadContext(
            self.core, QuietHost(), FrontEnd(self.libraries, WRAPS), pieces=self._pieces
        )
        version = load_version(read_source(folder), self._number, context, {})
        return cast(LoadedVersion, version)

    def states(self, body: str, *, version: str = "1.0.0", extra: str = "") -> LoadedVersion:
        """Load an app whose entry.py has these states (and whatever else) in it."""
        return self.load(ENTRY.format(body=body, version=version, extra=extra))

    def session(self, token: str = "token") -> tuple[Session, State]:
        """Return a new session and its state tree."""
        with registration.active(self.core):
            root = State(_reflex_internal_init=True)
        return Session(token=token, actor=ADA, core=self.core), root


ADA = Actor(user=User("u1", "Ada", "ada@demo.example"), organisation=Organisation("o1", "Demo"))


@contextmanager
def workshop(root: Path) -> Iterator[Workshop]:
    """Load versions below `root` inside the `with` statement, in a registry of its own."""
    patches.install()
    with own_registry(), own_modules():
        core = RegistrationContext.get()
        core_states.seal(core)
        yield Workshop(root, core)
