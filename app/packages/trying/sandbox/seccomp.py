"""A seccomp filter: no new processes, no signals to others, no network, no limits undone.

Built by hand as BPF instructions, because the only alternative is a C library that has no wheel.
System call numbers are those of the kernel's tables for x86_64 and aarch64.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

# BPF: load a word of the call's data; jump if equal, if not less, if a bit is set; return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_CLONE_THREAD = 0x00010000
_AF_UNIX = 1
_X32 = 0x40000000

Instruction = tuple[int, int, int, int]


@dataclass(frozen=True)
class Calls:
    """An architecture: its audit number and the numbers of its system calls."""

    audit: int
    numbers: Mapping[str, int]


_ARCHITECTURES = {
    "x86_64": Calls(
        0xC000003E,
        {
            "fork": 57,
            "vfork": 58,
            "clone": 56,
            "clone3": 435,
            "execve": 59,
            "execveat": 322,
            "kill": 62,
            "tkill": 200,
            "tgkill": 234,
            "rt_sigqueueinfo": 129,
            "rt_tgsigqueueinfo": 297,
            "pidfd_send_signal": 424,
            "ptrace": 101,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "socket": 41,
            "connect": 42,
            "bind": 49,
            "setrlimit": 160,
            "prlimit64": 302,
            "memfd_create": 319,
            "io_uring_setup": 425,
            "bpf": 321,
            "mount": 165,
            "unshare": 272,
            "setns": 308,
            "keyctl": 250,
        },
    ),
    "aarch64": Calls(
        0xC00000B7,
        {
            "clone": 220,
            "clone3": 435,
            "execve": 221,
            "execveat": 281,
            "kill": 129,
            "tkill": 130,
            "tgkill": 131,
            "rt_sigqueueinfo": 138,
            "rt_tgsigqueueinfo": 240,
            "pidfd_send_signal": 424,
            "ptrace": 117,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "socket": 198,
            "connect": 203,
            "bind": 200,
            "setrlimit": 164,
            "prlimit64": 261,
            "memfd_create": 279,
            "io_uring_setup": 425,
            "bpf": 280,
            "mount": 40,
            "unshare": 97,
            "setns": 268,
            "keyctl": 219,
        },
    ),
}


def filter_program(calls: Calls, process: int) -> bytes:
    """The filter for the process with this id, as the kernel takes it."""
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
        body = _rule(name, process)
        program += [(_EQUAL, 0, len(body), number), *body]
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


def install() -> bool:
    """Put the filter on this process, for good; False when the kernel does not take it.

    The process must have one thread only.
    """
    calls = _ARCHITECTURES.get(platform.machine())
    if not sys.platform.startswith("linux") or calls is None:
        return False
    code = filter_program(calls, os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0) == 0)


def _rule(name: str, process: int) -> list[Instruction]:
    """What to do when the call is `name`; every path returns."""
    match name:
        case "clone":
            return [_load(0), (_ANY_BIT, 0, 1, _CLONE_THREAD), _allow(), _refuse()]
        case "clone3":
            # Its flags lie in memory, where a filter cannot look; the C library then uses clone.
            return [_refuse(errno.ENOSYS)]
        case "kill" | "tkill" | "tgkill" | "rt_sigqueueinfo" | "rt_tgsigqueueinfo":
            return [_load(0), (_EQUAL, 0, 1, process), _allow(), _refuse()]
        case "socket":
            return [_load(0), (_EQUAL, 0, 1, _AF_UNIX), _allow(), _refuse()]
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


def _load(argument: int, *, high: bool = False) -> Instruction:
    return (_LOAD, 0, 0, 16 + 8 * argument + 4 * high)


def _allow() -> Instruction:
    return (_RETURN, 0, 0, _ALLOW)


def _refuse(code: int = errno.EPERM) -> Instruction:
    return (_RETURN, 0, 0, _ERRNO | code)
