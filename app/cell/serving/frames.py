"""Frames: what goes over the wire between a server and a cell, as bytes.

A frame is a head of fixed size, JSON text, and bytes that only the other end understands, so that a
server can hand on what it need not read.

    length of all that follows · kind · number · length of the JSON · JSON · bytes
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

_HEAD = struct.Struct("!IBII")
_LENGTH = struct.Struct("!I")
_AFTER_LENGTH = _HEAD.size - _LENGTH.size

LARGEST = 64 * 1024 * 1024
"""Bytes of a frame; a longer one is a fault of the other end."""


class Kind(IntEnum):
    """What a frame is. The first are sent to a cell, those from `REPLY` on by it."""

    LOAD = 1
    OPEN = 2
    RUN = 3
    PARK = 4
    RENEW = 5
    STORE = 6
    REHEARSE = 7
    GONE = 8
    STOP = 9
    NEWS = 10
    ANSWER = 11
    REFUSAL = 12
    PING = 13
    CANCEL = 14
    LEAVE = 15
    CHUNK = 16
    UPLOAD = 17
    SETTINGS = 18
    LEASE = 19
    RELEASE = 20

    REPLY = 64
    FAILED = 65
    UPDATE = 66
    RAN = 67
    CALL = 68
    WANT = 69
    JOURNAL = 70
    BEGAN = 71
    LOG = 72


class BadFrame(Exception):
    """The other end sent what is no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message.

    Attributes:
        kind: what it is.
        number: which question it asks or answers; 0 for none.
        text: JSON, see `app.cell.serving.messages`.
        blob: bytes.
    """

    kind: Kind
    number: int = 0
    text: bytes = b""
    blob: bytes = b""

    def encoded(self) -> bytes:
        """Return the frame as bytes.

        Raises:
            BadFrame: it is too long to be sent.
        """
        length = _AFTER_LENGTH + len(self.text) + len(self.blob)
        if length > LARGEST:
            raise BadFrame(f"a message of {length:,} bytes is too long")
        head = _HEAD.pack(length, self.kind, self.number, len(self.text))
        return head + self.text + self.blob


class Decoder:
    """Puts frames together from bytes as they arrive, in pieces of any size."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take what arrived, and yield the frames that are whole by now.

        Raises:
            BadFrame: what arrived is no frame; nothing after it can be read.
        """
        self._rest += data
        at = 0
        try:
            while len(self._rest) - at >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(self._rest, at)
                if not _AFTER_LENGTH <= length <= LARGEST:
                    raise BadFrame(f"a message of {length:,} bytes")
                end = at + _LENGTH.size + length
                if len(self._rest) < end:
                    break
                frame = _frame(bytes(self._rest[at:end]))
                at = end
                yield frame
        finally:
            del self._rest[:at]


def _frame(data: bytes) -> Frame:
    _, kind, number, text = _HEAD.unpack_from(data)
    split = _HEAD.size + text
    if split > len(data):
        raise BadFrame("the text of a message is longer than the message")
    try:
        return Frame(Kind(kind), number, data[_HEAD.size : split], data[split:])
    except ValueError:
        raise BadFrame(f"a message of kind {kind}") from None
