"""Metrics of one node for Prometheus, in a registry of their own.

Labels are ids of installed apps and words of small fixed sets. Names of events, addresses, users or
whatever else a browser can make up never become labels.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

import app as graft

Outcome = Literal["ok", "error", "cancelled", "refused"]

NO_APP = ""
"""The label of what belongs to no installed app."""

EVENT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SWAP_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
LOAD_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True, slots=True)
class AppNow:
    """What an app is at the moment of a scrape.

    Attributes:
        pages: open pages that show it.
        background: background tasks that run.
        module_bytes: size of the served version's module; None when it is not loaded.
        number: deployment number of the served version.
    """

    app_id: str
    pages: int
    background: int
    module_bytes: int | None
    number: int


class AppCounters:
    """The counters of one app, looked up once: labels cost more than counting."""

    def __init__(self, metrics: Metrics, app_id: str) -> None:
        self.opens = metrics.opens.labels(app_id)
        self.errors = metrics.errors.labels(app_id)
        self.outcomes = {
            outcome: metrics.events.labels(app_id, outcome)
            for outcome in ("ok", "error", "cancelled", "refused")
        }
        self.latency = metrics.latency.labels(app_id)


class Metrics:
    """Counts what happens on this node.

    Args:
        apps: returns what the apps are at the moment.
        sessions: returns how many browser tabs are connected.
        build: identifies the built front end.
    """

    def __init__(
        self, apps: Callable[[], Iterable[AppNow]], sessions: Callable[[], int], build: str = ""
    ) -> None:
        self.registry = CollectorRegistry()
        self.opens = self._counter("graft_app_opens", "Pages of an app that were opened.")
        self.events = self._counter(
            "graft_app_events", "Events of an app, by how they ended.", "outcome"
        )
        self.errors = self._counter("graft_app_errors", "Errors in an app's code.")
        self.values_lost = self._counter(
            "graft_app_values_lost", "Values that another version could not take as they were."
        )
        self.swaps = self._counter("graft_app_swaps", "Versions that replaced another.")
        self.loads = self._counter("graft_app_loads", "Versions that were loaded.", "outcome")
        self.latency = self._histogram(
            "graft_app_event_seconds",
            "Time from queue to update; no background events.",
            EVENT_SECONDS,
        )
        self.swap_seconds = self._histogram(
            "graft_app_swap_seconds", "Time until the last open page had it.", SWAP_SECONDS
        )
        self.load_seconds = self._histogram(
            "graft_app_load_seconds", "Importing and compiling a version.", LOAD_SECONDS
        )
        self._counters: dict[str, AppCounters] = {}
        self._now = _Now(apps, sessions)
        self.registry.register(self._now)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._build_info(build)

    def of(self, app_id: str) -> AppCounters:
        """Return the counters of an installed app, or those of `NO_APP`."""
        found = self._counters.get(app_id)
        if found is None:
            found = self._counters[app_id] = AppCounters(self, app_id)
        return found

    def forget(self, app_id: str) -> None:
        """Drop what was counted for an app that is not installed any more."""
        self._counters.pop(app_id, None)
        counters = (self.opens, self.errors, self.values_lost, self.swaps)
        for metric in (*counters, self.latency, self.swap_seconds):
            metric.remove_by_labels({"app": app_id})
        for metric in (self.events, self.loads, self.load_seconds):
            metric.remove_by_labels({"app": app_id})

    def look(self) -> None:
        """Take down how things are now; on the event loop, where they change."""
        self._now.look()

    def text(self) -> bytes:
        """Return everything in Prometheus' text format, with what the last `look` saw.

        For 1,000 apps in use this takes long enough to belong in a worker thread.
        """
        return generate_latest(self.registry)

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(name, help_text, ("app", *labels), registry=self.registry)

    def _histogram(self, name: str, help_text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, help_text, ("app",), registry=self.registry, buckets=buckets)

    def _build_info(self, build: str) -> None:
        info = Gauge(
            "graft_build_info",
            "What runs; the value is always 1.",
            ("version", "reflex", "python", "front_end"),
            registry=self.registry,
        )
        python = platform.python_version()
        info.labels(graft.__version__, installed_version("reflex"), python, build).set(1)


class _Now(Collector):
    """Gauges that are read when somebody asks, and cost nothing until then."""

    def __init__(self, apps: Callable[[], Iterable[AppNow]], sessions: Callable[[], int]) -> None:
        self._apps = apps
        self._sessions = sessions
        self._seen: tuple[int, tuple[AppNow, ...]] = (0, ())

    def look(self) -> None:
        self._seen = (self._sessions(), tuple(self._apps()))

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return ()  # otherwise the registry collects at once, before there is anything to ask

    def collect(self) -> Iterable[GaugeMetricFamily]:
        sessions, apps = self._seen
        yield GaugeMetricFamily(
            "graft_sessions", "Browser tabs that are connected.", value=sessions
        )
        pages = _family("graft_app_open_pages", "Open pages that show an app.")
        background = _family("graft_app_background_tasks", "Background tasks that run.")
        sizes = _family("graft_app_module_bytes", "Size of the served version's module.")
        numbers = _family("graft_app_version_number", "Deployment number of the served version.")
        for now in apps:
            pages.add_metric((now.app_id,), now.pages)
            background.add_metric((now.app_id,), now.background)
            numbers.add_metric((now.app_id,), now.number)
            if now.module_bytes is not None:
                sizes.add_metric((now.app_id,), now.module_bytes)
        yield from (pages, background, sizes, numbers)


def _family(name: str, help_text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, labels=("app",))
