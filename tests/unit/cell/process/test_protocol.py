from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cell.process.protocol import (
    MESSAGE_BYTES,
    Ended,
    Farewell,
    Fork,
    Forked,
    Message,
    NotAMessage,
    NotForked,
    Ready,
    Start,
    _parse,
    receive,
    send,
)

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Both ends of a socket."""
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with one, two:
        yield one, two


@pytest.mark.parametrize(
    "message",
    [
        Fork(1, 5, "a.b"),
        Farewell(),
        Ready(["limits"]),
        Forked(1, 2),
        NotForked(1, "no room"),
        Ended(1, 9),
    ],
)
def test_a_message_comes_as_it_was_sent(pair: Pair, message: Message) -> None:
    send(pair[0], message)
    assert receive(pair[1]) == (message, [])


def test_descriptors_come_with_it_and_are_not_inherited(pair: Pair) -> None:
    read, write = os.pipe()
    send(pair[0], Forked(1, 2), [write])
    _, (came,) = receive(pair[1])
    os.write(came, b"x")
    assert os.read(read, 1) == b"x"
    assert not os.get_inheritable(came)
    for descriptor in (read, write, came):
        os.close(descriptor)


def test_the_end_is_told(pair: Pair) -> None:
    pair[0].close()
    assert receive(pair[1]) == (None, [])


def test_descriptors_of_what_is_no_message_are_closed(pair: Pair) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for data in (b"garbage", b"x" * (MESSAGE_BYTES + 1)):
        socket.send_fds(pair[0], [data], [0, 1, 2])
        with pytest.raises(NotAMessage):
            receive(pair[1])
    socket.send_fds(pair[0], [b"{}"], [0] * 50)
    with pytest.raises(NotAMessage):
        receive(pair[1])
    assert len(os.listdir("/proc/self/fd")) == before


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_none(data: bytes) -> None:
    with suppress(NotAMessage):
        _parse(data)


@given(
    name=st.sampled_from(["Fork", "Ready", "Forked", "NotForked", "Ended", "Start", "object", 1]),
    values=st.dictionaries(
        st.sampled_from(["number", "pid", "status", "nice", "layers", "error", "__class__"]),
        st.sampled_from([None, True, 1, -1, 1.5, "x", [], {}]),
    ),
)
def test_fields_have_their_types(name: object, values: dict[str, object]) -> None:
    try:
        message = _parse(json.dumps({"is": name, **values}).encode())
    except NotAMessage:
        return
    numbers = {"number", "pid", "status", "nice"} & set(dir(message))
    assert all(type(getattr(message, field)) is int for field in numbers)


def test_a_start_comes_as_it_was_given() -> None:
    start = Start("a.b", warm=False, packages=("c", "d"), mark=3, folder="/f")
    assert Start.from_text(start.as_bytes().decode()) == start
