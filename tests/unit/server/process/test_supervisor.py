"""Telling systemd that the server answers."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from app.server.process.supervisor import VARIABLE, tell_ready


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_who_asked_is_told_once_and_children_are_not_given_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    name = f"@graft-{os.getpid()}" if kind == "abstract" else str(tmp_path / "told")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name.replace("@", "\0"))
        listener.setblocking(False)
        monkeypatch.setenv(VARIABLE, name)
        tell_ready()
        assert listener.recv(100) == b"READY=1"
        assert VARIABLE not in os.environ
        tell_ready()
        with pytest.raises(BlockingIOError):
            listener.recv(100)
