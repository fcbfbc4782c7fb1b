"""The process that dry runs are forked from: everything is imported, no package has run in it.

    python -m app.packages.trying.dry_run_child <file descriptor>

Importing Reflex takes most of a second; a fork of a process that has done it takes milliseconds.
The descriptor is a Unix socket: when it is ready this process writes a line to it (`READY`), then
takes one connected socket after the other from it and forks a warden for each. It ends when the
other end closes.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from app.cell.confinement.confine import layers_here
from app.cell.confinement.reaper import adopt_orphans, kill_descendants
from app.cell.loading.warm import warm_up
from app.packages.trying.protocol import FOLDER_PREFIX, READY
from app.packages.trying.warden import guard

CONTEXTS = ("app.core.accounts", "app.core.documents", "app.core.files")
"""What apps import of the core."""


def main(descriptor: int) -> None:
    """Serve until the other end of the socket closes."""
    control = socket.socket(fileno=descriptor)
    adopt_orphans()
    with tempfile.TemporaryDirectory() as folder:
        warm_up(Path(folder), CONTEXTS)
    layers = " ".join(layers_here()).encode()
    # What is here now is shared with every fork; a collection there would copy it.
    gc.collect()
    gc.freeze()
    # The kernel reaps wardens by itself.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    me = os.getpid()
    # Where nobody is left to be told, there is nobody to serve either.
    with suppress(BrokenPipeError):
        control.sendall(READY + layers)
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not data:
            _tidy_up()
            return
        for received in descriptors:
            if os.fork() == 0:
                control.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                guard(socket.socket(fileno=received), me)
            os.close(received)


def _tidy_up() -> None:
    """Leave nothing behind: whoever started this process may have been killed."""
    kill_descendants()
    folder = Path.cwd()
    if folder.name.startswith(FOLDER_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
