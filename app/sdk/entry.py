"""The entry point of a client app: `AppEntry` in `entry.py` derives from one of these classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel

from app.sdk.scope import scope_of_addresses


@dataclass(frozen=True)
class Page:
    """A page with more than its component.

    Attributes:
        component: a function without parameters that returns a Reflex component.
        title: the browser's title, a text or a var that it follows; default is the app's name.
        on_load: event handler(s) to run whenever the page is opened, as in `rx.page`.
    """

    component: Callable[[], Any]
    title: object = None
    on_load: Any = None


class ClientApp:
    """What both kinds of client app declare about themselves.

    Attributes:
        capabilities: what the app asks for, such as "documents:read".
        origins: other servers that its pages load from, each with what is loaded, such as
            "img https://tile.example.org"; see `app.kernel.origins`.
    """

    name: ClassVar[str] = ""
    version: ClassVar[str] = "0.0.0"
    url: ClassVar[str] = ""
    description: ClassVar[str] = ""
    icon: ClassVar[str] = "box"
    capabilities: ClassVar[Sequence[str]] = ()
    origins: ClassVar[Sequence[str]] = ()

    @classmethod
    def asset(cls, name: str) -> str:
        """Return the URL of a file in the app's `assets/` folder.

        Raises:
            FileNotFoundError: when the version that runs has no such file.
        """
        running = scope_of_addresses()
        return running.host.asset_url(running.app, name)

    @classmethod
    def link(cls, path: str = "/") -> str:
        """Return the absolute path of a page of the running app, to use in links and redirects."""
        return f"/apps/{scope_of_addresses().app.url}/{path.lstrip('/')}".rstrip("/")


class DynamicApp(ClientApp):
    """A hot-loaded app whose pages are ordinary Reflex components.

    Attributes:
        pages: url template below the app's route -> component function or `Page`; "/" is required.
        stylesheets: CSS files in `assets/` that are loaded while the app is open.
        style: component styles, as in `rx.App(style=...)`, for this app's pages only.
        theme: `rx.theme(...)`, as in `rx.App(theme=...)`, around this app's pages; None for that of
            Graft.
        settings: a Pydantic model of what an administrator can set, read with `app.sdk.settings`.
        on_settings: event handler(s) to run in every open page of the app when settings changed.
        on_resume: event handler(s) to run in a tab whose state came back without what ran in it.
        processes: persistent processes of the app. This version of Graft runs none: an app that
            names some is refused.
        frame: whether Graft shows a slim bar with the app's name and the way to all apps above it.
    """

    pages: ClassVar[Mapping[str, Callable[[], Any] | Page]] = {}
    stylesheets: ClassVar[Sequence[str]] = ()
    style: ClassVar[Mapping[Any, Any]] = {}
    theme: ClassVar[Any] = None
    settings: ClassVar[type[BaseModel] | None] = None
    on_settings: ClassVar[Any] = None
    on_resume: ClassVar[Any] = ()
    processes: ClassVar[Sequence[type]] = ()
    frame: ClassVar[bool] = True

    @classmethod
    def upgrade(cls, values: dict[str, dict[str, Any]], previous: str) -> dict[str, dict[str, Any]]:
        """Rewrite the values of a session on their way into this version.

        Args:
            values: name of a state class -> var name -> value in the previous version: all of them,
                also of states and vars that are gone. A state that the previous version does not
                have is there and empty. Two states of one name have their modules before it.
            previous: the author's version string of the version the values come from.

        Returns:
            The values to carry over; those that do not fit a var of this version are left out, and
            the session is told so. What raises keeps the session with the version that it has.
        """
        return values


class StaticApp(ClientApp):
    """A finished single page app, served as it is at the same route.

    Attributes:
        root: folder below the app that holds `index.html`.
    """

    root: ClassVar[str] = "dist"
