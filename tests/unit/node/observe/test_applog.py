"""The newest lines of each app."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import weakref
from collections.abc import AsyncIterator
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from app.node.observe import applog
from app.node.observe.applog import AppLog, Line

APP = "acme/counter"


def events(lines: list[Line]) -> list[str]:
    return [line["event"] for line in lines]


async def next_line(lines: AsyncIterator[Line]) -> Line:
    async with asyncio.timeout(120):
        return await anext(lines)


def test_keeps_the_newest_lines_of_each_app() -> None:
    log = AppLog(lines=3)
    for number in range(5):
        log.write(APP, {"event": str(number)})
    log.write("acme/other", {"event": "other"})
    assert events(log.recent(APP)) == ["2", "3", "4"]
    assert events(log.recent(APP, 2)) == ["3", "4"]
    assert log.recent(APP, 0) == []
    assert log.recent("no/app") == []


def test_long_lines_push_out_more() -> None:
    log = AppLog(app_bytes=1_000)
    log.write(APP, {"event": "small"})
    log.write(APP, {"event": "x" * 960})
    log.write(APP, {"event": "last"})
    assert events(log.recent(APP))[-1] == "last"
    assert "small" not in events(log.recent(APP))


def test_a_field_is_cut_where_it_gets_too_long() -> None:
    log = AppLog()
    log.write(APP, {"event": "x" * 10_000, "deep": ["y" * 10_000]})
    (line,) = log.recent(APP)
    assert len(line["event"]) < 4_010
    assert len(line["deep"]) < 4_010


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@given(
    st.one_of(
        st.floats(),
        st.text(alphabet=st.characters()),
        st.dictionaries(st.tuples(st.integers()), st.floats()),
        st.sampled_from([10**5_000, Unshowable(), [Unshowable()], {1, 2}, Path("x"), b"\xff"]),
    )
)
@example("\ud800")
@example([["deep"] * 3] * 3)
def test_whatever_an_app_logs_can_be_sent_as_json(value: object) -> None:
    log = AppLog()
    log.write(APP, {"event": "seen", "value": value})
    (line,) = log.recent(APP)
    json.dumps(line, allow_nan=False, ensure_ascii=False).encode()


def test_a_line_keeps_nothing_of_the_app_alive() -> None:
    class Thing:
        pass

    thing, log = Thing(), AppLog()
    gone = weakref.ref(thing)
    log.write(APP, {"event": "made", "thing": thing, "things": [thing]})
    del thing
    gc.collect()
    assert gone() is None


def test_the_app_that_was_silent_for_longest_loses_lines_first() -> None:
    log = AppLog(all_bytes=150)
    log.write("a/quiet", {"event": "q" * 50})
    log.write("a/loud", {"event": "l" * 50})
    log.write("a/loud", {"event": "m" * 50})
    assert log.recent("a/quiet") == []
    assert len(log.recent("a/loud")) == 2


async def test_a_follower_gets_what_was_and_what_comes() -> None:
    log = AppLog()
    log.write(APP, {"event": "old"})
    log.write(APP, {"event": "before"})
    lines = log.follow(APP, backlog=1)
    assert (await next_line(lines))["event"] == "before"
    log.write("acme/other", {"event": "of somebody else"})
    log.write(APP, {"event": "new"})
    assert (await next_line(lines))["event"] == "new"
    await lines.aclose()  # type: ignore[attr-defined]


async def test_lines_of_threads_reach_followers() -> None:
    log = AppLog()
    log.write(APP, {"event": "first"})
    lines = log.follow(APP, backlog=1)
    await next_line(lines)
    thread = threading.Thread(target=log.write, args=(APP, {"event": "from a thread"}))
    thread.start()
    assert (await next_line(lines))["event"] == "from a thread"
    thread.join()
    await lines.aclose()  # type: ignore[attr-defined]


async def test_a_slow_follower_is_told_what_it_missed() -> None:
    log = AppLog(lines=5_000, app_bytes=10_000_000)
    log.write(APP, {"event": "first"})
    lines = log.follow(APP, backlog=1)
    await next_line(lines)
    for number in range(applog.WAITING_LINES + 5):
        log.write(APP, {"event": str(number)})
    await asyncio.sleep(0)
    assert (await next_line(lines)) == {"event": "lines missed", "level": "warning", "missed": 5}
    assert (await next_line(lines))["event"] == "5"
    await lines.aclose()  # type: ignore[attr-defined]


async def test_whoever_stops_following_leaves_nothing_behind() -> None:
    log = AppLog()
    log.write(APP, {"event": "first"})
    lines = log.follow(APP, backlog=1)
    await next_line(lines)
    await lines.aclose()  # type: ignore[attr-defined]
    assert log._followers == {}


def test_a_follower_whose_loop_is_gone_harms_nobody() -> None:
    log = AppLog()

    async def follow() -> AsyncIterator[Line]:
        log.write(APP, {"event": "first"})
        lines = log.follow(APP, backlog=1)
        await anext(lines)
        return lines

    loop = asyncio.new_event_loop()
    lines = loop.run_until_complete(follow())
    loop.close()
    log.write(APP, {"event": "after"})
    assert events(log.recent(APP)) == ["first", "after"]
    del lines


def test_an_app_that_is_gone_is_forgotten() -> None:
    log = AppLog(all_bytes=100)
    log.write(APP, {"event": "x" * 50})
    log.forget(APP)
    log.forget("no/app")
    log.write("a/b", {"event": "y" * 50})
    assert log.recent(APP) == []
    assert len(log.recent("a/b")) == 1
