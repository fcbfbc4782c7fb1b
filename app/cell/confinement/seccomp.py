"""A seccomp filter: no processes, no signals to others, no network, no limits undone, unless given.

Built by hand as BPF instructions, because the only alternative is a C library that has no wheel.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from dataclasses import dataclass

from app.cell.confinement.calls import ARCHITECTURES, Calls

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
# What a process may not undo: that it ends with its parent, and that it ends its children.
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36

# BPF: load a word of the call's data; keep some of its bits; jump if equal, if not less, if a bit
# is set; return.
_LOAD, _MASK, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_CLONE_THREAD = 0x00010000
# Namespaces of its own, in which a process has root's powers, and a child that is its parent's.
_CLONE_APART = 0x7E028000
_AF_INET, _AF_INET6 = 2, 10
_STREAM, _DATAGRAM, _KIND = 1, 2, 0xF
_X32 = 0x40000000

Instruction = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a filter lets through that it refuses otherwise.

    Attributes:
        process: id of the process that it is for.
        network: connecting and listening, by IP only.
        processes: making processes and starting programs.
        signals: signals to others; something else sees to which they are.
    """

    process: int
    network: bool = False
    processes: bool = False
    signals: bool = False


def filter_program(calls: Calls, allowed: Allowed) -> bytes:
    """The filter, as the kernel takes it."""
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        # Calls of another architecture have other numbers: none of them is let through.
        (_EQUAL, 1, 0, calls.audit),
        _refuse(),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        _refuse(),
    ]
    for name, number in calls.numbers.items():
        body = _rule(name, allowed)
        program += [(_EQUAL, 0, len(body), number), *body]
    program.append(_allow())
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


def install(*, network: bool = False, processes: bool = False, signals: bool = False) -> bool:
    """Put the filter on this process, for good; False when the kernel does not take it.

    The process must have one thread only. See `Allowed` for what can be let through.
    """
    calls = ARCHITECTURES.get(platform.machine())
    if not sys.platform.startswith("linux") or calls is None:
        return False
    code = filter_program(calls, Allowed(os.getpid(), network, processes, processes and signals))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0) == 0)


def _rule(name: str, allowed: Allowed) -> list[Instruction]:
    """What to do when the call is `name`; every path returns."""
    match name:
        case "clone" if allowed.processes:
            return [_load(0), (_ANY_BIT, 0, 1, _CLONE_APART), _refuse(), _allow()]
        case "clone":
            return [_load(0), (_ANY_BIT, 0, 1, _CLONE_THREAD), _allow(), _refuse()]
        case "clone3":
            # Its flags lie in memory, where a filter cannot look; the C library then uses clone.
            return [_refuse(errno.ENOSYS)]
        case "fork" | "vfork" | "execve" | "execveat" if allowed.processes:
            return [_allow()]
        case "kill" | "tkill" | "tgkill" | "rt_sigqueueinfo" | "rt_tgsigqueueinfo":
            if allowed.signals:
                return [_allow()]
            return [_load(0), (_EQUAL, 0, 1, allowed.process), _allow(), _refuse()]
        case "socket" if allowed.network:
            return _internet_only()
        case "socketpair":
            # A pair of datagram sockets could be sent to any socket that has a path.
            return [_load(1), (_MASK, 0, 0, _KIND), (_EQUAL, 0, 1, _DATAGRAM), _refuse(), _allow()]
        case "connect" | "bind" if allowed.network:
            return [_allow()]
        case "prctl":
            return [
                _load(0),
                (_EQUAL, 1, 0, _PR_SET_PDEATHSIG),
                (_EQUAL, 0, 1, _PR_SET_CHILD_SUBREAPER),
                _refuse(),
                _allow(),
            ]
        case "prlimit64":
            # Reading a limit passes no new one.
            return [
                _load(2),
                (_EQUAL, 0, 3, 0),
                _load(2, high=True),
                (_EQUAL, 0, 1, 0),
                _allow(),
                _refuse(),
            ]
        case _:
            return [_refuse()]


def _internet_only() -> list[Instruction]:
    """Sockets for TCP and UDP. Whom they connect to lies in memory, where a filter cannot look, so
    that sockets which could be connected to a path, or to the kernel, are not made.
    """
    return [
        _load(0),
        (_EQUAL, 2, 0, _AF_INET),
        (_EQUAL, 1, 0, _AF_INET6),
        _refuse(),
        _load(1),
        (_MASK, 0, 0, _KIND),
        (_EQUAL, 1, 0, _STREAM),
        (_EQUAL, 0, 1, _DATAGRAM),
        _allow(),
        _refuse(),
    ]


def _load(argument: int, *, high: bool = False) -> Instruction:
    return (_LOAD, 0, 0, 16 + 8 * argument + 4 * high)


def _allow() -> Instruction:
    return (_RETURN, 0, 0, _ALLOW)


def _refuse(code: int = errno.EPERM) -> Instruction:
    return (_RETURN, 0, 0, _ERRNO | code)
