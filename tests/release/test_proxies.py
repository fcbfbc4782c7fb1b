"""The examples for nginx and Caddy, each started as it is in front of a real server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.client import connect
from websockets.typing import Origin

from scripts.bootstrap import find_program
from scripts.release.__main__ import CHECKOUT
from tests.support.servers import Forge, Server, serving

NAME = "graft.example"
PASSWORD = "violet river stone"
PATIENCE = 120  # seconds; only a failing test waits that long


@dataclass(frozen=True)
class Site:
    """A proxy in front of a server.

    Attributes:
        port: where it answers TLS for `NAME`.
        certificate: file with what it shows.
        server: what is behind it.
    """

    port: int
    certificate: Path
    server: Server

    def http(self) -> httpx.Client:
        """Return a visitor who has the name from a DNS of ours."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"host": self.host},
            verify=context,
            timeout=PATIENCE,
        )

    @property
    def host(self) -> str:
        """What a browser sends as the host."""
        return f"{NAME}:{self.port}"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for `NAME` and 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    names = [x509.DNSName(NAME), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "graft.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "graft.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "graft.pem", folder / "graft.key"


def _nginx(folder: Path, port: int, behind: int, tls: tuple[Path, Path]) -> list[str]:
    site = (CHECKOUT / "deploy" / "nginx.conf").read_text()
    plain = _free_port()
    for told, here in (
        (r"listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        (r"listen \[::\]:443 ssl http2;", ""),
        (r"listen 80;", f"listen 127.0.0.1:{plain};"),
        (r"listen \[::\]:80;", ""),
        (r"127\.0\.0\.1:3000", f"127.0.0.1:{behind}"),
        (r"/etc/ssl/certs/graft\.pem", str(tls[0])),
        (r"/etc/ssl/private/graft\.key", str(tls[1])),
    ):
        site, count = re.subn(told, here, site)
        assert count == 1, told
    conf = folder / "nginx.conf"
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf.write_text(
        f"pid {folder}/pid; error_log stderr; worker_processes 1;\n"
        f"events {{}}\nhttp {{ access_log off;\n{temporary}\n{site}\n}}\n"
    )
    program = find_program("nginx")
    assert program, "scripts/bootstrap.py deploy installs it"
    return [program, "-p", str(folder), "-c", str(conf), "-g", "daemon off;"]


def _caddy(folder: Path, port: int, behind: int, tls: tuple[Path, Path]) -> list[str]:
    site = (CHECKOUT / "deploy" / "Caddyfile").read_text()
    head = f"{NAME}:{port}, 127.0.0.1:{port} {{\n\ttls {tls[0]} {tls[1]}"
    for told, here in (("graft.example {", head), ("127.0.0.1:3000", f"127.0.0.1:{behind}")):
        assert site.count(told) == 1, told
        site = site.replace(told, here)
    conf = folder / "Caddyfile"
    conf.write_text(f"{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{site}")
    program = find_program("caddy")
    assert program, "scripts/bootstrap.py deploy installs it"
    return [program, "run", "--adapter", "caddyfile", "--config", str(conf)]


@pytest.fixture(scope="module", params=[_nginx, _caddy], ids=["nginx", "caddy"])
def site(
    request: pytest.FixtureRequest,
    forge: Forge,
    certificate: tuple[Path, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Each proxy in front of a server of its own."""
    make: Callable[[Path, int, int, tuple[Path, Path]], list[str]] = request.param
    folder = tmp_path_factory.mktemp("proxy")
    with serving(forge, folder / "data", "--allow-unsigned") as server:
        port = _free_port()
        command = make(folder, port, int(server.address.rpartition(":")[2]), certificate)
        environment = {**os.environ, "XDG_DATA_HOME": str(folder), "HOME": str(folder)}
        with (folder / "proxy.log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(port, process, folder / "proxy.log")
            form = {"organisation": "Home", "name": "Ada", "email": "ada@example.com"}
            passwords = {"password": PASSWORD, "password_again": PASSWORD}
            answer = httpx.post(server.set_up_link, data=form | passwords, timeout=PATIENCE)
            assert answer.status_code == 303
            yield Site(port, certificate[0], server)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    while True:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return


def _sign_in(site: Site, http: httpx.Client, **headers: str) -> httpx.Response:
    """Sign in as the operator."""
    answer = http.post(
        "/auth/login",
        data={"email": "ada@example.com", "password": PASSWORD},
        headers={"origin": f"https://{site.host}", **headers},
    )
    assert answer.status_code == 303, answer.text
    return answer


def test_whoever_signs_in_gets_a_cookie_for_tls_alone(site: Site) -> None:
    with site.http() as http:
        answer = _sign_in(site, http)
        assert "secure" in answer.headers["set-cookie"].lower()
        assert http.get("/login").status_code in (200, 303)


def test_an_open_page_has_its_socket(site: Site) -> None:
    context = ssl.create_default_context(cafile=str(site.certificate))

    async def open_socket() -> str:
        url = f"wss://{site.host}/_event/?EIO=4&transport=websocket&token=00000000-0000"
        async with connect(
            url,
            ssl=context,
            host="127.0.0.1",
            port=site.port,
            origin=Origin(f"https://{site.host}"),
            open_timeout=PATIENCE,
        ) as opened:
            return str(await opened.recv())

    assert asyncio.run(open_socket()).startswith("0{")


def test_a_large_upload_gets_to_the_server_which_says_what_it_thinks_of_it(site: Site) -> None:
    with site.http() as http:
        content = bytes(20_000_000)
        answer = http.post(
            "/api/v1/apps", content=content, headers={"content-type": "application/gzip"}
        )
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_the_address_of_whoever_asks_is_known_and_cannot_be_made_up(site: Site) -> None:
    with site.http() as http:
        _sign_in(site, http, **{"x-forwarded-for": "203.0.113.9"})
        entries = http.get("/api/v1/audit").json()["entries"]
    assert {entry["ip"] for entry in entries if entry["ip"]} == {"127.0.0.1"}


def test_a_long_address_is_taken(site: Site) -> None:
    with site.http() as http:
        answer = http.get("/login?next=/apps/" + "x" * 6_000)
    assert answer.status_code == 200


def test_the_check_of_health_is_answered(site: Site) -> None:
    with site.http() as http:
        assert http.get("/healthz").status_code == 200
        assert http.get("/readyz").status_code == 200
