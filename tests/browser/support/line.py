"""The line between a tab and the server, which a test can cut and mend."""

from __future__ import annotations

import re

from playwright.sync_api import Page, WebSocketRoute

_SOCKET = re.compile(r"/_event")


class Line:
    """Stands between a page and its socket. Make it before the page loads.

    Attributes:
        received: messages from the server so far.
    """

    def __init__(self, page: Page) -> None:
        self.received: list[str] = []
        self._is_cut = False
        self._sockets: list[WebSocketRoute] = []
        page.route_web_socket(_SOCKET, self._connect)

    def cut(self) -> None:
        """Close the socket, and every new one, as a sleeping machine or a dead network does."""
        self._is_cut = True
        for socket in self._sockets:
            socket.close()
        self._sockets.clear()

    def mend(self) -> None:
        """Let the next try to connect succeed."""
        self._is_cut = False

    def _connect(self, socket: WebSocketRoute) -> None:
        if self._is_cut:
            socket.close()
            return
        self._sockets.append(socket)
        server = socket.connect_to_server()
        socket.on_message(server.send)

        def pass_on(message: str | bytes) -> None:
            self.received.append(str(message))
            socket.send(message)

        server.on_message(pass_on)
