"""Everybody who asked is told, in order; the first who cannot go on decides."""

from __future__ import annotations

from typing import Any

from app.node.releases.followers import Followers
from app.source.problems import Problem

TOO_BIG = Problem(app="a/b", stage="load", file="", line=None, message="too big", remedy="")


class _Follower:
    def __init__(self, name: str, heard: list[str], problems: tuple[Problem, ...] = ()) -> None:
        self._name = name
        self._heard = heard
        self._problems = problems

    async def coming(self, app_id: str, module: Any) -> None:
        self._heard.append(f"{self._name}: {app_id} comes")

    async def refusal(self, version: Any) -> tuple[Problem, ...]:
        self._heard.append(f"{self._name} is asked")
        return self._problems

    async def switched(self, record: Any, previous: Any, *, shown: bool = True) -> None:
        self._heard.append(f"{self._name}: {record} after {previous}, {shown}")


async def test_all_who_asked_are_told_in_the_order_in_which_they_did() -> None:
    followers, heard = Followers(), list[str]()
    for name in ("one", "two"):
        followers.add(_Follower(name, heard))
    module: Any = None
    record: Any = "2"
    previous: Any = "1"
    await followers.coming("a/b", module)
    await followers.switched(record, previous, shown=False)
    assert heard == [
        "one: a/b comes",
        "two: a/b comes",
        "one: 2 after 1, False",
        "two: 2 after 1, False",
    ]


async def test_the_first_who_cannot_go_on_with_a_version_decides() -> None:
    followers, heard = Followers(), list[str]()
    version: Any = None
    assert await followers.refusal(version) == ()
    followers.add(_Follower("one", heard))
    followers.add(_Follower("two", heard, (TOO_BIG,)))
    followers.add(_Follower("three", heard))
    assert await followers.refusal(version) == (TOO_BIG,)
    assert heard == ["one is asked", "two is asked"]
