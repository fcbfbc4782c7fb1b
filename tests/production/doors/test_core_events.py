"""Events of the core's own pages, by name: all of them."""

import importlib
import json
import pkgutil
from typing import Any

import pytest

import app.web
from app.bridge.states.registration import core_registration
from app.core import apps, audit
from app.core.audit import Filter
from tests.production.doors.trying import (
    ADMIN,
    CONFIRM,
    HOST,
    HYDRATE,
    LAUNCHER,
    OPERATION,
    RECEIVE,
    STATE,
    Tab,
    beside,
    confirm,
    refusals,
)
from tests.production.world import (
    COUNTER,
    DRAFT,
    Person,
    World,
)

APPS_STATE = f"{ADMIN}___apps___states___apps_state____admin_state"
AUDIT_STATE = f"{ADMIN}___audit___audit_state____audit_state"
PREVIEW_STATE = f"{ADMIN}___apps___states___preview_state____preview_state"
SHARING_STATE = f"{ADMIN}___apps___states___sharing_state____sharing_state"
UPLOAD_STATE = f"{ADMIN}___apps___states___upload_state____upload_state"
USE_STATE = f"{ADMIN}___apps___states___use_state____use_state"
USERS_STATE = f"{ADMIN}___users___users_state____users_state"
QUESTION_STATE = f"{ADMIN}___users___users_state____question_state"
SETTINGS_STATE = f"{ADMIN}___apps___states___settings_state____settings_state"
DIALOG: dict[str, Any] = {"app_id": COUNTER, "argument": "", "revision": 1}
ADMIN_EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "the list of apps": (f"{APPS_STATE}.load", {}),
    "the list of apps again": (f"{APPS_STATE}.refresh", {}),
    "a change": (f"{APPS_STATE}.changed", {"app_id": COUNTER}),
    "apps in a state": (f"{APPS_STATE}.narrow", {"only": "failing"}),
    "more apps": (f"{APPS_STATE}.more", {}),
    "more versions": (
        f"{ADMIN}___apps___states___detail_state____detail_state.more",
        {"what": "versions"},
    ),
    "the settings of an app": (f"{SETTINGS_STATE}.choose_tab", {"tab": "settings"}),
    "changed settings": (f"{SETTINGS_STATE}.save", {"form": {}}),
    "a search": (f"{APPS_STATE}.search", {"query": "c"}),
    "an operation": (f"{OPERATION}.ask", {"operation": "disable", **DIALOG}),
    "an operation without a question": (f"{OPERATION}.ask", {"operation": "undelete", **DIALOG}),
    "who is to see an app": (f"{OPERATION}.ask_sharing", {}),
    "a preview": (f"{PREVIEW_STATE}.ask", {"app_id": COUNTER, "number": "1"}),
    "the start of a preview": (f"{PREVIEW_STATE}.start", {"form": {"users": "", "days": "7"}}),
    "a comparison": (
        f"{ADMIN}___apps___states___diff_state____diff_state.compare",
        {"form": {"older": "1", "newer": "1"}},
    ),
    "the quota of an app's folders": (f"{USE_STATE}.ask_quota", {"form": {"megabytes": "5"}}),
    "who sees an app": (f"{SHARING_STATE}.begin", {"app_id": COUNTER}),
    "everybody": (f"{SHARING_STATE}.set_everybody", {"choice": "everybody"}),
    "an organisation": (f"{SHARING_STATE}.add", {"organisation_id": "x"}),
    "no organisation": (f"{SHARING_STATE}.remove", {"organisation_id": "x"}),
    "a search of organisations": (f"{SHARING_STATE}.search", {"query": "g"}),
    "users of an organisation": (
        f"{SHARING_STATE}.set_users",
        {"organisation_id": "x", "choice": "all"},
    ),
    "a user": (
        f"{SHARING_STATE}.choose",
        {"organisation_id": "x", "user_id": "x", "chosen": True},
    ),
    "a search of users": (
        f"{SHARING_STATE}.search_users",
        {"organisation_id": "x", "query": "p"},
    ),
    "the users": (f"{USERS_STATE}.load", {}),
    "a search of the users": (f"{USERS_STATE}.search", {"query": "p"}),
    "more users": (f"{USERS_STATE}.more", {}),
    "a search of other organisations": (f"{USERS_STATE}.find_organisation", {"query": "g"}),
    "users of another organisation": (
        f"{USERS_STATE}.choose_organisation",
        {"organisation_id": "x"},
    ),
    "somebody signed out": (f"{USERS_STATE}.sign_out", {"user_id": "x"}),
    "an account switched off": (f"{USERS_STATE}.switch_off", {"user_id": "x"}),
    "an account switched on": (f"{USERS_STATE}.switch_on", {"user_id": "x"}),
    "a new password": (f"{USERS_STATE}.password_link", {"user_id": "x"}),
    "an answer to a question about a user": (f"{QUESTION_STATE}.confirm", {}),
    "a role": (f"{USERS_STATE}.toggle", {"user_id": "x", "role": "operator", "given": True}),
    "a new organisation": (f"{USERS_STATE}.create_organisation", {"form": {"name": "Mine"}}),
    "taking an invitation back": (f"{USERS_STATE}.take_back", {"invitation_id": "0123"}),
    "an invitation": (f"{USERS_STATE}.invite", {"form": {"role": "admin"}}),
    "the use of an app": (f"{USE_STATE}.look", {}),
    "another span of its use": (f"{USE_STATE}.choose", {"span": "day"}),
    "the nodes": (f"{ADMIN}___nodes____nodes_state.load", {}),
    "the audit log": (f"{AUDIT_STATE}.load", {}),
    "a search of the audit log": (f"{AUDIT_STATE}.search", {"form": {}}),
    "more of the audit log": (f"{AUDIT_STATE}.go_on", {}),
    "the audit log again": (f"{AUDIT_STATE}.go_back", {}),
}
# These change what the page itself holds, and nothing else: a dialog closes, for example.
OWN_EVENTS = {
    f"{APPS_STATE}.look",
    f"{OPERATION}.close",
    f"{OPERATION}.confirm",
    f"{OPERATION}.set_open",
    f"{ADMIN}___apps___states___diff_state____diff_state.close",
    *(f"{CONFIRM}.{name}" for name in ("close", "confirm", "set_open")),
    f"{PREVIEW_STATE}.copied",
    f"{PREVIEW_STATE}.set_open",
    f"{SHARING_STATE}.close",
    *(f"{UPLOAD_STATE}.{name}" for name in ("arrive", "dismiss", "look_again", "sent")),
    f"{USERS_STATE}.copied",
    f"{USERS_STATE}.forget_link",
    f"{USERS_STATE}.set_naming",
    f"{QUESTION_STATE}.close",
    f"{QUESTION_STATE}.set_open",
    f"{SETTINGS_STATE}.begin_again",  # of the app that the page shows, if it does
    f"{SETTINGS_STATE}.choose_version",
    f"{STATE}.app___web___dev____dev_state.changed",  # says nothing in production
    f"{STATE}.app___web___dev____dev_state.load",
}
SERVERS_EVENTS = {  # refused to every browser, see test_events.py
    f"{STATE}.hydrate",
    f"{STATE}.set_is_hydrated",
    f"{STATE}.reflex___state____on_load_internal_state.set_is_hydrated",
}
EVERYBODYS_EVENTS = {
    f"{STATE}.hydrate_and_load",
    f"{STATE}.reflex___state____frontend_event_exception_state.handle_frontend_exception",
    f"{STATE}.reflex___state____on_load_internal_state.on_load_internal",
    f"{STATE}.reflex___state____update_vars_internal_state.update_vars_internal",
    *(f"{HOST}.{name}" for name in ("leave_preview", "load", "open", "refresh", "renew", "resume")),
    *(f"{LAUNCHER}.{name}" for name in ("changed", "load", "open_first", "search")),
    f"{STATE}.app___web___navigation____navigation_state.load",
}


