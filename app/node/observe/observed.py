"""What happens on a node, told to the metrics, the usage charts, the error lists and the log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from time import perf_counter
from types import TracebackType

import structlog

from app.bridge.sockets.arguments import WrongArguments
from app.cell.loading.version import LoadedVersion, Version
from app.cell.values.carry import Lost
from app.core.refusals import RefusalLimiter
from app.node.app_settings import SettingsSource, check_settings, know_secrets
from app.node.observe.applog import AppLog
from app.node.observe.error_lists import AppErrorEntry, ErrorLog
from app.node.observe.lost_values import problem_of
from app.node.observe.metrics import NO_APP, AppNow, Metrics, Outcome
from app.node.observe.usage import Usage
from app.node.redact import Redactor
from app.node.releases.in_memory import VersionsInMemory
from app.node.releases.served import Served
from app.node.sessions.sessions import Sessions
from app.rules.blame import problem_from_exception
from app.sdk.config import FieldProblem, SettingsInvalid
from app.source.problems import Problem

log = structlog.get_logger("graft")


class Observed:
    """Counts events, openings, errors, loads and swaps of all apps.

    Args:
        served: has the apps of the moment.
        versions: what is loaded.
        sessions: the node's sessions.
        settings: where the values of settings come from.
        redactor: learns secrets among them.
        logs: has the newest log lines of each app.
        build: identifies the built front end.

    Attributes:
        logs, errors, metrics, usage: what is known of each app.
        wrong_settings: app id -> why what is set does not fit the version that was checked last.
    """

    def __init__(
        self,
        served: Served,
        versions: VersionsInMemory,
        sessions: Sessions,
        settings: SettingsSource,
        redactor: Redactor,
        logs: AppLog,
        build: str = "",
    ) -> None:
        self._served = served
        self._versions = versions
        self._sessions = sessions
        self._settings = settings
        self._redactor = redactor
        self.logs = logs
        self._logged = RefusalLimiter()
        self.wrong_settings: dict[str, Problem] = {}
        self.errors = ErrorLog()
        self.metrics = Metrics(self._apps_now, self._connected, build)
        self.usage = Usage()

    def opened(self, app_id: str) -> None:
        """Count a page that was opened."""
        self.metrics.of(app_id).opens.inc()
        self.usage.opened(app_id)

    def event(self, app_id: str, *, background: bool) -> _Event:
        """Count an event, and how long it takes: the body of the `with` statement."""
        return _Event(self, app_id, background)

    def refused(self, app_id: str | None) -> None:
        """Count an event that was refused; browsers name apps that do not exist, too."""
        known = app_id is not None and self._served.catalog.get(app_id) is not None
        self.metrics.of(app_id if known and app_id else NO_APP).outcomes["refused"].inc()

    def failed(self, version: Version, where: str, error: Exception) -> AppErrorEntry:
        """Count, list and log an error in an app's code; `where` is the event or what it did.

        Of one that happens over and over, some are logged only: whoever sends the event decides how
        often that is.
        """
        problem = problem_from_exception(version.info.id, "run", error, version.source.root)
        return self.failed_there(version, where, problem)

    def failed_there(self, version: Version, where: str, problem: Problem) -> AppErrorEntry:
        """Count, list and log an error that is described already; see `failed`."""
        info = version.info
        entry = self.errors.note_problem(info.number, where, problem)
        self.metrics.of(info.id).errors.inc()
        self.usage.error(info.id)
        suppressed = self._logged.admit(f"{info.id} {entry.problem.place}")
        if suppressed is None:
            return entry
        log.error(
            "event failed",
            app=info.id,
            version=info.version,
            number=info.number,
            event_name=where,
            place=entry.problem.place,
            why=entry.problem.message,
            remedy=entry.problem.remedy,
            **({"not_logged_before": suppressed} if suppressed else {}),
        )
        return entry

    def not_carried(self, version: LoadedVersion, lost: Iterable[Lost]) -> tuple[Problem, ...]:
        """Count, list and log values of a session that `version` could not take as they were."""
        problems = tuple(problem_of(one, version) for one in lost)
        for problem in problems:
            info = version.info
            self.errors.note_problem(info.number, "carrying values", problem)
            self.metrics.values_lost.labels(info.id).inc()
            suppressed = self._logged.admit(f"{info.id} {problem.message}")
            if suppressed is not None:
                log.warning(
                    "value not carried",
                    app=info.id,
                    version=info.version,
                    number=info.number,
                    why=problem.message,
                    remedy=problem.remedy,
                    **({"not_logged_before": suppressed} if suppressed else {}),
                )
        return problems

    def loaded(self, app_id: str, version: Version | None, seconds: float) -> None:
        """Count that a version was loaded, or that it failed (None); from any thread."""
        self.metrics.loads.labels(app_id, "ok" if version is not None else "error").inc()
        if version is not None:
            self.metrics.load_seconds.labels(app_id).observe(seconds)
        if isinstance(version, LoadedVersion):
            self._check_settings(version)

    def not_loaded(self, number: int, problems: Iterable[Problem]) -> None:
        """List why a version could not be loaded, among the errors of its app."""
        for problem in problems:
            self.errors.note_problem(number, "loading", problem)

    def settings_changed(self, app_id: str) -> Problem | None:
        """Check what an administrator just set against what the served version declares; return
        what is wrong.
        """
        version = self._served.catalog.loaded(app_id)
        return self._check_settings(version) if version is not None else None

    def settings_judged(
        self, version: Version, wrong: Sequence[FieldProblem], secrets: Iterable[str]
    ) -> None:
        """Note what a version in a cell says to what is set for it, and which texts are secret."""
        app_id = version.info.id
        self._redactor.know(app_id, set(secrets))
        if not wrong:
            self.wrong_settings.pop(app_id, None)
            return
        error = SettingsInvalid(app_id, wrong)
        self.wrong_settings[app_id] = self.failed(version, "settings", error).problem

    def swapped(self, app_id: str, seconds: float) -> None:
        """Count that every open page was told of another version."""
        self.metrics.swaps.labels(app_id).inc()
        self.metrics.swap_seconds.labels(app_id).observe(seconds)

    def forget(self, app_id: str) -> None:
        """Drop what was counted for an app that is not installed any more."""
        self.metrics.forget(app_id)
        self.usage.forget(app_id)
        self.errors.clear(app_id)
        self.logs.forget(app_id)
        self.wrong_settings.pop(app_id, None)

    def ended(
        self, app_id: str, outcome: Outcome, seconds: float, *, background: bool = False
    ) -> None:
        """Count an event that ended."""
        counters = self.metrics.of(app_id)
        counters.outcomes[outcome].inc()
        if background:
            self.usage.event(app_id, None)
        else:
            counters.latency.observe(seconds)
            self.usage.event(app_id, seconds)

    def _check_settings(self, version: LoadedVersion) -> Problem | None:
        app_id, model = version.info.id, version.entry.settings
        if not isinstance(model, type):
            # None, or one that is in a cell, which was asked (`settings_judged`).
            return self.wrong_settings.get(app_id) if model else None
        loaded = (v for v in self._versions.of(app_id) if isinstance(v, LoadedVersion))
        models = {v.entry.settings for v in loaded if isinstance(v.entry.settings, type)} | {model}
        know_secrets(models, app_id, self._settings, self._redactor)
        wrong = check_settings(model, app_id, self._settings)
        if wrong is None:
            self.wrong_settings.pop(app_id, None)
            return None
        problem = self.failed(version, "settings", wrong).problem
        self.wrong_settings[app_id] = problem
        return problem

    def _apps_now(self) -> Iterable[AppNow]:
        pages: dict[str, int] = {}
        background: dict[str, int] = {}
        for session in self._sessions:
            if session.connected and session.view is not None:
                pages[session.view.app_id] = pages.get(session.view.app_id, 0) + 1
            for app_id, count in session.background.items():
                background[app_id] = background.get(app_id, 0) + count
        for record in self._served.catalog:
            version = record.version
            yield AppNow(
                app_id=record.id,
                pages=pages.get(record.id, 0),
                background=background.get(record.id, 0),
                module_bytes=_size(version.module.code)
                if isinstance(version, LoadedVersion)
                else None,
                number=record.number,
            )

    def _connected(self) -> int:
        return sum(1 for session in self._sessions if session.connected)


class _Event:
    """Times one event. A class, because a generator's context manager costs twice as much."""

    __slots__ = ("_app_id", "_background", "_began", "_observed")

    def __init__(self, observed: Observed, app_id: str, background: bool) -> None:
        self._observed = observed
        self._app_id = app_id
        self._background = background

    def __enter__(self) -> None:
        self._began = perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        outcome: Outcome = "ok"
        if kind is WrongArguments:
            return  # counted as refused
        if kind is not None:
            outcome = "cancelled" if issubclass(kind, asyncio.CancelledError) else "error"
        seconds = perf_counter() - self._began
        count = partial(self._observed.ended, background=self._background)
        # What the event changed is written to the socket at the end of this round of the loop.
        asyncio.get_running_loop().call_soon(count, self._app_id, outcome, seconds)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
