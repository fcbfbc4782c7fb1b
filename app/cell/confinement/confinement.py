"""Confinement: what a process that runs code of client apps may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

MB = 1024 * 1024

LAYERS = ("limits", "landlock", "seccomp")
"""All that there are. Which of them a kernel takes, `confine` says."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What a process may use; sizes in bytes, None where there is no limit.

    What every Python needs can be read in any case (`readable`).

    Attributes:
        read: files and folders that it may read. All of them exist.
        write: folders that it may read and write in. All of them exist.
        network: whether it may reach and listen on the network. Sockets that have a path are never
            reached.
        processes: whether it may make processes and start programs.
        user: id of the user and group that it becomes where root confines it, so that what it runs
            can be counted and told from everything else; it still reads and writes what is given,
            whoever owns it, unless the kernel has no Landlock. None to stay who it is.
        tasks: how many threads and processes may run as its user, whoever started them; without
            effect on root.
        address_bytes: address space, which libraries reserve in plenty.
        data_bytes: memory of its own that it could write to.
        file_bytes: size of a file.
        open_files: number of open descriptors.
        cpu_seconds: processor time, of all its threads, from its start.
        layers: which of `LAYERS` to ask for. Tests leave some out, as older kernels do.
    """

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    network: bool = False
    processes: bool = False
    user: int | None = None
    tasks: int | None = None
    address_bytes: int | None = None
    data_bytes: int | None = None
    file_bytes: int | None = None
    open_files: int | None = None
    cpu_seconds: int | None = None
    layers: tuple[str, ...] = LAYERS

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON-able data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Confinement:
        """Read what `as_dict` wrote, before or after it was JSON."""
        lists = {name: tuple(values[name]) for name in ("read", "write", "layers")}
        return cls(**{**values, **lists})
