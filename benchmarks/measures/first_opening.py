"""First opening of an app after a start, server side, from what was stored."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from benchmarks.processes import Server
from benchmarks.production import Keys, install, package_of, production, set_up
from benchmarks.result import Result, Target, row_of
from benchmarks.settings import Settings
from benchmarks.tab import Tab
from benchmarks.workspace import CLIENT, put_copies, route_of

TARGET = Target(value=20)
_LOADED = re.compile(r"^\{.*\"event\": \"app loaded\".*\}$", re.MULTILINE)


def measure(settings: Settings) -> Result:
    """Start servers one after the other; open every app once and then again in each."""
    source, data = settings.work / "source", settings.work / "data"
    number, starts = settings.samples(50, 2), settings.samples(6, 1)
    put_copies(source, number)
    folders = sorted((source / CLIENT).iterdir())
    keys = set_up(data)
    install(data, map(package_of, folders))
    paths = [route_of(f"{CLIENT}/{folder.name}") for folder in folders]
    compiled = _openings(data, keys, paths)
    kept = [_openings(data, keys, paths) for _ in range(starts)]
    bare = []
    for _ in range(starts):
        shutil.rmtree(data / "unpacked")
        bare.append(_openings(data, keys, paths))
    return Result(
        title="First opening of an app",
        how=f"{number} copies of the small app. On an open socket, from sending the event with"
        " which a browser opens the app's address to the message with its first page and states:"
        " all that the server does, and the way there and back on one machine. Each app is opened"
        f" twice after each of {starts} starts; its bundle was stored before, so it is not"
        " compiled.",
        rows=[
            row_of("first opening", _all(kept, "first"), target=TARGET),
            row_of("first opening, the first app after a start", [o.first[0] for o in kept]),
            row_of("of it loading the app", _all(kept, "loading")),
            row_of("first opening, on a new node: unpacked anew", _all(bare, "first")),
            row_of("first opening, never compiled before", compiled.first),
            row_of("second opening", _all(kept, "second")),
        ],
    )


class _Openings:
    """Milliseconds of the openings after one start."""

    def __init__(self) -> None:
        self.first: list[float] = []
        self.second: list[float] = []
        self.loading: list[float] = []


def _openings(data: Path, keys: Keys, paths: list[str]) -> _Openings:
    found = _Openings()
    with production(data) as server:
        server.wait_for("/readyz")
        with Tab(server.address, "/", cookie=keys.cookie) as tab:
            tab.wait_until_open()
            for taken in (found.first, found.second):
                taken += [tab.go_to(path) * 1000 for path in paths]
    found.loading = _loading(server)
    return found


def _loading(server: Server) -> list[float]:
    """Return what the server noted of each app that it loaded, in milliseconds."""
    lines = map(json.loads, _LOADED.findall(server.output()))
    return [line["milliseconds"] for line in lines]


def _all(openings: list[_Openings], which: str) -> list[float]:
    return [one for each in openings for one in getattr(each, which)]
