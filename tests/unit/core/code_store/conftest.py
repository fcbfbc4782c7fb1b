"""Every adapter of the code store; the one for S3 against a server of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.core.code_store import CodeStore, memory_store, open_code_store, s3_store

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A running S3 server with the bucket "graft"; the AWS_* variables to reach it."""
    buckets = tmp_path_factory.mktemp("s3")
    (buckets / "graft").mkdir()
    command = [
        *(str(Path(sys.executable).with_name("rclone")), "serve", "s3", str(buckets)),
        *("--addr", "127.0.0.1:0", "--auth-key", "someone,something"),
        *("--config", str(buckets / "none.conf"), "--log-level", "NOTICE"),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        lines: list[str] = []
        address = None
        while address is None:
            line = server.stderr.readline()
            assert line, f"the S3 server did not start: {lines}"
            lines.append(line)
            address = _ADDRESS.search(line)
        yield {
            "AWS_ENDPOINT_URL": address.group(),
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": "something",
            "AWS_REGION": "us-east-1",
        }
        server.terminate()
        server.stderr.read()


@pytest.fixture(params=["folder", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> CodeStore:
    """An empty code store."""
    if request.param == "folder":
        folder = open_code_store(tmp_path, {})
        folder.make()
        return folder
    if request.param == "memory":
        return memory_store()
    environ: dict[str, str] = request.getfixturevalue("s3")
    return s3_store(f"s3://graft/{uuid4().hex}/packages", environ)
