"""What the host and the zygote say to each other: a message a packet, on a socket that keeps them
apart, with descriptors beside some of them.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

FOLDER_PREFIX = "graft-cells-"
"""Beginning of the name of the folder in which cells have theirs."""

MESSAGE_BYTES = 4096
"""No message is longer."""

_BESIDE_BYTES = socket.CMSG_SPACE(8 * struct.calcsize("i"))
# Programs that are started later do not inherit what came; `socket.recv_fds` forgets to say so.
_FLAGS = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class NotAMessage(Exception):
    """What came is nothing that the other side says."""


@dataclass(frozen=True, slots=True)
class _Message:
    def as_bytes(self) -> bytes:
        """The message as JSON."""
        return json.dumps({"is": type(self).__name__, **asdict(self)}).encode()


@dataclass(frozen=True, slots=True)
class Start(_Message):
    """How a zygote begins: not sent, but an argument of its command.

    Attributes:
        entry: module whose `main` a cell runs, given its socket.
        warm: whether to import all that loading an app needs.
        packages: what else to import.
        mark: what all that comes of it is known by (`confinement.mark`); None for nothing.
        folder: removed by it when the host dies, who would have done it; "" for none. Its name
            begins with `FOLDER_PREFIX`.
    """

    entry: str = "app.cell.process.entry"
    warm: bool = True
    packages: tuple[str, ...] = ()
    mark: int | None = None
    folder: str = ""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `as_bytes` wrote."""
        values = json.loads(text)
        packages = tuple(values["packages"])
        return cls(values["entry"], values["warm"], packages, values["mark"], values["folder"])


@dataclass(frozen=True, slots=True)
class Fork(_Message):
    """Host to zygote: make a cell. Three descriptors come with it: the cell's end of its socket,
    and the writing ends of the pipes for what it prints and for its traces.

    Attributes:
        number: names the order in what is answered.
        nice: how far behind the host it stands in the queue for the processor.
        entry: module whose `main` it runs, "" for what `Start` says.
    """

    number: int
    nice: int
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Farewell(_Message):
    """Host to zygote: the socket is about to be closed, and not because the host died."""


@dataclass(frozen=True, slots=True)
class Ready(_Message):
    """Zygote to host: everything is imported.

    Attributes:
        layers: what confines a process here, of `confinement.LAYERS`.
    """

    layers: list[str]


@dataclass(frozen=True, slots=True)
class Forked(_Message):
    """Zygote to host: a cell was made. A descriptor of the process comes with it (pidfd)."""

    number: int
    pid: int


@dataclass(frozen=True, slots=True)
class NotForked(_Message):
    """Zygote to host: a cell could not be made."""

    number: int
    error: str


@dataclass(frozen=True, slots=True)
class Ended(_Message):
    """Zygote to host: a cell ended, and with it all that came of it.

    Attributes:
        status: as `os.waitpid` gives it.
    """

    number: int
    status: int


Message = Fork | Farewell | Ready | Forked | NotForked | Ended

_KINDS: dict[str, dict[str, type]] = {
    "Fork": {"number": int, "nice": int, "entry": str},
    "Farewell": {},
    "Ready": {"layers": list},
    "Forked": {"number": int, "pid": int},
    "NotForked": {"number": int, "error": str},
    "Ended": {"number": int, "status": int},
}
_CLASSES: dict[str, Any] = {
    kind.__name__: kind for kind in (Fork, Farewell, Ready, Forked, NotForked, Ended)
}


def send(control: socket.socket, message: Message, descriptors: Sequence[int] = ()) -> None:
    """Send a message. Raises OSError, BlockingIOError where it would have to wait."""
    if descriptors:
        socket.send_fds(control, [message.as_bytes()], descriptors)
    else:
        control.send(message.as_bytes())


def receive(control: socket.socket) -> tuple[Message | None, list[int]]:
    """Take the next message, None at the end, and the descriptors that came with it, which are the
    caller's to close. Raises NotAMessage, whose descriptors are closed, and OSError.
    """
    data, beside, flags, _ = control.recvmsg(MESSAGE_BYTES, _BESIDE_BYTES, _FLAGS)
    descriptors = _descriptors(beside)
    if not data and not descriptors:
        return None, []
    try:
        if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            raise NotAMessage("It was cut off.")
        return _parse(data), descriptors
    except NotAMessage:
        for descriptor in descriptors:
            os.close(descriptor)
        raise


def _descriptors(beside: list[tuple[int, int, bytes]]) -> list[int]:
    found: list[int] = []
    for level, kind, data in beside:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            whole = len(data) - len(data) % struct.calcsize("i")
            found += struct.unpack(f"{whole // struct.calcsize('i')}i", data[:whole])
    return found


def _parse(data: bytes) -> Message:
    try:
        values = json.loads(data)
        name = values.pop("is")
        fields = _KINDS[name]
        if values.keys() != fields.keys():
            raise NotAMessage(f"{name} has other fields.")
        if not all(type(values[field]) is kind for field, kind in fields.items()):
            raise NotAMessage(f"{name} has other kinds of values.")
        message: Message = _CLASSES[name](**values)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotAMessage(str(error)) from error
    return message
