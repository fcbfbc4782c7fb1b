"""Answers what code of apps asks of its server, in the name of the tab's user and with the grants
that the app has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.bridge.sockets.events import EventCall
from app.bridge.types import Event
from app.cell.loading.version import LoadedVersion
from app.cell.serving.streams import Streams
from app.kernel.actor import require
from app.kernel.contexts import travelling
from app.kernel.contexts.exposing import DECLARED, IMPLEMENTED, Exposed
from app.kernel.errors import Forbidden
from app.node.events.scopes import Scopes
from app.node.sessions.live import Live
from app.node.sessions.sessions import Session


class Answering:
    """See the module.

    Args:
        scopes: in whose name and with which rights code of apps runs.
        live: reaches other pages.
    """

    def __init__(self, scopes: Scopes, live: Live) -> None:
        self._scopes = scopes
        self._live = live

    async def answer(
        self,
        session: Session,
        version: LoadedVersion,
        name: str,
        arguments: Mapping[str, Any],
        streams: Streams,
    ) -> Any:
        """Do what is asked, and return the answer as JSON-able data.

        Raises whatever refuses it.
        """
        scope, _ = self._scopes.of(session, version)
        with self._scopes.running(session, version):
            match name:
                case "broadcast":
                    event = Event(name=str(arguments["name"]), payload=dict(arguments["payload"]))
                    self._own(version, event.name)
                    await self._live.broadcast(scope, event, to_self=bool(arguments["to_self"]))
                case "subscribe":
                    call = EventCall(str(arguments["name"]), arguments["argument"])
                    self._own(version, call.name)
                    await self._live.subscribe_call(scope, str(arguments["topic"]), call)
                case "presence_set":
                    topic, meta = str(arguments["topic"]), dict(arguments["meta"])
                    await self._live.presence_set(scope, topic, meta)
                case "presence_leave":
                    await self._live.presence_leave(scope, str(arguments["topic"]))
                case _ if name in DECLARED:
                    return await self._of_context(DECLARED[name], arguments, streams)
                case _:
                    raise Forbidden(f"there is no {name}")
        return None

    async def _of_context(
        self, what: Exposed, arguments: Mapping[str, Any], streams: Streams
    ) -> Any:
        given = travelling.arguments_in(what, arguments, streams.read)
        if what.capability:
            require(what.capability)
        done = await IMPLEMENTED[what.path](**given)
        return travelling.result_out(what, done, streams.give)

    def _own(self, version: LoadedVersion, name: str) -> None:
        if name not in version.handlers:
            raise Forbidden("an app runs its own events only")
