"""Telling systemd that the server answers: `systemctl start` returns then, and not before."""

from __future__ import annotations

import os
import socket

VARIABLE = "NOTIFY_SOCKET"


def tell_ready() -> None:
    """Tell whoever started this process, if they asked for it (sd_notify(3)). Once.

    What this process starts itself gets no way to speak for it.
    """
    address = os.environ.pop(VARIABLE, "")
    if not address:
        return
    name = f"\0{address[1:]}" if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
        told.connect(name)
        told.sendall(b"READY=1")
