"""One pipeline for every log line of the process."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from app.kernel.actor import Actor, Organisation, User
from app.node.observe.applog import AppLog
from app.node.redact import REDACTED, Redactor
from app.sdk import log as app_log
from app.sdk.scope import AppInfo, Scope, enter
from app.server.process.logs import LONGEST_TEXT, configure_logging, session_name
from tests.unit.apps.loading import QuietHost

ACTOR = Actor(User("u1", "Ada", "ada@x.example"), Organisation("o1", "Demo"))
INFO = AppInfo("acme/counter", "acme-counter", "1.2.3", 7)
SCOPE = Scope(INFO, QuietHost(), ACTOR, "the-token")


class Logs:
    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.apps = AppLog()
        self.redactor = Redactor()
        self.undo = configure_logging(
            self.apps,
            self.redactor,
            node="node-1",
            environ={"GRAFT_SECRET_KEY": "key-of-the-server"},
            as_json=True,
            stream=self.stream,
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def logs() -> Iterator[Logs]:
    made = Logs()
    yield made
    made.undo()


def test_a_line_of_an_app_says_of_whom_it_is(logs: Logs) -> None:
    with enter(SCOPE):
        app_log.info("saved", rows=3)
    (line,) = logs.lines
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "saved",
        "rows": 3,
        "level": "info",
        "logger": "graft.app",
        "node": "node-1",
        "app": "acme/counter",
        "version": "1.2.3",
        "number": 7,
        "user": "u1",
        "organisation": "o1",
        "session": session_name("the-token"),
    }
    assert logs.apps.recent("acme/counter")[0]["event"] == "saved"


@pytest.mark.parametrize("name", ["uvicorn.error", "reflex.app", "alembic", "some.library"])
def test_lines_of_libraries_go_the_same_way(logs: Logs, name: str) -> None:
    logging.getLogger(name).warning("it is %s", "late", extra={"password": "hunter22"})
    (line,) = logs.lines
    assert (line["event"], line["level"], line["logger"]) == ("it is late", "warning", name)
    assert (line["node"], line["password"]) == ("node-1", REDACTED)


def test_what_a_library_logs_while_an_app_runs_is_the_apps(logs: Logs) -> None:
    with enter(SCOPE):
        logging.getLogger("httpx").warning("retrying")
    assert logs.apps.recent("acme/counter")[0]["logger"] == "httpx"


def test_lines_of_the_core_belong_to_no_app(logs: Logs) -> None:
    structlog.get_logger("graft").info("started")
    assert "app" not in logs.lines[0]


def test_a_line_about_another_app_keeps_its_own(logs: Logs) -> None:
    with enter(SCOPE):
        structlog.get_logger("graft").info("app loaded", app="acme/other", number=2)
    (line,) = logs.lines
    assert (line["app"], line["number"]) == ("acme/other", 2)
    assert "version" not in line


def test_secrets_are_in_no_line(logs: Logs) -> None:
    logs.redactor.know("acme/counter", ["hunter22"])
    try:
        raise ValueError("cannot sign in with hunter22")
    except ValueError:
        structlog.get_logger("graft").exception("failed", settings={"token": "abc"})
    logging.getLogger("x").error("key-of-the-server is %s", "hunter22")
    text = logs.stream.getvalue()
    assert "hunter22" not in text
    assert "key-of-the-server" not in text
    assert "abc" not in text
    assert "Traceback" in logs.lines[0]["exception"]


def test_warnings_of_python_are_lines_too(logs: Logs) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert "DeprecationWarning: old" in logs.lines[0]["event"]


def test_libraries_are_heard_from_warning_on(logs: Logs) -> None:
    logging.getLogger("uvicorn.error").info("chatter")
    structlog.get_logger("graft").debug("detail")
    assert logs.lines == []


def test_a_value_that_is_no_json_is_written_all_the_same(logs: Logs) -> None:
    structlog.get_logger("graft").info("odd", value=object(), keys={1: {2, 3}})
    assert logs.lines[0]["value"].startswith("<object object")


def test_an_error_that_cannot_be_described_is_written_all_the_same(logs: Logs) -> None:
    try:
        raise SyntaxError("odd", (None, "a", None, 3))
    except SyntaxError:
        structlog.get_logger("graft").error("failed", exc_info=True)
    [line] = logs.lines
    assert line["exception"].endswith("SyntaxError: its description fails, too")


def test_of_a_text_that_is_too_long_its_ends_are_written(logs: Logs) -> None:
    logs.redactor.know("acme/counter", ["the secret in the middle"])
    text = f"begin {'x' * LONGEST_TEXT}the secret in the middle{'y' * LONGEST_TEXT} end"
    logging.getLogger("reflex.app").error("[Reflex Frontend Exception]\n %s", text)
    structlog.get_logger("graft").warning("page refused", refused=text)
    with enter(SCOPE):
        app_log.info(text)
    for line in logs.lines:
        told = line.get("refused") or line["event"]
        assert "begin x" in told
        assert told.endswith("y end")
        assert len(told) < LONGEST_TEXT + 100


def test_people_get_columns(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    undo = configure_logging(
        AppLog(), Redactor(), node="n", environ={}, as_json=False, stream=stream
    )
    structlog.get_logger("graft").info("started", port=3000)
    undo()
    assert "started" in stream.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())


def test_no_log_shows_a_sessions_token() -> None:
    assert session_name("the-token") == session_name("the-token")
    assert "token" not in session_name("the-token")
    assert len(session_name("the-token")) == 12
