"""Landlock: a process that reads and writes what it is given, and connects to nothing.

Numbers and structures are those of Linux's include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_GET_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
# Removing and making files and folders of every kind.
_CHANGE_FOLDERS = sum(1 << bit for bit in range(4, 13))
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1


def install(
    *,
    read: Iterable[Path],
    write: Iterable[Path],
    execute: Iterable[Path] = (),
    network: bool = False,
) -> bool:
    """Let this process read only what is below `read` and `write`, write only below `write` (and
    to /dev/null), and start only programs below `execute`, which it may read, too, for good. All of
    them exist. What is open already stays open. Without `network` it cannot connect or listen.

    False when the kernel has no Landlock. What an older kernel cannot restrict stays allowed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = _version(libc)
    if version < 1:
        return False
    files, connections, scope = _handled(version)
    if network:
        connections = 0
    # The structure grew with the versions.
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("QQQ", files, connections, scope)[:size]
    rules = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return False
    reading = _READ_FILE | _READ_FOLDER
    try:
        device = files & (_READ_FILE | _WRITE_FILE | _TRUNCATE)
        return (
            _allow(libc, rules, Path(os.devnull), device)
            and all(_allow(libc, rules, path, reading) for path in read)
            and all(_allow(libc, rules, path, files & ~_EXECUTE) for path in write)
            and all(_allow(libc, rules, path, reading | _EXECUTE) for path in execute)
            and libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            and libc.syscall(_RESTRICT_SELF, rules, 0) == 0
        )
    finally:
        os.close(rules)


def scopes_signals() -> bool:
    """Whether a process that `install` restricts can send no signal but to itself and to what
    came of it.
    """
    return _version(ctypes.CDLL(None, use_errno=True)) >= 6


def _version(libc: ctypes.CDLL) -> int:
    """What the kernel can restrict, counted from 1; less where it has no Landlock."""
    if not sys.platform.startswith("linux"):
        return 0
    return int(libc.syscall(_CREATE_RULESET, None, 0, _GET_VERSION))


def _handled(version: int) -> tuple[int, int, int]:
    """What is refused unless a rule allows it: for files, for network, for other processes."""
    files = _EXECUTE | _WRITE_FILE | _READ_FILE | _READ_FOLDER | _CHANGE_FOLDERS
    files |= _REFER if version >= 2 else 0
    files |= _TRUNCATE if version >= 3 else 0
    files |= _IOCTL_DEVICE if version >= 5 else 0
    network = _BIND_TCP | _CONNECT_TCP if version >= 4 else 0
    scope = _ABSTRACT_SOCKETS | _SIGNALS if version >= 6 else 0
    return files, network, scope


def _allow(libc: ctypes.CDLL, rules: int, path: Path, access: int) -> bool:
    target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(target).st_mode):
            access &= ~_READ_FOLDER  # the kernel takes it for folders only
        rule = struct.pack("=Qi", access, target)
        return bool(libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0) == 0)
    finally:
        os.close(target)
