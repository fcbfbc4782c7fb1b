"""Trial: load one package in this process, which exists for nothing else, and tell what came of it.

All its modules are imported, those too that only a handler would import on the server.

Runs in a child of `warden`. The result goes through a pipe that is none of the standard streams,
each line led by a nonce, so that nothing a package prints can pass for it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from app.bridge.compiling.wraps import BUILT_IN_WRAPS
from app.cell.confinement.confine import confine
from app.cell.confinement.confinement import Confinement
from app.cell.loading import turns
from app.cell.loading.check import load_unserved
from app.cell.loading.loader import bundle_of
from app.cell.loading.version import LoadedVersion, Version
from app.frontend.libraries import is_available
from app.packages.limits import DryRunLimits
from app.packages.pack import Facts
from app.packages.trying.protocol import SILENCED, TOLD, Order
from app.packages.trying.sandbox.observer import Note, Observer
from app.rules.blame import problem_from_exception
from app.sdk.config import problems_of
from app.sdk.schema import settings_schema
from app.source.app_source import AppSource, read_source
from app.source.metadata import DEFAULT_ICON, read_metadata
from app.source.problems import AppError

TRACE_SIGNAL = signal.SIGUSR1
"""Makes the process write where each of its threads is."""

# Given back before the result is written: a package that ate all memory is reported all the same.
_RESERVE_BYTES = 32 * 1024 * 1024


class Channel:
    """The pipe to the warden."""

    def __init__(self, target: int, nonce: str) -> None:
        """Take the file descriptor to write to."""
        self._target = target
        self._nonce = nonce
        # Whatever the package puts in their places.
        self._write, self._dumps = os.write, json.dumps

    def send(self, kind: str, value: Any) -> None:
        """Write one line."""
        line = self._dumps({"nonce": self._nonce, "kind": kind, "value": value})
        data = memoryview(line.encode() + b"\n")
        while data:
            data = data[self._write(self._target, data) :]

    def send_note(self, note: Note) -> None:
        """Write a note at once: the process may not live to the end."""
        self.send("note", note.as_dict())


def run_trial(order: Order, channel: Channel, trace: int) -> NoReturn:
    """Load the package and end this process. Standard streams are already the warden's."""
    leave = os._exit
    faulthandler.enable(trace, all_threads=True)
    faulthandler.register(TRACE_SIGNAL, trace, all_threads=True)
    faulthandler.register(signal.SIGXCPU, trace, all_threads=True, chain=True)
    os.chdir(order.scratch)
    os.environ["TMPDIR"] = os.environ["HOME"] = tempfile.tempdir = order.scratch
    channel.send("confined", confine(_confinement(order)))
    # The warden ends a load that takes too long: it sees what cannot be interrupted, too.
    turns.LOADS = turns.Turns(2 * order.limits.seconds)
    observer = Observer(order.folder, channel.send_note)
    observer.start()
    reserve = [bytearray(_RESERVE_BYTES)]
    try:
        try:
            result = _load(order, observer)
        except MemoryError:
            result = {"memory": True}
        reserve.clear()
        for note in observer.threads():
            channel.send_note(note)
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        channel.send("result", result)
    except BaseException:
        # What ran until here without the package cannot fail; it closed or changed something.
        with contextlib.suppress(BaseException):
            traceback.print_exc()
        leave(SILENCED)
    leave(TOLD)


def _confinement(order: Order) -> Confinement:
    """What a trial may use."""
    limits = order.limits
    return Confinement(
        read=(order.folder,),
        write=(order.scratch,),
        address_bytes=limits.memory_bytes,
        file_bytes=limits.file_bytes,
        open_files=limits.open_files,
        cpu_seconds=limits.cpu_seconds,
    )


def _load(order: Order, observer: Observer) -> dict[str, Any]:
    folder = Path(order.folder)
    app_id = f"{folder.parent.name}/{folder.name}"
    try:
        source = read_source(folder)
        try:
            version = load_unserved(
                source,
                taken_urls=order.taken_urls,
                has_library=is_available,
                built_in_wraps=BUILT_IN_WRAPS,
            )
        finally:
            observer.mend()
    except AppError as error:
        if isinstance(error.__cause__, MemoryError):
            place = error.problems[0]
            return {"memory": True, "file": place.file, "line": place.line}
        return {"problems": [problem.as_dict() for problem in error.problems]}
    except MemoryError:
        raise
    except BaseException as error:
        # What gets past the loader is a package that raises KeyboardInterrupt.
        problem = problem_from_exception(app_id, "load", error, folder)
        return {"problems": [problem.as_dict()]}
    module = version.module if isinstance(version, LoadedVersion) else None
    return {
        "problems": [],
        "module": module.digest if module else "",
        "module_bytes": len(module.code.encode()) if module else 0,
        "facts": asdict(facts_of(version, source)),
        "bundle": _bundle(version, order.limits),
        **_settings(version, order.settings),
    }


def _bundle(version: Version, limits: DryRunLimits) -> dict[str, Any] | None:
    """What compiling yielded, unless it is so large that it could not be told."""
    if not isinstance(version, LoadedVersion):
        return None
    bundle = bundle_of(version, version.source.digest).model_dump(mode="json")
    return bundle if len(json.dumps(bundle)) <= limits.result_bytes // 2 else None


def _settings(version: Version, values: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the app's settings model is like, and what it says to some values."""
    model = version.entry.settings if isinstance(version, LoadedVersion) else None
    if model is None:
        return {"settings": None, "wrong_settings": []}
    wrong = () if values is None else problems_of(model, values)
    return {
        "settings": settings_schema(model).as_dict(),
        "wrong_settings": [asdict(problem) for problem in wrong],
    }


def facts_of(version: Version, source: AppSource) -> Facts:
    """What a manifest says of a loaded app."""
    metadata = read_metadata(source)
    if not isinstance(version, LoadedVersion):
        return Facts(
            kind="static",
            name=metadata.name or "",
            version=version.info.version,
            url=version.info.url,
            description=metadata.description or "",
            icon=metadata.icon or DEFAULT_ICON,
            capabilities=metadata.capabilities or (),
            pages=(),
            libraries=(),
            origins=version.origins,
        )
    entry = version.entry
    libraries = {*version.module.libraries, *version.module.on_demand}
    return Facts(
        kind="dynamic",
        name=entry.name,
        version=version.info.version,
        url=version.info.url,
        description=entry.description,
        icon=entry.icon or DEFAULT_ICON,
        capabilities=tuple(sorted(entry.capabilities)),
        pages=tuple(version.pages),
        libraries=tuple(sorted(libraries)),
        origins=version.origins,
    )
