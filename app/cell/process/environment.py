"""Environment: what a process that runs code of client apps gets of the server's."""

from __future__ import annotations

import os
from pathlib import Path

_ROOT = Path(__file__).parents[3]
# All that it inherits, and with it every app: nothing that is secret.
INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH")


def environment(home: str) -> dict[str, str]:
    """Variables for a process whose home folder is `home`."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {
        "HOME": home,
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
