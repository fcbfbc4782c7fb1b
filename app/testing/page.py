"""A simulated browser tab: keeps the state that the server sends and does what events ask of a
browser.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any

from reflex.state import BaseState
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.utils.format import format_event_handler, json_dumps

from app.bridge.client_code import is_client_state
from app.kernel.actor import Actor
from app.node.events.names import app_of
from app.node.pages.messages import CHANNEL
from app.source.own_pages import with_own_page
from app.testing.events import AnyEvent, AnyHandler, events_of, handler_of
from app.testing.node import Node
from app.testing.told import EventRefused, Toast, failure_of, refusal_of, toast_in
from app.testing.vars import data_of, title_var

ON_LOAD = "reflex___state____state.reflex___state____on_load_internal_state.on_load_internal"
HYDRATE = "reflex___state____state.hydrate_and_load"


class Page:
    """One tab that shows an app.

    Attributes:
        path: address without host, query included.
        message: the last message of the host: `show`, `notice`, … (app/node/pages/messages.py).
        problems: problems of the newest source, as a developer sees them over the page.
        toasts: messages that popped up, oldest first.
        downloads: (file name, URL) of downloads that were started.
        tabs: addresses that were opened in a new tab or window.
        raises: whether an error in a handler, and what a browser would not be allowed to send, is
            raised here, too (as `EventFailed`, `EventRefused`).
        scripts: JavaScript that the server asked to run, toasts excluded.
    """

    def __init__(self, node: Node, actor: Actor, storage: dict[str, str]) -> None:
        self._node = node
        self._token = str(uuid.uuid4())
        self._sid = ""
        self._states: dict[str, dict[str, Any]] = {}
        self._changed = asyncio.Event()
        self._failure: Exception | None = None
        self.raises = True
        self._stored_vars: dict[str, str] = {}
        self.storage = storage
        self.actor = actor
        self.path = ""
        self.message: dict[str, Any] = {}
        self.problems: list[dict[str, Any]] = []
        self.toasts: list[Toast] = []
        self.downloads: list[tuple[str, str]] = []
        self.tabs: list[str] = []
        self.scripts: list[str] = []

    # What a user does

    async def goto(self, path: str) -> None:
        """Go to an address, as a link or the address bar does."""
        self.path = path
        if not self._sid:
            await self.connect()
            return
        await self._emit({"name": ON_LOAD})
        await self.settle()

    async def send(self, event: AnyEvent, *args: Any) -> None:
        """Send an event of the app and wait until it and all that it leads to is done.

        Args:
            event: what Reflex takes as an event: `State.handler`, `State.handler(1)`, a lambda, or
                a list of them. Background events are started, not awaited. What the browser does
                by itself (`rx.redirect`, `rx.toast`) is done here.
            args: its arguments, as the browser would send them.

        Raises:
            EventFailed: a handler raised.
            EventRefused: a browser may not send it, or cannot from where the page is.
            TypeError: it is no event.
        """
        made = list(events_of(event, args))
        if self.raises:
            self._can_send(*(one["name"] for one in made))
        self._node.refused.clear()
        for one in made:
            if one["name"].startswith("_"):
                self._act(one["name"], one["payload"])
            else:
                await self._emit(one)
        await self.settle()
        if self.raises:
            self._raise_refusal({one["name"] for one in made})

    async def upload(
        self, handler: AnyHandler, files: Mapping[str, bytes], **arguments: Any
    ) -> None:
        """Upload files to an upload handler of the app.

        Args:
            handler: the handler (buffered or streaming).
            files: name -> content.
            arguments: further arguments that are bound to the handler.
        """
        from app.testing.upload import post_files

        name = format_event_handler(handler_of(handler))
        for update in await post_files(self._node, self._token, name, files, arguments):
            self.receive(update)
        await self.settle()

    async def connect(self) -> None:
        """Open the tab, or come back after `disconnect`."""
        self._sid = uuid.uuid4().hex
        self._node.pages[self._sid] = self
        environ = {
            "QUERY_STRING": f"token={self._token}",
            "graft.sid": self._sid,
            "asgi.scope": {"headers": [], "client": ("127.0.0.1", 1)},
        }
        payload = {"vars": self._storage_values()} if self._stored_vars else {}
        boot = {"name": HYDRATE, "payload": payload, "router_data": self._router_data()}
        await self._node.namespace.on_connect(self._sid, environ, {"event": boot})
        await self.settle()

    @property
    def is_connected(self) -> bool:
        """Whether the tab has a connection to the server."""
        return self._node.pages.get(self._sid) is self

    async def disconnect(self) -> None:
        """Lose the connection: the tab is closed, asleep or offline."""
        await (self._node.namespace.on_disconnect(self._sid) or _nothing())
        self._node.pages.pop(self._sid, None)
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is on its way any more; background events may go on."""
        await self._node.settle()
        self._raise_failure()

    async def wait_for(self, condition: Callable[[], object], seconds: float = 60) -> None:
        """Wait until `condition()` is true, looking again whenever the page changes.

        Raises:
            TimeoutError: it does not become true in time; the message says what the page shows.
        """
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            self._raise_failure()
            raise TimeoutError(
                f"what was waited for did not become true within {seconds:g} s; the page at"
                f" {self.path} {self._shown()}. Events of other pages may still run: let the test"
                " send them, or wait for background events with page.ended(…)"
            ) from None
        self._raise_failure()

    async def ended(self, event: AnyHandler, seconds: float = 60) -> None:
        """Wait until none of these background events of the tab runs any more.

        Raises:
            TimeoutError: they do not end in time.
        """
        name = format_event_handler(handler_of(event))
        try:
            await self._none_runs(name, seconds)
        except TimeoutError:
            raise TimeoutError(
                f"{name.rpartition('.')[2]} still runs after {seconds:g} s in the page at"
                f" {self.path}: what ends it?"
            ) from None
        self._raise_failure()

    async def _none_runs(self, name: str, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while running := self._node.running_events(self._token, name):
                await asyncio.wait(running)

    # What a user sees

    @property
    def title(self) -> str:
        """The document's title.

        Raises:
            NotImplementedError: it is more than a var alone; look at the vars in it.
        """
        if "title" not in self.message or self.message["title"] is not None:
            return str(self.message.get("title", ""))
        version = self._node.engine.served.catalog.loaded(self.message["app"])
        var = title_var(version, self.message["page"])
        return str(self.get(var)) or str(self.message["name"])

    def get(self, var: Any) -> Any:
        """Return the value that the browser holds of a state's var (`State.var`).

        Raises:
            KeyError: the browser has no such var; the message says what it shows instead.
            TypeError: it is no var of a state.
        """
        data = data_of(var)
        if not self.has(var):
            name = f"{data.state.rpartition('.')[2].rpartition('____')[2]}.{data.field_name}"
            raise KeyError(f"the page at {self.path} has no {name}; it {self._shown()}")
        return self._states[data.state][data.field_name + FIELD_MARKER]

    def has(self, var: Any) -> bool:
        """Tell whether the browser holds a var."""
        data = data_of(var)
        return data.field_name + FIELD_MARKER in self._states.get(data.state, {})

    async def state(self, cls: type[BaseState]) -> Any:
        """Return the session's instance of a state on the server, to look at what the browser does
        not get.
        """
        async with self._node.engine.outbox.locked(self._token) as root:
            return root.get_substate(cls.get_full_name().split("."))

    # What the server sends

    def receive(self, update: Mapping[str, Any]) -> None:
        """Take an update of the server."""
        for name, values in update.get("delta", {}).items():
            if name == CHANNEL:
                self._take(values["message"])
            else:
                self._states.setdefault(name, {}).update(values)
                self._store(name, values)
        for event in update.get("events", ()):
            self._act(event["name"], event.get("payload", {}))
        self._changed.set()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "problems":
            self.problems = message["problems"]
            if message["cause"] == "event" and self.raises:
                self._failure = failure_of(self.problems)
            return
        if message["type"] == "coming":
            return  # a browser would fetch the module already
        if message["type"] == "storage":
            self._note_storage(message["storage"])
            self._answer_storage(message, self._storage_values())
            return
        self.message = message
        self.problems = message["problems"] if message["type"] == "show" else []
        if message["type"] == "show":
            self._note_storage(message["storage"])
        if message.get("ask"):
            asked = {key for entries in message["ask"].values() for key in entries}
            values = {k: v for k, v in self._storage_values().items() if k in asked}
            if values:
                self._answer_storage(message, values)
        for name, values in message.get("states", {}).items():
            self._states.setdefault(name, {}).update(values)

    def _answer_storage(self, message: Mapping[str, Any], values: Mapping[str, str]) -> None:
        payload = {"app_id": message["app"], "values": values}
        self._later({"name": message["reply"], "payload": payload})

    def _act(self, name: str, payload: dict[str, Any]) -> None:
        if name == "_redirect" and payload.get("external"):
            self.tabs.append(self._own(payload["path"]))
        elif name == "_redirect":
            self.path = self._own(payload["path"])
            if self.path.startswith("/apps/"):
                self._later({"name": ON_LOAD})
        elif name == "_download":
            self.downloads.append((payload.get("filename") or "", payload["url"]))
        elif name in ("_call_function", "_call_script"):
            code = str(payload.get("function") or payload.get("javascript_code") or "")
            toast = toast_in(code)
            if toast is not None:
                self.toasts.append(toast)
            else:
                self.scripts.append(code)

    def _own(self, path: str) -> str:
        """Return where a redirect of the page leads, as browsers find it."""
        version = self._node.engine.served.catalog.loaded(self.message.get("app", ""))
        return with_own_page(path, version.info.url, version.routes) if version else path

    def _can_send(self, *names: str) -> None:
        if not self.is_connected:
            raise EventRefused("the page is not connected: call page.connect() before it sends")
        if any(map(is_client_state, names)) and not self.path.startswith("/apps/"):
            raise EventRefused(
                f"the page is at {self.path}, away from the app, where nothing can send its events:"
                " go back with page.goto(…) first"
            )

    def _raise_refusal(self, sent: Collection[str]) -> None:
        for name in self._node.refused:
            if name in sent and is_client_state(name):
                usable = self._node.engine.catalog.usable(app_of(name) or "", self.actor)
                raise refusal_of(name, usable.version if usable is not None else None)

    def _shown(self) -> str:
        title = self.message.get("title") or self.message.get("name")
        return f'shows "{title}"' if title else "shows nothing yet"

    def _later(self, event: dict[str, Any]) -> None:
        """Send an event because of something received."""
        sending = asyncio.get_running_loop().create_task(self._emit(event))
        self._node.engine.swapper.settling.add(sending)
        sending.add_done_callback(self._node.engine.swapper.settling.discard)

    async def _emit(self, event: dict[str, Any]) -> None:
        data = json.loads(json_dumps({**event, "router_data": self._router_data()}))
        await self._node.namespace.on_event(self._sid, data)

    def _router_data(self) -> dict[str, Any]:
        pathname, _, query = self.path.partition("?")
        values = dict(part.partition("=")[::2] for part in query.split("&") if part)
        return {"pathname": pathname, "asPath": self.path, "query": values}

    def _note_storage(self, storage: Mapping[str, Mapping[str, Any]]) -> None:
        for entries in storage.values():
            for key, options in entries.items():
                self._stored_vars[key] = options.get("name") or key

    def _storage_values(self) -> dict[str, str]:
        return {key: self.storage[n] for key, n in self._stored_vars.items() if n in self.storage}

    def _store(self, state: str, values: Mapping[str, Any]) -> None:
        for var, value in values.items():
            name = self._stored_vars.get(f"{state}.{var}")
            if name is not None:
                self.storage[name] = value

    def _raise_failure(self) -> None:
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure


def move(page: Page, node: Node) -> None:
    """Let a page connect to another server the next time."""
    page._node, page.message = node, {}


async def _nothing() -> None:
    return None
