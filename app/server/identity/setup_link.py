"""The link that sets a new server up, written down where only its operator can read it."""

from __future__ import annotations

import os
from pathlib import Path

FILE = "setup-link"


def write_setup_link(data: Path, link: str) -> Path:
    """Write the link into the data folder, readable by the owner only; return the file."""
    path = data / FILE
    path.unlink(missing_ok=True)
    # Made with its mode: there must be no moment in which others could open it.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{link}\n")
    return path


def waits_for_set_up(data: Path) -> bool:
    """Tell whether there is a link, which nobody has used."""
    return (data / FILE).exists()


def remove_setup_link(data: Path) -> None:
    """Remove the file; it is fine if there is none."""
    (data / FILE).unlink(missing_ok=True)
