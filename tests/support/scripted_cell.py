"""A cell that runs what its test tells it, line by line; see `tests.support.cells`."""

from __future__ import annotations

import json
import socket
from typing import Any


def main(line: socket.socket) -> None:
    """Run each line's code, and answer what it assigns to `answer`."""
    values: dict[str, Any] = {"line": line}
    with line, line.makefile("rb") as lines:
        for code in lines:
            values["answer"] = None
            exec(json.loads(code), values)
            line.sendall(json.dumps(values["answer"]).encode() + b"\n")
