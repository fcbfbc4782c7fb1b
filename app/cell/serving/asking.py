"""What code of an app asks of its server, over the wire; what it reads without waiting is mirrored.

The server knows whose tab asks, and decides: nothing that is checked here protects anybody.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.bridge.sockets.events import EventCall
from app.bridge.sockets.without_sockets import plain
from app.cell.loading import assets
from app.cell.serving.frames import Frame, Kind
from app.cell.serving.messages import Answer, Call, Load, Message, Present, Refusal, Want
from app.cell.serving.streams import Streams
from app.kernel.contexts import travelling
from app.kernel.contexts.exposing import Exposed
from app.sdk.scope import AppInfo, Change, Member, OutsideApp, Scope
from app.source.app_source import AppSource


class Asking:
    """Calls that wait for their answers.

    Args:
        send: sends a frame.
    """

    def __init__(self, send: Callable[[Frame], None]) -> None:
        self.streams = Streams(self._want)
        self._send = send
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Frame]] = {}

    async def ask(self, tab: str | None, name: str, arguments: Mapping[str, Any]) -> Any:
        """Return what the server answers.

        Raises:
            CoreError: it refuses.
        """
        call = Call(tab=tab, name=name, arguments=dict(arguments))
        answer = await self._ask(Kind.CALL, call)
        return Answer.model_validate_json(answer.text).value

    async def call(self, tab: str, what: Exposed, arguments: Mapping[str, Any]) -> Any:
        """Do what a context of the core does.

        Raises:
            CoreError: it refuses.
        """
        data = travelling.arguments_out(what, arguments, self.streams.give)
        answer = await self.ask(tab, what.path, data)
        return travelling.result_in(what, answer, self.streams.read)

    def answered(self, frame: Frame) -> None:
        """Take an answer, or a refusal."""
        answer = self._waiting.get(frame.number)
        if answer is not None and not answer.done():
            answer.set_result(frame)

    async def _want(self, stream: str, end: bool) -> bytes:
        return (await self._ask(Kind.WANT, Want(stream=stream, end=end))).blob

    async def _ask(self, kind: Kind, message: Message) -> Frame:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._send(Frame(kind, number, message.text()))
            frame: Frame = await answer
        finally:
            self._waiting.pop(number, None)
        if frame.kind is Kind.REFUSAL:
            refusal = Refusal.model_validate_json(frame.text)
            raise travelling.error_in(refusal.error, refusal.message, refusal.details)
        return frame


class CellHost:
    """`app.sdk.scope.Host` in a cell.

    Args:
        source: the version's files.
        asking: asks the server.
        order: what was said when the version was loaded.
    """

    def __init__(self, source: AppSource, asking: Asking, order: Load) -> None:
        self.settings = dict(order.settings)
        self._folders = order
        self.outdated = False
        self.present: dict[tuple[str, str], tuple[Member, ...]] = {}
        self._source = source
        self._asking = asking

    def asset_url(self, app: AppInfo, name: str) -> str:
        """See `app.sdk.scope.Host`."""
        return assets.asset_url(self._source, name)

    def beside_url(self, app: AppInfo, path: str) -> str:
        """See `app.sdk.scope.Host`."""
        return assets.beside_url(self._source, path)

    def is_outdated(self, app: AppInfo) -> bool:
        """See `app.sdk.scope.Host`."""
        return self.outdated

    def settings_values(self, app: AppInfo) -> Mapping[str, Any]:
        """See `app.sdk.scope.Host`."""
        return self.settings

    def folder(self, scope: Scope, *, shared: bool) -> Path:
        """See `app.sdk.scope.Host`."""
        assert scope.actor is not None
        base = self._folders.shared if shared else self._folders.organisations
        if not base:
            raise OutsideApp("This server has no folders for apps.")
        found = Path(base) if shared else Path(base) / scope.actor.organisation.id
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
        return found

    def changes_file(self, scope: Scope, path: str, change: Change) -> bool:
        """See `app.sdk.scope.Host`."""
        return True

    async def broadcast(self, scope: Scope, event: Any, *, to_self: bool) -> None:
        """See `app.sdk.scope.Host`."""
        for name, payload in plain([event]):
            arguments = {"name": name, "payload": payload, "to_self": to_self}
            await self._asking.ask(scope.session, "broadcast", arguments)

    async def subscribe(self, scope: Scope, topic: str, handler: Any) -> None:
        """See `app.sdk.scope.Host`."""
        call = EventCall.of(handler)
        arguments = {"topic": topic, "name": call.name, "argument": call.argument}
        await self._asking.ask(scope.session, "subscribe", arguments)

    async def presence_set(self, scope: Scope, topic: str, meta: Mapping[str, Any]) -> None:
        """See `app.sdk.scope.Host`."""
        arguments = {"topic": topic, "meta": dict(meta)}
        await self._asking.ask(scope.session, "presence_set", arguments)

    async def presence_leave(self, scope: Scope, topic: str) -> None:
        """See `app.sdk.scope.Host`."""
        await self._asking.ask(scope.session, "presence_leave", {"topic": topic})

    def presence_here(self, scope: Scope, topic: str) -> Sequence[Member]:
        """See `app.sdk.scope.Host`."""
        if scope.actor is None:
            raise OutsideApp("Only an event handler of an open page can do this.")
        return self.present.get((scope.actor.organisation.id, topic), ())

    def note_presence(self, present: Present) -> None:
        """Take who is in a topic from now on."""
        members = tuple(
            Member(one.session, one.user_id, one.user_name, one.meta) for one in present.members
        )
        self.present[present.organisation, present.topic] = members
