"""Entry: where a cell's own work begins, in a process made for it."""

from __future__ import annotations

import socket

_CHUNK = 64 * 1024


def main(line: socket.socket) -> None:
    """Send back what comes, until the host closes its end."""
    with line:
        while data := line.recv(_CHUNK):
            line.sendall(data)
