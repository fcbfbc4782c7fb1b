"""When a message to a browser has left the process."""

from __future__ import annotations

import asyncio

ROUNDS = 5
"""Of the event loop. engineio queues a message, a task of the socket takes it in the third round
after that (`asyncio.wait_for` has a task of its own), and uvloop writes at the end of a round.
"""


async def until_written() -> None:
    """Give the messages that were sent to browsers the rounds that they need to be written.

    Whoever sends and then keeps the event loop busy calls this between: an event handler that
    yields before it computes for a second.
    """
    for _ in range(ROUNDS):
        await asyncio.sleep(0)
