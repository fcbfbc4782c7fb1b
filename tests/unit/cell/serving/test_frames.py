"""Frames survive any way of arriving; what is no frame is told from one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cell.serving.frames import LARGEST, BadFrame, Decoder, Frame, Kind

FRAMES = st.builds(
    Frame,
    kind=st.sampled_from(Kind),
    number=st.integers(0, 2**32 - 1),
    text=st.binary(max_size=50),
    blob=st.binary(max_size=50),
)


@given(st.lists(FRAMES, max_size=8), st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_frames_arrive_as_they_were_in_pieces_of_any_size(
    frames: list[Frame], sizes: list[int]
) -> None:
    data = b"".join(frame.encoded() for frame in frames)
    decoder = Decoder()
    arrived: list[Frame] = []
    at = 0
    while at < len(data):
        for size in sizes:
            arrived += decoder.feed(data[at : at + size])
            at += size
    assert arrived == frames


@given(st.binary(max_size=200))
def test_whatever_comes_is_frames_or_is_refused(data: bytes) -> None:
    try:
        frames = list(Decoder().feed(data))
    except BadFrame:
        return
    assert data.startswith(b"".join(frame.encoded() for frame in frames))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param((LARGEST + 1).to_bytes(4, "big"), id="too long"),
        pytest.param((3).to_bytes(4, "big"), id="shorter than its head"),
        pytest.param((9).to_bytes(4, "big") + b"\xff" + bytes(8), id="of no kind"),
        pytest.param(
            (9).to_bytes(4, "big") + b"\x01" + bytes(4) + b"\0\0\0\x01", id="text past it"
        ),
    ],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(BadFrame):
        list(Decoder().feed(data))


def test_those_before_a_bad_one_arrive() -> None:
    good = Frame(Kind.PING, 7)
    arriving = Decoder().feed(good.encoded() + b"\xff" * 20)
    assert next(arriving) == good
    with pytest.raises(BadFrame):
        next(arriving)


def test_what_is_too_long_is_not_sent() -> None:
    with pytest.raises(BadFrame, match="too long"):
        Frame(Kind.UPDATE, blob=bytes(LARGEST)).encoded()
