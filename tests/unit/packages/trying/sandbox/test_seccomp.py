from __future__ import annotations

import errno
import struct

import pytest

from app.packages.trying.sandbox.seccomp import _ARCHITECTURES, Calls, filter_program

ALLOW = 0x7FFF0000
PID = 4242


def decide(calls: Calls, number: int, *arguments: int, audit: int | None = None) -> int | None:
    """What the filter does with a call: None lets it through, else the error's number.

    Interprets the program as the kernel does.
    """
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, audit or calls.audit, 0, *padded)
    code = list(struct.iter_unpack("HBBI", filter_program(calls, PID)))
    accumulator, at = 0, 0
    while True:
        operation, yes, no, value = code[at]
        at += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, value)
            case 0x15:
                at += yes if accumulator == value else no
            case 0x35:
                at += yes if accumulator >= value else no
            case 0x45:
                at += yes if accumulator & value else no
            case 0x06:
                return None if value == ALLOW else value & 0xFFFF


@pytest.fixture(params=sorted(_ARCHITECTURES))
def calls(request: pytest.FixtureRequest) -> Calls:
    """Each architecture."""
    return _ARCHITECTURES[request.param]


def test_calls_that_nothing_is_said_about_are_let_through(calls: Calls) -> None:
    known = set(calls.numbers.values())
    for number in range(450):
        if number not in known:
            assert decide(calls, number) is None


def test_threads_may_be_made_and_processes_not(calls: Calls) -> None:
    clone = calls.numbers["clone"]
    assert decide(calls, clone, 0x3D0F00) is None
    assert decide(calls, clone, 0x01200011) == errno.EPERM
    assert decide(calls, calls.numbers["clone3"]) == errno.ENOSYS
    assert decide(calls, calls.numbers["execve"]) == errno.EPERM


def test_signals_go_to_the_process_itself_only(calls: Calls) -> None:
    for name in ("kill", "tgkill"):
        assert decide(calls, calls.numbers[name], PID, 9) is None
        for other in (1, 0, 0xFFFFFFFF, PID + 1):
            assert decide(calls, calls.numbers[name], other, 9) == errno.EPERM


def test_sockets_are_local_and_connect_to_nothing(calls: Calls) -> None:
    assert decide(calls, calls.numbers["socket"], 1) is None
    assert decide(calls, calls.numbers["socket"], 2) == errno.EPERM
    assert decide(calls, calls.numbers["socket"], 10) == errno.EPERM
    assert decide(calls, calls.numbers["connect"]) == errno.EPERM


def test_limits_may_be_read_and_not_set(calls: Calls) -> None:
    number = calls.numbers["prlimit64"]
    assert decide(calls, number, 0, 9, 0) is None
    assert decide(calls, number, 0, 9, 0x7FFF_0000_1000) == errno.EPERM
    assert decide(calls, number, 0, 9, 0x7FFF_0000_0000) == errno.EPERM
    assert decide(calls, calls.numbers["setrlimit"]) == errno.EPERM


def test_calls_of_another_architecture_are_refused(calls: Calls) -> None:
    assert decide(calls, 0, audit=0x40000003) == errno.EPERM
    assert decide(calls, 0x40000000 + 57) == errno.EPERM
