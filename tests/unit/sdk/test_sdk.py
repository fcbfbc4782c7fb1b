"""What client apps import: it holds no state and reads the running scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import structlog
from pydantic import BaseModel, SecretStr
from structlog.testing import capture_logs

import app.sdk
from app.kernel.actor import Actor, Organisation, User
from app.sdk import (
    DynamicApp,
    OutsideApp,
    Page,
    broadcast,
    current,
    folder,
    log,
    presence,
    settings,
)
from app.sdk import subscribe as sdk_subscribe
from app.sdk.config import SettingsInvalid, SettingsUndeclared
from app.sdk.scope import AppInfo, Scope, enter, scope
from tests.unit.apps.loading import QuietHost

INFO = AppInfo(id="acme/counter", url="acme-counter", version="1.2.0", number=7)
ADA = Actor(User("u1", "Ada", "ada@demo.example"), Organisation("o1", "Demo"))


class Host(QuietHost):
    """A host that notes what it is asked."""

    def __init__(self, values: dict[str, Any] | None = None) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._values = values or {}

    def settings_values(self, app: AppInfo) -> dict[str, Any]:
        return self._values

    def is_outdated(self, app: AppInfo) -> bool:
        return app.number < 8

    async def broadcast(self, scope: Scope, event: Any, *, to_self: bool) -> None:
        self.asked.append(("broadcast", scope.app.id, event, to_self))

    async def subscribe(self, scope: Scope, topic: str, handler: Any) -> None:
        self.asked.append(("subscribe", scope.session, topic, handler))

    async def presence_set(self, scope: Scope, topic: str, meta: Any) -> None:
        self.asked.append(("set", topic, meta))

    async def presence_leave(self, scope: Scope, topic: str) -> None:
        self.asked.append(("leave", topic))


def running(host: Host | None = None, *, session: str | None = "tab") -> Any:
    actor = ADA if session else None
    return enter(Scope(app=INFO, host=host or Host(), actor=actor, session=session))


def test_everything_that_is_promised_is_there() -> None:
    promised = {"DynamicApp", "StaticApp", "Page", "current", "broadcast", "settings", "log"}
    assert promised | {"subscribe", "presence"} <= set(app.sdk.__all__)
    assert all(hasattr(app.sdk, name) for name in app.sdk.__all__)


OUTSIDE: list[Callable[[], Any]] = [
    lambda: current.app,
    lambda: current.user,
    lambda: current.organisation,
    lambda: current.session,
    lambda: current.outdated,
    lambda: DynamicApp.asset("x"),
    lambda: DynamicApp.link("/"),
    lambda: settings(BaseModel),
    lambda: presence.here("room"),
    lambda: folder(),
    lambda: folder(shared=True),
    scope,
]


@pytest.mark.parametrize("use", OUTSIDE)
def test_outside_an_app_it_says_where_to_use_it(use: Callable[[], Any]) -> None:
    with pytest.raises(OutsideApp, match=r"app\.testing\.open_app"):
        use()


def test_current_is_who_and_what_runs() -> None:
    with running():
        assert (current.app, current.user, current.organisation) == (
            INFO,
            ADA.user,
            ADA.organisation,
        )
        assert current.session == "tab"
        assert current.outdated


def test_there_is_no_user_and_no_session_while_an_app_is_loaded() -> None:
    with running(session=None):
        assert current.app is INFO
        for use in (lambda: current.user, lambda: current.organisation, lambda: current.session):
            with pytest.raises(OutsideApp, match="while an app is loaded"):
                use()


def test_scopes_end_where_they_began() -> None:
    with running() as outer:
        with enter(Scope(app=INFO, host=Host(), session="inner")):
            assert current.session == "inner"
        assert scope() is outer
    with pytest.raises(OutsideApp):
        scope()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/apps/acme-counter"),
        ("", "/apps/acme-counter"),
        ("/projects/7", "/apps/acme-counter/projects/7"),
        ("projects/7/", "/apps/acme-counter/projects/7"),
    ],
)
def test_links_lead_to_the_running_app(path: str, expected: str) -> None:
    with running():
        assert DynamicApp.link(path) == expected


def test_assets_are_those_of_the_running_version() -> None:
    with running():
        assert DynamicApp.asset("logo.svg") == "/assets/acme/counter/logo.svg"


def test_a_page_is_a_component_with_more() -> None:
    page = Page(len, title="Project")
    assert (page.component, page.title, page.on_load) == (len, "Project", None)


def test_values_are_carried_as_they_are_by_default() -> None:
    values = {"a": 1}
    assert DynamicApp.upgrade(values, "1.0.0") is values


class Mail(BaseModel):
    host: str
    port: int = 25
    password: SecretStr = SecretStr("")


def test_settings_are_checked_against_the_apps_model() -> None:
    with running(Host({"host": "mail.example", "port": "2525"})):
        assert settings(Mail) == Mail(host="mail.example", port=2525)


def test_settings_that_no_entry_names_are_not_read_in_silence() -> None:
    with (
        enter(Scope(INFO, Host({"host": "a"}), ADA, "s1", has_settings=False)),
        pytest.raises(SettingsUndeclared, match=r"settings = Mail in AppEntry"),
    ):
        settings(Mail)


def test_settings_that_do_not_fit_name_the_fields_and_show_no_value() -> None:
    with running(Host({"port": "hunter2"})), pytest.raises(SettingsInvalid) as caught:
        settings(Mail)
    assert caught.value.fields == ("host", "port")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "acme/counter" in caught.value.remedy


async def test_live_functions_ask_the_host_with_the_running_scope() -> None:
    host = Host()
    with running(host):
        await broadcast("event", to_self=False)
        await sdk_subscribe("news", "handler")
        await presence.join("room", color="red")
        await presence.update("room", color="blue")
        await presence.leave("room")
        assert presence.here("room") == ()
    assert host.asked == [
        ("broadcast", "acme/counter", "event", False),
        ("subscribe", "tab", "news", "handler"),
        ("set", "room", {"color": "red"}),
        ("set", "room", {"color": "blue"}),
        ("leave", "room"),
    ]
    assert presence.topic("room") == "presence:room"


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "exception"])
def test_log_lines_carry_app_user_and_session_by_themselves(level: str) -> None:
    with capture_logs() as lines, running():
        getattr(log, level)("imported", rooms=3)
    (line,) = lines
    assert line["event"] == "imported"
    assert line["log_level"] == ("error" if level == "exception" else level)
    assert {
        k: line[k] for k in ("app", "version", "number", "user", "organisation", "session")
    } == {
        "app": "acme/counter",
        "version": "1.2.0",
        "number": 7,
        "user": "u1",
        "organisation": "o1",
        "session": "tab",
    }
    assert line["rooms"] == 3


def test_a_line_outside_an_app_is_only_a_line() -> None:
    with capture_logs() as lines:
        log.info("alone")
    assert lines == [{"event": "alone", "log_level": "info"}]
    assert structlog.get_logger("graft.app") is not None


def test_the_folder_is_the_hosts_to_name_and_there_is_none_while_an_app_is_loaded() -> None:
    with running():
        assert [str(folder()), str(folder(shared=True))] == ["own", "shared"]
    for of in (folder, lambda: folder(shared=True)):
        with (
            running(session=None),
            pytest.raises(OutsideApp, match="none while an app is loaded or a page is built"),
        ):
            of()
