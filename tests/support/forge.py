"""Runs commands of Graft in processes of their own, quickly: each is a fork of this process.

    python -m tests.support.forge

A line on standard input is a command as JSON (see `Job`); a line on standard output says which
process runs it, and another one how it ended. Importing Reflex takes most of a server's start, so
it is done once, here, where nothing has run yet.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import os
import selectors
import signal
import sys
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from argon2 import PasswordHasher

from app.cli import create_cli
from app.core.accounts.signing_in import passwords

ROOT = Path(__file__).parents[2]
# All that a server imports after it is told where its data is, but for the app itself.
AHEAD = (
    "app.api.application",
    "app.frontend.libraries",
    "app.browser.component",
    "app.packages.trying.dry_run",
    "app.node.engine",
    "app.server.compose",
    "cryptography.hazmat.primitives.ciphers.aead",
    "obstore.store",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
)


@dataclass(frozen=True)
class Job:
    """A command to run.

    Attributes:
        arguments: of `python -m app`.
        output, errors: files that get what it writes.
        environment: variables on top of this process' own.
        static: what stands for the built front end; "" for the built one itself.
        nursery: where dry runs come from, see `nursery.py`.
        point: where the process is to kill itself, see `points.py`; "" for nowhere.
        folder: where it runs.
    """

    arguments: tuple[str, ...]
    output: str
    errors: str
    static: str
    nursery: str
    point: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = ""

    def as_json(self) -> str:
        """The job as one line."""
        return json.dumps(asdict(self))


def main() -> None:
    """Take commands until standard input ends; what still runs then is killed."""
    for name in AHEAD:
        importlib.import_module(name)
    create_cli()  # which imports all commands
    # As cheap as they can be: that passwords are dear to guess is tested in tests/unit.
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    # A class by its type; only called there.
    passwords.PasswordHasher = lambda **_: cheap()  # type: ignore[assignment, misc]
    gc.collect()
    gc.freeze()
    died, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ, "job")
    selector.register(died, selectors.EVENT_READ, "died")
    running: set[int] = set()
    _tell(ready=True)
    while True:
        for key, _ in selector.select():
            if key.data == "died":
                os.read(died, 4096)
                _reap(running)
                continue
            line = sys.stdin.readline()
            if not line:
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                return
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _become(json.loads(line))
            running.add(pid)
            _tell(pid=pid)


def _reap(running: set[int]) -> None:
    for pid in tuple(running):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            running.discard(pid)
            _tell(ended=pid, status=os.waitstatus_to_exitcode(status))


def _tell(**values: Any) -> None:
    # Past sys.stdout, which may be in the middle of writing when a signal comes.
    os.write(1, (json.dumps(values) + "\n").encode())


def _become(job: dict[str, Any]) -> NoReturn:
    """Be the process of the command, and nothing of this one."""
    from app.cli import serve
    from tests.support import nursery, points

    status = 1
    try:
        os.environ.update(job["environment"])
        for target, name in ((0, os.devnull), (1, job["output"]), (2, job["errors"])):
            flags = os.O_RDONLY if target == 0 else os.O_WRONLY | os.O_APPEND | os.O_CREAT
            descriptor = os.open(name, flags, 0o600)
            os.dup2(descriptor, target)
            os.close(descriptor)
        faulthandler.enable()
        os.chdir(job["folder"])
        if job["static"]:
            serve.ensure_built = lambda report: Path(job["static"])
        nursery.use(job["nursery"])
        points.arm(job["point"])
        signal.signal(signal.SIGUSR1, lambda *_: _tell(event="modules", names=sorted(sys.modules)))
        sys.argv = ["graft", *job["arguments"]]
        create_cli(job["arguments"])(job["arguments"])
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
