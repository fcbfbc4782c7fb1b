"""Who uses an app, how much, and what goes wrong."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import accounts, audit
from app.core.accounts import Role
from app.core.apps import Visibility
from app.kernel.actor import Actor
from app.node.observe.usage import Minute
from app.platform.operations.allowing import Sharing
from app.testing import Page
from app.web.admin.apps.states.apps_state import AdminState
from app.web.admin.apps.states.operation_state import OperationState
from app.web.admin.apps.states.usage_rows import points_of, totals_of
from app.web.admin.apps.states.use_state import UseState
from tests.unit.apps.helpers import COUNTER, find
from tests.unit.platform.conftest import Server

QUIET = Minute(0, 0, 0, 0, None, None)
COUNTS = st.integers(0, 9)
SECONDS = st.floats(0.0001, 100)
MINUTES = st.lists(
    st.builds(
        lambda opens, events, errors, p50: Minute(
            60, opens, events, errors, p50 if events else None, p50 * 2 if events else None
        ),
        COUNTS,
        COUNTS,
        COUNTS,
        SECONDS,
    ),
    min_size=1,
    max_size=40,
)

# Points


@given(MINUTES, st.integers(1, 20))
def test_points_count_every_minute_once(minutes: Sequence[Minute], width: int) -> None:
    points = points_of(minutes, width)
    assert len(points) == -(-len(minutes) // width)
    for name in ("opens", "events", "errors"):
        assert sum(point[name] for point in points) == sum(getattr(m, name) for m in minutes)  # type: ignore[literal-required]
    totals = totals_of(minutes, points, width)
    assert (totals["events"] == "None.") is all(minute.events == 0 for minute in minutes)


def test_a_point_has_the_median_of_its_events_and_the_worst_p95() -> None:
    minutes = [
        Minute(0, 0, 1, 0, 0.9, 1.0),
        Minute(60, 0, 50, 0, 0.002, 0.02),
        Minute(120, 0, 0, 0, None, None),
    ]
    (point,) = points_of(minutes, 3)
    assert (point["time"], point["p50"], point["p95"]) == ("1970-01-01T00:00:00+00:00", 2.0, 1000)


def test_what_charts_show_is_said_in_words() -> None:
    minutes = [Minute(0, 3, 1200, 0, 0.004, 0.05), Minute(60, 1, 2, 0, 0.001, 0.002)]
    totals = totals_of(minutes, points_of(minutes, 1), 1)
    assert totals == {
        "opens": "4 in all, at most 3 in one minute.",
        "events": "1,202 in all, at most 1,200 in one minute.",
        "errors": "None.",
        "latency": "Half of the events took 4 ms at most; the worst p95 was 50 ms.",
    }
    assert totals_of([QUIET], points_of([QUIET], 1), 1)["latency"] == "No events."


# The tab


async def looking(server: Server, actor: Actor) -> Page:
    page = Page(server.node, actor, {})
    await page.goto(f"/admin/apps/{COUNTER}")
    await page.send(AdminState.load)
    await page.send(UseState.look)
    return page


async def fail(server: Server, times: int = 1) -> None:
    version = await server.node.engine.version_of(COUNTER)
    for _ in range(times):
        server.node.engine.observed.failed(version, "increment", ValueError("no luck"))


async def test_the_tab_shows_use_people_and_errors(administered: Server) -> None:
    await administered.deploy(COUNTER)
    using = await administered.open("/apps/acme-counter")
    state = find(await administered.node.engine.version_of(COUNTER), "CounterState")
    await using.send(state.increment)
    await fail(administered, 2)
    page = await looking(administered, administered.operator.actor)
    assert len(page.get(UseState.points)) == 60
    assert page.get(UseState.totals)["opens"].startswith("1 in all")
    assert [row["name"] for row in page.get(UseState.users)] == ["Ada"]
    assert [row["count"] for row in page.get(UseState.errors)] == [2]
    await page.send(UseState.choose, "day")
    assert len(page.get(UseState.points)) == 96


async def test_nothing_is_sent_to_whoever_does_not_have_the_tab_open(administered: Server) -> None:
    await administered.deploy(COUNTER)
    page = Page(administered.node, administered.operator.actor, {})
    await page.goto(f"/admin/apps/{COUNTER}")
    await page.send(AdminState.load)
    await administered.open("/apps/acme-counter")
    await fail(administered)
    await administered.settle()
    assert page.get(UseState.errors) == []
    assert page.get(UseState.users) == []


async def test_what_is_the_same_is_not_sent_again(administered: Server) -> None:
    await administered.deploy(COUNTER)
    page = await looking(administered, administered.operator.actor)
    received: list[str] = []
    take = page.receive
    page.receive = lambda update: (received.extend(update.get("delta", {})), take(update))  # type: ignore[assignment,func-returns-value,return-value]
    await page.send(UseState.look)
    assert not [name for name in received if "use_state" in name]


async def test_errors_are_cleared_for_everybody_and_it_is_audited(administered: Server) -> None:
    await administered.deploy(COUNTER)
    await fail(administered)
    page = await looking(administered, administered.operator.actor)
    assert page.get(UseState.may_clear)
    await page.send(OperationState.ask, "clear_errors", COUNTER, "", 0)
    await page.send(OperationState.confirm)
    await page.send(UseState.look)
    assert page.get(UseState.errors) == []
    found = await audit.query(administered.core, audit.Filter(action="app.clear_errors"))
    assert [entry.target for entry in found.entries] == [COUNTER]


async def test_what_an_app_keeps_is_shown_and_its_limit_changed(administered: Server) -> None:
    await administered.deploy(COUNTER)
    (administered.core.folders.make(COUNTER, None) / "file").write_bytes(b"x" * 2**20)
    page = await looking(administered, administered.operator.actor)
    assert page.get(UseState.quota) == "1 GB"
    assert page.get(UseState.kept) == [
        {
            "name": "Shared by all organisations",
            "files": "1",
            "size": "1 MB",
            "share": "0%",
            "is_full": False,
        }
    ]
    await page.send(UseState.ask_quota, {"megabytes": "1"})
    assert page.get(OperationState.text).endswith("cannot write until something is removed.")
    await page.send(OperationState.confirm)
    await administered.settle()
    await page.send(UseState.look)
    assert page.get(UseState.quota) == "1 MB"
    assert [(row["share"], row["is_full"]) for row in page.get(UseState.kept)] == [("100%", True)]
    await page.send(UseState.ask_quota, {"megabytes": "much"})
    assert "is not the number" in page.toasts[-1].text


async def member(server: Server, *roles: str) -> Actor:
    home = await accounts.create_organisation(server.core, "Ben's")
    user = await accounts.create_user(server.core, "Ben", "ben@x.org")
    for role in roles:
        await accounts.grant(server.core, home.id, user.id, role)
    return await accounts.actor_of(server.core, user.id, home.id)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.DEVELOPER, Role.ADMIN])
async def test_somebody_who_may_not_see_the_app_learns_nothing(
    administered: Server, role: str
) -> None:
    await administered.deploy(COUNTER)
    await administered.open("/apps/acme-counter")
    await fail(administered)
    page = await looking(administered, await member(administered, role))
    assert page.get(UseState.trouble) != ""
    assert page.get(UseState.points) == []
    assert page.get(UseState.users) == []
    assert page.get(UseState.errors) == []


async def test_a_developer_sees_errors_and_cannot_clear_them(administered: Server) -> None:
    await administered.deploy(COUNTER)
    await fail(administered)
    ben = await member(administered, Role.DEVELOPER)
    own = Visibility({ben.organisation.id: None})
    await administered.platform.do(administered.operator, COUNTER, Sharing(organisations=own.lists))
    page = await looking(administered, ben)
    assert len(page.get(UseState.errors)) == 1
    assert not page.get(UseState.may_clear)
    await page.send(OperationState.ask, "clear_errors", COUNTER, "", 0)
    await page.send(OperationState.confirm)
    await page.send(UseState.look)
    assert len(page.get(UseState.errors)) == 1
