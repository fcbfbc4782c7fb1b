"""`log`: structured log lines that carry app, version, user and session by themselves."""

from __future__ import annotations

from typing import Any

import structlog

from app.sdk.scope import OutsideApp, scope


class _Log:
    """A structlog logger bound to the running scope at every call."""

    def debug(self, event: str, **fields: Any) -> None:
        _bound().debug(event, **fields)

    def info(self, event: str, **fields: Any) -> None:
        _bound().info(event, **fields)

    def warning(self, event: str, **fields: Any) -> None:
        _bound().warning(event, **fields)

    def error(self, event: str, **fields: Any) -> None:
        _bound().error(event, **fields)

    def exception(self, event: str, **fields: Any) -> None:
        _bound().exception(event, **fields)


def _bound() -> Any:
    logger = structlog.get_logger("graft.app")
    try:
        running = scope()
    except OutsideApp:
        return logger
    fields = {"app": running.app.id, "version": running.app.version, "number": running.app.number}
    if running.actor is not None:
        fields["user"] = running.actor.user.id
        fields["organisation"] = running.actor.organisation.id
    if running.session is not None:
        fields["session"] = running.session
    return logger.bind(**fields)


log = _Log()
