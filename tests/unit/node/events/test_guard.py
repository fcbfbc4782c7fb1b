"""Connecting and starting programs, with and without the capability, on both event loops."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import anyio.to_thread
import pytest
import uvloop

from app.kernel.capabilities import refusal_in
from app.kernel.grants import CapabilityNotGranted, Grants, confined
from app.node.events import guard
from app.sdk.scope import AppInfo, Scope, enter
from tests.unit.apps.loading import QuietHost

INFO = AppInfo("acme/counter", "acme-counter", "1.0.0", 1)
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@contextlib.contextmanager
def app_with(*granted: str) -> Iterator[None]:
    grants = Grants(INFO.id, {"network"}, lambda: frozenset(granted))
    with enter(Scope(INFO, QuietHost(), grants=grants)):
        yield


@pytest.fixture(autouse=True)
def _guarded() -> None:
    guard.install()


async def _connect(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def _anyio_connect(port: int) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port):
        pass


async def _start_program(port: int) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await process.wait()


async def _start_shell(port: int) -> None:
    process = await asyncio.create_subprocess_shell("true")
    await process.wait()


async def _resolve(port: int) -> None:
    await asyncio.get_running_loop().getaddrinfo("127.0.0.1", port)


async def _listen(port: int) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    server.close()


async def _send_datagram(port: int) -> None:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=("127.0.0.1", port)
    )
    transport.close()


async def _plain_socket(port: int) -> None:
    with socket.socket() as plain:
        plain.connect(("127.0.0.1", port))


async def _socket_in_executor(port: int) -> None:
    def connect() -> None:
        socket.create_connection(("127.0.0.1", port)).close()

    await asyncio.get_running_loop().run_in_executor(None, connect)


async def _plain_program(port: int) -> None:
    await anyio.to_thread.run_sync(lambda: subprocess.run(["true"], check=True))


async def _system(port: int) -> None:
    os.system("true")  # noqa: ASYNC221


WAYS: list[Callable[[int], Awaitable[None]]] = [
    _connect,
    _anyio_connect,
    _start_program,
    _start_shell,
    _resolve,
    _listen,
    _send_datagram,
    _plain_socket,
    _socket_in_executor,
    _plain_program,
    _system,
]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_only_an_app_with_the_capability_gets_out(
    loop: str, way: Callable[[int], Awaitable[None]]
) -> None:
    async def attempt() -> None:
        guard.guard_loop(asyncio.get_running_loop())
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with app_with(), pytest.raises((CapabilityNotGranted, ExceptionGroup)) as refused:
                await way(port)
            assert refusal_in(refused.value) is not None
            with app_with("network"):
                await way(port)
            await way(port)

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(attempt())


def test_the_core_connects_whoever_causes_it() -> None:
    with app_with(), confined(None):
        socket.getaddrinfo("127.0.0.1", 80, flags=socket.AI_NUMERICHOST)


def _outcome_of_resolving() -> str:
    try:
        socket.getaddrinfo("127.0.0.1", 80, flags=socket.AI_NUMERICHOST)
    except CapabilityNotGranted:
        return "refused"
    return "allowed"


def test_a_thread_of_an_app_is_of_the_app() -> None:
    outcomes: list[str] = []
    with app_with():
        thread = threading.Thread(target=lambda: outcomes.append(_outcome_of_resolving()))
        timer = threading.Timer(0, lambda: outcomes.append(_outcome_of_resolving()))
        for started in (thread, timer):
            started.start()
            started.join()
    assert outcomes == ["refused", "refused"]


def test_a_pool_worker_that_an_app_made_start_serves_others_as_before() -> None:
    with ThreadPoolExecutor(1) as pool:
        with app_with():
            pool.submit(int).result()
        assert pool.submit(_outcome_of_resolving).result() == "allowed"


def test_installing_twice_watches_once(monkeypatch: pytest.MonkeyPatch) -> None:
    added: list[object] = []
    monkeypatch.setattr(sys, "addaudithook", added.append)
    start = threading.Thread.start
    guard.install()
    assert added == []
    assert threading.Thread.start is start
