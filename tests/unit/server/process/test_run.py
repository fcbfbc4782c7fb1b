"""Starting and stopping the server process."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.frontend.build import ROOT
from app.server.process.run import TURN_SECONDS, PortBusy, address_of, bind

PATIENCE = 120  # seconds; only a failing test waits that long

SERVER = """
import asyncio, sys, threading
from app.server.process import run

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        print("closed", flush=True)
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/slow":
        print("began", flush=True)
        await asyncio.sleep(0.5)
    if scope["path"] == "/endless":
        print("began", flush=True)
        while True:
            pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    body = str(sys.getswitchinterval()).encode() if scope["path"] == "/turn" else b"done"
    await send({"type": "http.response.body", "body": body})

run.STOP_SECONDS = float(sys.argv[1])
run.serve(asgi, on_started=lambda address: print(address, flush=True))
print("ended", flush=True)
"""


class Server:
    """A server process of this test."""

    def __init__(self, stop_seconds: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(stop_seconds)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.address = self.line()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def request(self, path: str) -> subprocess.Popen[str]:
        fetch = (
            f"import urllib.request as u; print(u.urlopen('{self.address}{path}').read().decode())"
        )
        return subprocess.Popen(
            [sys.executable, "-c", fetch],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def stop(self, number: int) -> str:
        """Send a signal and wait for the end; return what it wrote."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=PATIENCE)[0]


@pytest.fixture
def server() -> Iterator[Server]:
    with (made := Server(2 * PATIENCE)).process:
        yield made
        made.process.kill()


def test_requests_are_answered_when_the_address_is_told(server: Server) -> None:
    assert re.fullmatch(r"http://localhost:\d+", server.address)
    with urllib.request.urlopen(server.address) as response:
        assert response.read() == b"done"
        assert "server" not in {name.lower() for name in response.headers}


def test_threads_that_compute_take_short_turns(server: Server) -> None:
    with urllib.request.urlopen(f"{server.address}/turn") as response:
        assert float(response.read()) == TURN_SECONDS < 0.005


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_stop_ends_it_in_order(server: Server, number: int) -> None:
    assert server.stop(number).split() == ["closed", "ended"]
    assert server.process.returncode == 0


def test_a_request_in_flight_is_finished(server: Server) -> None:
    with server.request("/slow") as client:
        assert server.line() == "began"
        server.stop(signal.SIGTERM)
        assert client.communicate()[0].strip() == "done"


def test_code_that_never_returns_does_not_keep_it_alive() -> None:
    server = Server(0.5)
    with server.process, server.request("/endless") as client:
        assert server.line() == "began"
        server.stop(signal.SIGTERM)
        client.communicate()
    assert server.process.returncode == 1


def test_a_taken_port_is_named_with_a_remedy() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortBusy) as failure:
            bind("127.0.0.1", port)
    assert f"127.0.0.1:{port}" in str(failure.value)
    assert "address already in use" in str(failure.value)
    assert "--port" in str(failure.value)


def test_a_host_that_is_not_here_is_named() -> None:
    with pytest.raises(PortBusy, match=r"192\.0\.2\.1:0"):
        bind("192.0.2.1", 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_address_can_be_opened_in_a_browser(host: str) -> None:
    with bind(host, 0) as listener:
        assert address_of(listener) == f"http://localhost:{listener.getsockname()[1]}"


def test_nothing_is_answered_before_the_application_exists(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as listener, pytest.raises(ConnectionRefusedError):
        socket.create_connection(listener.getsockname()).close()
