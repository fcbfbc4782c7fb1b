"""The feed: one background task per open tab that shows the plant as time goes on.

Each tab has a feed of its own. All tabs see the same plant, for the plant is a function of time.
But whoever pauses to read a chart must not stop the others, each tab has its own pace, and a feed
ends with its tab, so that nothing runs for pages that nobody looks at.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypeAlias

import reflex as rx

from app.sdk import current, log, presence

from .board_state import BoardState
from .machine_state import MachineState

# Open pages of this app are members; who is no member any more was left or closed.
WATCHERS = "initech.operations"
# How often a feed looks whether it is still wanted, in seconds. Also the fastest pace.
BEAT = 1.0
INTERVALS = ("1", "2", "5", "10")

# What a handler may return: events of Reflex, in any form.
Events: TypeAlias = Any


class FeedState(rx.State):
    """The feed of one browser tab."""

    if TYPE_CHECKING:
        machine_id: str  # of the address

    running: bool = False
    paused: bool = False
    interval: str = INTERVALS[0]
    problem: str = ""
    _page: str = ""  # board | machine | "" when there is nothing to feed
    _run: int = 0  # number of the newest task: older ones end when they see it
    _shown: int = 0  # the tick that the page shows

    @rx.event
    async def open_board(self) -> Events:
        """The dashboard was opened."""
        board = await self.get_state(BoardState)
        await board.prepare(self.router.url.query_parameters)
        return await self._begin("board")

    @rx.event
    async def open_machine(self) -> Events:
        """The page of a machine was opened."""
        machine = await self.get_state(MachineState)
        found = await machine.prepare(str(self.machine_id))
        return await self._begin("machine" if found else "")

    @rx.event
    def pause(self) -> None:
        """Stop the feed; the page keeps what it shows."""
        self.paused, self.running = True, False
        self._run += 1

    @rx.event
    def start(self) -> Events:
        """Go on, from now."""
        self.paused, self.problem = False, ""
        return FeedState.feed

    @rx.event
    def set_pace(self, interval: str) -> None:
        """Show the plant every so many seconds."""
        if interval in INTERVALS:
            self.interval = interval

    @rx.event(background=True)
    async def feed(self) -> Events:
        """Show the plant as time goes on, until nobody looks at it or another feed takes over."""
        async with self:
            self._run += 1
            mine, self.running = self._run, True
        while True:
            async with self:
                if mine != self._run:
                    return None
                if current.outdated:
                    return FeedState.feed  # the new version of the app goes on
                if not self._wanted() or not await self._step():
                    self.running = False
                    return None
            await asyncio.sleep(BEAT)

    async def _begin(self, page: str) -> Events:
        """Show the opened page once, also when it is paused, and feed it."""
        self._page, self._shown, self.problem = page, 0, ""
        self._run += 1
        await presence.join(WATCHERS)
        if not page or not await self._step():
            self.running = False
            return None
        return None if self.paused else FeedState.feed

    def _wanted(self) -> bool:
        here = (member.session for member in presence.here(WATCHERS))
        return bool(self._page) and not self.paused and current.session in here

    async def _step(self) -> bool:
        """Show the plant as it is now, if it is time to; return False when that failed."""
        tick = int(time.time())
        if 0 <= tick - self._shown < int(self.interval):
            return True
        try:
            if self._page == "board":
                (await self.get_state(BoardState)).advance(tick)
            else:
                (await self.get_state(MachineState)).advance(tick)
        except Exception:
            # A page that stands still must say so; there is nobody to catch it above a task.
            log.exception("feed_failed", page=self._page)
            self.problem = "The feed stopped because of an error."
            return False
        self._shown = tick
        return True