def test_every_event_of_the_core_is_tried_here() -> None:
    for module in pkgutil.walk_packages(app.web.__path__, "app.web."):
        importlib.import_module(module.name)
    registered = {
        name
        for name, handler in core_registration().event_handlers.items()
        if not name.endswith(".setvar")  # refused below, for every state
        if handler.states[0].__module__.startswith(("app.", "reflex."))  # not of other tests
    }
    tried = {name for name, _ in ADMIN_EVENTS.values()} | {RECEIVE}
    assert registered == tried | OWN_EVENTS | SERVERS_EVENTS | EVERYBODYS_EVENTS


@pytest.mark.parametrize("name", sorted(OWN_EVENTS))
def test_an_event_that_changes_a_page_only_tells_it_nothing(
    name: str, world: World, tab: Tab
) -> None:
    socket = tab(beside(world, lambda core: world.person(core, "Globex", "member")))
    arguments = {"is_open": True, "app_id": COUNTER, "progress": {"loaded": 1, "total": 2}}
    socket.send(name, _at="/admin/apps", **arguments)
    socket.send(HYDRATE)
    answers = json.dumps([socket.update(), socket.update()])
    assert "Counter" not in answers
    assert "example.com" not in answers


@pytest.mark.parametrize("kind", ADMIN_EVENTS)
def test_an_event_of_the_admin_pages_is_refused_to_a_member_with_who_and_from_where(
    kind: str, world: World, member: Person, tab: Tab
) -> None:
    name, payload = ADMIN_EVENTS[kind]
    socket = tab(member)
    socket.send(name, _at=f"/admin/apps/{COUNTER}", **payload)
    answer = json.dumps(socket.update())
    assert "Acme / Counter" not in answer
    assert "example.com" not in answer
    ((action, _),) = refusals(world, member)
    assert action.startswith("admin.")


def test_what_an_administrator_does_is_audited_with_the_address(world: World, tab: Tab) -> None:
    operator = beside(world, lambda core: world.person(core, "Acme", "operator"))
    seen = beside(world, lambda core: apps.get(core, DRAFT)).revision
    socket = tab(operator)
    ask = {"operation": "delete", "app_id": DRAFT, "argument": "", "revision": seen}
    socket.send(f"{OPERATION}.ask", _at="/admin/apps", **ask)
    assert socket.value("operation_state", "is_open") is True
    socket.send(f"{OPERATION}.confirm", _at="/admin/apps")
    assert socket.value("confirm_state", "is_open") is True
    confirm(socket)
    assert socket.value("operation_state", "is_open") is False
    wanted = Filter(actor_id=operator.id, action="app.*")
    (entry,) = beside(world, lambda core: audit.query(core, wanted)).entries
    assert (entry.action, entry.target, entry.ip) == ("app.delete", DRAFT, "127.0.0.1")
    beside(world, lambda core: apps.undelete(core, DRAFT, base_revision=None))
