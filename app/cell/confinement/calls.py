"""Numbers of the system calls that a filter looks at, from the kernel's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Calls:
    """An architecture: its audit number and the numbers of its system calls."""

    audit: int
    numbers: Mapping[str, int]


ARCHITECTURES = {
    "x86_64": Calls(
        0xC000003E,
        {
            # Processes and programs.
            "fork": 57,
            "vfork": 58,
            "clone": 56,
            "clone3": 435,
            "execve": 59,
            "execveat": 322,
            # Signals, and the memory and descriptors of other processes.
            "kill": 62,
            "tkill": 200,
            "tgkill": 234,
            "rt_sigqueueinfo": 129,
            "rt_tgsigqueueinfo": 297,
            "pidfd_send_signal": 424,
            "pidfd_getfd": 438,
            "ptrace": 101,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "process_madvise": 440,
            "process_mrelease": 448,
            "userfaultfd": 323,
            "perf_event_open": 298,
            # Connections.
            "socket": 41,
            "socketpair": 53,
            "connect": 42,
            "bind": 49,
            # Limits, and the place in the queue for the processor.
            "setrlimit": 160,
            "prlimit64": 302,
            "prctl": 157,
            "setpriority": 141,
            "sched_setscheduler": 144,
            "sched_setparam": 142,
            "sched_setattr": 314,
            "sched_setaffinity": 203,
            "ioprio_set": 251,
            # Ways around the file system's checks, and what has its own.
            "memfd_create": 319,
            "io_uring_setup": 425,
            "bpf": 321,
            "open_by_handle_at": 304,
            "mount": 165,
            "umount2": 166,
            "move_mount": 429,
            "open_tree": 428,
            "fsopen": 430,
            "fsmount": 432,
            "mount_setattr": 442,
            "pivot_root": 155,
            "chroot": 161,
            "unshare": 272,
            "setns": 308,
            "keyctl": 250,
            "add_key": 248,
            "request_key": 249,
        },
    ),
    "aarch64": Calls(
        0xC00000B7,
        {
            # Processes and programs.
            "clone": 220,
            "clone3": 435,
            "execve": 221,
            "execveat": 281,
            # Signals, and the memory and descriptors of other processes.
            "kill": 129,
            "tkill": 130,
            "tgkill": 131,
            "rt_sigqueueinfo": 138,
            "rt_tgsigqueueinfo": 240,
            "pidfd_send_signal": 424,
            "pidfd_getfd": 438,
            "ptrace": 117,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "process_madvise": 440,
            "process_mrelease": 448,
            "userfaultfd": 282,
            "perf_event_open": 241,
            # Connections.
            "socket": 198,
            "socketpair": 199,
            "connect": 203,
            "bind": 200,
            # Limits, and the place in the queue for the processor.
            "setrlimit": 164,
            "prlimit64": 261,
            "prctl": 167,
            "setpriority": 140,
            "sched_setscheduler": 119,
            "sched_setparam": 118,
            "sched_setattr": 274,
            "sched_setaffinity": 122,
            "ioprio_set": 30,
            # Ways around the file system's checks, and what has its own.
            "memfd_create": 279,
            "io_uring_setup": 425,
            "bpf": 280,
            "open_by_handle_at": 265,
            "mount": 40,
            "umount2": 39,
            "move_mount": 429,
            "open_tree": 428,
            "fsopen": 430,
            "fsmount": 432,
            "mount_setattr": 442,
            "pivot_root": 41,
            "chroot": 51,
            "unshare": 97,
            "setns": 268,
            "keyctl": 219,
            "add_key": 217,
            "request_key": 218,
        },
    ),
}
"""What `platform.machine` says -> its calls."""
