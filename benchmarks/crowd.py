"""`python -m benchmarks.crowd watch|click ADDRESS PATH NUMBER COOKIE`: many pages in one process.

Speaks Reflex's socket.io protocol as browsers do, compression included, and answers in JSON lines.
`watch` writes when all pages are open; to every line on its standard input (a text) it writes when
each page was told of it. `click` clicks in each page again and again; to a line on its standard
input it writes the clicks since the last line.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import re
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.tab import HYDRATE

_AT_ONCE = 20
_PAUSE_SECONDS = 0.1
_COUNTER = re.compile(r'"([a-z0-9_.]+counter_state)":')
_SHOWN = '"type":"show"'
_COUNTED = '"count_rx_state_":'


class Page:
    """One open page."""

    def __init__(self, socket: ClientConnection, path: str) -> None:
        self._socket = socket
        self._path = path
        self._handler = ""

    @classmethod
    async def open(cls, address: str, path: str, cookie: str) -> Page:
        """Open `path` as a new tab of somebody who is signed in; it has its first state then."""
        socket = await connect(
            f"{address.replace('http', 'ws', 1)}/_event/"
            f"?token={uuid.uuid4()}&EIO=4&transport=websocket",
            additional_headers={"Cookie": cookie},
            max_size=None,
            ping_interval=None,
            open_timeout=60,
        )
        page = cls(socket, path)
        await socket.recv()
        boot = {"name": HYDRATE, "payload": {}, "router_data": page._router_data()}
        await socket.send("40/_event," + json.dumps({"event": boot}))
        _, shown = await page.told(_SHOWN)
        found = _COUNTER.search(shown)
        page._handler = f"{found[1]}.increment" if found else ""
        return page

    async def told(self, text: str) -> tuple[float, str]:
        """Wait for a message with `text` in it; returns when it came, and the message."""
        while True:
            message = str(await self._socket.recv())
            at = time.monotonic()
            if message == "2":
                await self._socket.send("3")
            elif text in message:
                return at, message

    async def click(self) -> tuple[float, float]:
        """Send an event that counts; returns when it was sent, and the seconds until it counted."""
        event = {"name": self._handler, "payload": {}, "router_data": self._router_data()}
        packet = f"42/_event,{json.dumps(['event', event])}"
        sent = time.monotonic()
        await self._socket.send(packet)
        at, _ = await self.told(_COUNTED)
        return sent, at - sent

    def _router_data(self) -> dict[str, Any]:
        return {"pathname": self._path, "asPath": self._path, "query": {}}


async def _open(address: str, path: str, number: int, cookie: str) -> list[Page]:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one() -> Page:
        async with slots:
            return await Page.open(address, path, cookie)

    return await asyncio.gather(*(one() for _ in range(number)))


async def _watch(pages: list[Page], orders: Callable[[], Awaitable[str]]) -> None:
    while text := await orders():
        found = await asyncio.gather(*(page.told(text) for page in pages))
        _write([at for at, _ in found])


async def _click(pages: list[Page], orders: Callable[[], Awaitable[str]]) -> None:
    done: list[tuple[float, float]] = []

    async def keep_clicking(page: Page) -> None:
        chance = random.Random()
        while True:
            await asyncio.sleep(_PAUSE_SECONDS * (0.5 + chance.random()))
            done.append(await page.click())

    clicking = [asyncio.create_task(keep_clicking(page)) for page in pages]
    while await orders():
        _write(done)
        done.clear()
    for task in clicking:
        task.cancel()


def _write(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Run until standard input ends."""
    kind, address, path, number, cookie = sys.argv[1:]
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )

    async def orders() -> str:
        return (await reader.readline()).decode().rstrip("\n")

    pages = await _open(address, path, int(number), cookie)
    # What is measured must not wait for this process.
    gc.collect()
    gc.freeze()
    gc.disable()
    _write("open")
    await (_click(pages, orders) if kind == "click" else _watch(pages, orders))


if __name__ == "__main__":
    asyncio.run(main())
