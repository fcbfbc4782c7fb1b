"""One record per browser tab."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from reflex.state import State

from app.cell.attach import attach
from app.node.sessions.sessions import Session, Sessions, View
from tests.unit.apps.loading import ENTRY, Workshop, workshop


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as running:
        yield running


def state(name: str) -> str:
    return ENTRY.format(body=f"class {name}(rx.State):\n    a: int = 0\n", version="1", extra="")


def test_a_session_sees_the_core_and_the_apps_it_has_open(made: Workshop) -> None:
    session, root = made.session()
    assert session.registration is made.core
    one = made.load(state("One"), "acme/one")
    attach(session, root, one)
    assert session.registration is one.registration
    two = made.load(state("Two"), "acme/two")
    attach(session, root, two)
    assert session.registration.base_states.keys() >= one.tree.classes.keys()
    assert session.registration.base_states.keys() >= two.tree.classes.keys()
    session.detach("acme/one")
    assert session.registration is two.registration


def test_another_state_tree_has_no_app_attached(made: Workshop) -> None:
    session, root = made.session()
    version = made.load(state("One"), "acme/one")
    attach(session, root, version)
    session.merged.add("acme/one")
    session.use_root(root)
    assert session.attached == {"acme/one": version}
    session.use_root(State(_reflex_internal_init=True))
    assert (session.attached, session.merged) == ({}, set())
    assert session.registration is made.core


def sessions_with(made: Workshop, *tokens: str) -> tuple[Sessions, list[Session]]:
    all_sessions, each = Sessions(), [made.session(token)[0] for token in tokens]
    for session in each:
        all_sessions.add(session)
    return all_sessions, each


def test_only_connected_sessions_that_show_an_app_view_it(made: Workshop) -> None:
    found, (here, offline, elsewhere) = sessions_with(made, "a", "b", "c")
    here.sid, here.view = "s1", View("acme/one", "/apps/one")
    offline.view = View("acme/one", "/apps/one")
    elsewhere.sid, elsewhere.view = "s3", View("acme/two", "/apps/two")
    assert found.viewing("acme/one") == [here]
    assert here.connected
    assert not offline.connected


def test_sessions_with_states_of_an_app_are_found_wherever_they_are(made: Workshop) -> None:
    found, (one, _) = sessions_with(made, "a", "b")
    one.attach(made.load(state("One"), "acme/one"))
    assert found.attached_to("acme/one") == [one]


def test_forgetting_a_session_ends_what_it_subscribed_to(made: Workshop) -> None:
    ended: list[str] = []
    found, (session,) = sessions_with(made, "a")
    session.subscriptions = {
        ("acme/one", "t", "e"): lambda: ended.append("one"),
        ("acme/two", "t", "e"): lambda: ended.append("two"),
    }
    session.end_subscriptions("acme/two")
    assert ended == ["two"]
    found.remove("a")
    assert ended == ["two", "one"]
    assert (found.get("a"), len(found)) == (None, 0)
    found.remove("a")


def test_a_closed_tab_goes_with_its_state_tree_and_an_open_one_stays(made: Workshop) -> None:
    found, (closed, still_open) = sessions_with(made, "a", "b")
    still_open.sid = "s1"
    roots = [State(_reflex_internal_init=True) for _ in range(2)]
    for session, root in zip((closed, still_open), roots, strict=True):
        session.use_root(root)
    del root
    roots.clear()
    gc.collect()
    assert [session.token for session in found] == ["b"]


def test_a_tree_that_was_replaced_does_not_end_a_session(made: Workshop) -> None:
    found, (session,) = sessions_with(made, "a")
    session.use_root(State(_reflex_internal_init=True))
    kept = State(_reflex_internal_init=True)
    session.use_root(kept)
    gc.collect()
    assert found.get("a") is session
