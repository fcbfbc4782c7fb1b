from __future__ import annotations

import errno
import struct

import pytest

from app.cell.confinement.calls import ARCHITECTURES, Calls
from app.cell.confinement.seccomp import Allowed, filter_program

ALLOW = 0x7FFF0000
PID = 4242
NOTHING = Allowed(PID)
NETWORK = Allowed(PID, network=True)
PROCESSES = Allowed(PID, processes=True)

INTERNET, INTERNET_6, UNIX, NETLINK, PACKET = 2, 10, 1, 16, 17
STREAM, DATAGRAM, RAW, SEQUENCED = 1, 2, 3, 5
NONBLOCKING = 0x800


def decide(
    calls: Calls,
    number: int,
    *arguments: int,
    audit: int | None = None,
    allowed: Allowed = NOTHING,
) -> int | None:
    """What the filter does with a call: None lets it through, else the error's number.

    Interprets the program as the kernel does.
    """
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, audit or calls.audit, 0, *padded)
    code = list(struct.iter_unpack("HBBI", filter_program(calls, allowed)))
    accumulator, at = 0, 0
    while True:
        operation, yes, no, value = code[at]
        at += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, value)
            case 0x54:
                accumulator &= value
            case 0x15:
                at += yes if accumulator == value else no
            case 0x35:
                at += yes if accumulator >= value else no
            case 0x45:
                at += yes if accumulator & value else no
            case 0x06:
                return None if value == ALLOW else value & 0xFFFF


@pytest.fixture(params=sorted(ARCHITECTURES))
def calls(request: pytest.FixtureRequest) -> Calls:
    """Each architecture."""
    return ARCHITECTURES[request.param]


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


def test_only_who_may_make_processes_makes_some_and_none_with_powers_of_its_own(
    calls: Calls,
) -> None:
    for name in ("fork", "vfork", "execve", "execveat"):
        if name in calls.numbers:
            assert decide(calls, calls.numbers[name]) == errno.EPERM
            assert decide(calls, calls.numbers[name], allowed=PROCESSES) is None
    clone = calls.numbers["clone"]
    assert decide(calls, clone, 0x01200011, allowed=PROCESSES) is None
    assert decide(calls, clone, 0x3D0F00, allowed=PROCESSES) is None
    for user, parent in ((0x10000000, 0), (0, 0x8000)):
        flags = 0x01200011 | user | parent
        assert decide(calls, clone, flags, allowed=PROCESSES) == errno.EPERM
    assert decide(calls, calls.numbers["unshare"], allowed=PROCESSES) == errno.EPERM


def test_others_get_signals_only_where_something_else_says_which(calls: Calls) -> None:
    kill = calls.numbers["kill"]
    assert decide(calls, kill, PID + 1, 9, allowed=PROCESSES) == errno.EPERM
    scoped = Allowed(PID, processes=True, signals=True)
    assert decide(calls, kill, PID + 1, 9, allowed=scoped) is None
    assert decide(calls, calls.numbers["pidfd_send_signal"], 5, 9, allowed=scoped) == errno.EPERM


def test_without_network_there_is_no_socket_that_could_reach_anybody(calls: Calls) -> None:
    for family in (UNIX, INTERNET, INTERNET_6, NETLINK, PACKET):
        assert decide(calls, calls.numbers["socket"], family, STREAM) == errno.EPERM
    for name in ("connect", "bind"):
        assert decide(calls, calls.numbers[name]) == errno.EPERM


def test_with_network_there_are_tcp_and_udp_and_nothing_that_has_a_path(calls: Calls) -> None:
    number = calls.numbers["socket"]
    for family in (INTERNET, INTERNET_6):
        for kind in (STREAM, DATAGRAM, STREAM | NONBLOCKING):
            assert decide(calls, number, family, kind, allowed=NETWORK) is None
        for kind in (RAW, SEQUENCED):
            assert decide(calls, number, family, kind, allowed=NETWORK) == errno.EPERM
    for family in (UNIX, NETLINK, PACKET):
        assert decide(calls, number, family, STREAM, allowed=NETWORK) == errno.EPERM
    for name in ("connect", "bind"):
        assert decide(calls, calls.numbers[name], allowed=NETWORK) is None


def test_pairs_of_sockets_are_connected_for_good(calls: Calls) -> None:
    for allowed in (NOTHING, NETWORK):
        pair = calls.numbers["socketpair"]
        assert decide(calls, pair, UNIX, STREAM | NONBLOCKING, allowed=allowed) is None
        assert decide(calls, pair, UNIX, DATAGRAM | NONBLOCKING, allowed=allowed) == errno.EPERM


def test_a_process_cannot_choose_to_outlive_its_parent(calls: Calls) -> None:
    number = calls.numbers["prctl"]
    assert decide(calls, number, 1, 0) == errno.EPERM
    assert decide(calls, number, 36, 0) == errno.EPERM
    assert decide(calls, number, 15, 0) is None


def test_the_place_in_the_queue_for_the_processor_is_kept(calls: Calls) -> None:
    for name in ("setpriority", "sched_setscheduler", "sched_setattr", "ioprio_set"):
        assert decide(calls, calls.numbers[name]) == errno.EPERM


def test_limits_may_be_read_and_not_set(calls: Calls) -> None:
    number = calls.numbers["prlimit64"]
    assert decide(calls, number, 0, 9, 0) is None
    assert decide(calls, number, 0, 9, 0x7FFF_0000_1000) == errno.EPERM
    assert decide(calls, number, 0, 9, 0x7FFF_0000_0000) == errno.EPERM
    assert decide(calls, calls.numbers["setrlimit"]) == errno.EPERM


def test_calls_of_another_architecture_are_refused(calls: Calls) -> None:
    assert decide(calls, 0, audit=0x40000003) == errno.EPERM
    assert decide(calls, 0x40000000 + 57) == errno.EPERM
