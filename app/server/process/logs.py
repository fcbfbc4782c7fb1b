"""One way for every log line of the process: structlog, the standard library, Reflex, uvicorn.

A line becomes a dict, gets what is known of the running app, loses its secrets, goes to the app's
own log if it is of an app, and is written: JSON for machines, columns for a terminal.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, ExcInfo, Processor

from app.kernel.actor import acting
from app.kernel.tracebacks import traceback_of
from app.node.observe.applog import AppLog
from app.node.redact import Redactor
from app.sdk.scope import running
from app.server.process.log_flood import Flood

SECRET_VARIABLES = (
    "GRAFT_SECRET_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)

LONGEST_TEXT = 20_000
"""Characters of a text in a line; a traceback is one."""

# These write by themselves, or below warnings, unless they are told not to.
_OWN_HANDLERS = (
    *("uvicorn", "uvicorn.error", "uvicorn.access", "alembic", "reflex", "reflex_base"),
    *("engineio.server", "socketio.server"),
)


def configure_logging(
    applog: AppLog,
    redactor: Redactor,
    *,
    node: str,
    environ: Mapping[str, str],
    as_json: bool | None = None,
    stream: TextIO | None = None,
    level: int = logging.INFO,
) -> Callable[[], None]:
    """Send all log lines of this process through one pipeline; once, by the composition root.

    Args:
        applog: keeps the lines of apps.
        redactor: takes secrets out of them.
        node: name of this node, on every line.
        environ: its secrets are never logged.
        as_json: write JSON; default: unless `stream` is a terminal.
        stream: where to; default is standard error.
        level: lines below are not written; of Reflex and uvicorn, below WARNING.

    Returns:
        A function that puts the standard library's root logger back, for tests.
    """
    redactor.know("environment", [environ[v] for v in SECRET_VARIABLES if environ.get(v)])
    out = stream or sys.stderr
    shared = _shared(applog, redactor, node)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=_written(out.isatty() if as_json is None else not as_json),
        )
    )
    flood = Flood(handler.handle)
    handler.addFilter(flood)
    give_back = _take_over(handler, level)

    def end() -> None:
        flood.close()
        give_back()

    return end


def _shared(applog: AppLog, redactor: Redactor, node: str) -> Sequence[Processor]:
    return (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.ExceptionRenderer(_traceback),
        structlog.processors.UnicodeDecoder(),
        _Circumstances(node),
        redactor,
        _shortened,
        _Keep(applog),
    )


def _written(for_people: bool) -> list[Processor]:
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if for_people:
        return [remove, structlog.dev.ConsoleRenderer(timestamp_key="at", pad_event_to=24)]
    return [remove, structlog.processors.JSONRenderer(ensure_ascii=False, default=str)]


def _shortened(logger: Any, method: str, line: EventDict) -> EventDict:
    """Cut the middle out of texts that are too long: browsers may send what they like as an error.
    Not before secrets are gone, of which a half would stay.
    """
    for name, value in line.items():
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            half = LONGEST_TEXT // 2
            line[name] = f"{value[:half]} … {value[-half:]}"
    return line


def _traceback(exc_info: ExcInfo) -> str:
    return traceback_of(exc_info[1]).rstrip("\n")


class _Circumstances:
    """Adds node, app, version, user and organisation, unless the line has its own, and session."""

    def __init__(self, node: str) -> None:
        self._node = node

    def __call__(self, logger: Any, method: str, line: EventDict) -> EventDict:
        line.setdefault("node", self._node)
        scope = running()
        if scope is not None:
            line.setdefault("app", scope.app.id)
            if line["app"] == scope.app.id:
                line.setdefault("version", scope.app.version)
                line.setdefault("number", scope.app.number)
            if scope.session is not None:
                line["session"] = session_name(scope.session)
        actor = (scope.actor if scope is not None else None) or acting()
        if actor is not None:
            line.setdefault("user", actor.user.id)
            line.setdefault("organisation", actor.organisation.id)
        return line


class _Keep:
    """Keeps lines of apps in their own log."""

    def __init__(self, applog: AppLog) -> None:
        self._applog = applog

    def __call__(self, logger: Any, method: str, line: EventDict) -> EventDict:
        app_id = line.get("app")
        if isinstance(app_id, str):
            self._applog.write(app_id, {k: value for k, value in line.items() if k[:1] != "_"})
        return line


def _take_over(handler: logging.Handler, level: int) -> Callable[[], None]:
    """Make `handler` the only one; loggers that had their own hand on to the root."""
    root = logging.getLogger()
    before, level_before = root.handlers[:], root.level
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    for name in _OWN_HANDLERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(max(level, logging.WARNING))
    return lambda: _give_back(root, before, level_before)


def _give_back(root: logging.Logger, handlers: list[logging.Handler], level: int) -> None:
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def session_name(token: str) -> str:
    """Return what logs call a session. Its token is not shown: it is half of what opens it."""
    return hashlib.sha256(token.encode()).hexdigest()[:12]
