"""Builds the front end once per content: compile -> bundle -> externalise -> compress -> store."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app.frontend import cache, csp, toolchain

Report = Callable[[str, float | None], None]
"""Called with what happens now and the share done so far (0 to 1, None when unknown)."""

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "frontend"
"""A release brings its front end along, in this folder; a checkout has none."""

STATIC = "static"
BACKEND = "backend"
_LINES_SHOWN = 40

_UNREACHABLE = re.compile(
    r"ENOTFOUND|ECONNREFUSED|ETIMEDOUT|ConnectionRefused|FailedToOpenSocket|failed to resolve"
    r"|Unable to connect|UNABLE_TO_|CERT_|GET \S+ - \d{3}",
    re.IGNORECASE,
)


class BuildFailed(Exception):
    """A step of the build failed: which one, the end of the tool's output, and a remedy."""

    def __init__(self, step: str, output: str, remedy: str) -> None:
        super().__init__(f"{step} failed.\n\n{output}\n\n{remedy}")
        self.step, self.output, self.remedy = step, output, remedy


def cache_folder() -> Path:
    """Where built front ends are kept: `GRAFT_FRONTEND_CACHE`, else the checkout's
    `data/frontend`."""
    return Path(os.environ.get("GRAFT_FRONTEND_CACHE") or ROOT / "data" / "frontend").resolve()


def ensure_built(report: Report) -> Path:
    """Build the front end if it is not in the cache. That of a release is only looked up.

    Args:
        report: told what happens; not called when there is nothing to do.

    Returns:
        The folder of static files. Its sibling `backend` holds what Reflex's server half wants
        to know.

    Raises:
        BuildFailed: with the tool's output and a remedy; what was built before stays as it was.
        ToolchainMissing: there is no Bun in this environment.
    """
    if RELEASED.is_dir():
        [entry] = RELEASED.iterdir()
        return entry / STATIC
    store = cache_folder()
    built = store / cache.content_key(ROOT)
    if not built.is_dir():
        lock = ROOT / ".web" / "build.lock"
        with cache.locked(lock, lambda: report("Waiting for another build", None)):
            built = store / cache.content_key(ROOT)
            if not built.is_dir():
                built = _build(store, report)
    os.utime(built)
    return built / STATIC


def _build(store: Path, report: Report) -> Path:
    web = ROOT / ".web"
    report("Looking for the JavaScript toolchain", 0.0)
    bun = str(toolchain.bun())
    env = toolchain.environment(web / "tools")
    report("Compiling pages, installing packages", 0.03)
    _run("Compiling the core's pages", [sys.executable, "-m", "app.frontend.compile"], ROOT, env)
    report("Bundling", 0.25)
    _run("Bundling the front end", [bun, "--bun", "run", "export"], web, env)
    report("Finishing", 0.95)
    static = web / "build" / "client"
    csp.externalise_folder(static)
    _run(
        "Compressing the front end",
        [bun, "compress-static.js", str(static), "gzip"],
        web,
        env,
    )
    # Taken now, because installing packages may have brought the lock file up to date.
    key = cache.content_key(ROOT)
    built = cache.store(store, key, ((static, STATIC), (web / "backend", BACKEND)))
    cache.prune(store, key)
    report("Front end built", 1.0)
    return built


def _run(step: str, command: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
    result = subprocess.run(  # noqa: S603 - fixed commands of our own toolchain
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode != 0:
        raise BuildFailed(step, _end_of(result.stdout), _remedy(result.stdout))


def _end_of(output: str) -> str:
    return "\n".join(output.rstrip().splitlines()[-_LINES_SHOWN:])


def _remedy(output: str) -> str:
    if _UNREACHABLE.search(output):
        return (
            "The npm registry could not be reached. A build downloads packages once: check the "
            "network, the proxy settings (HTTPS_PROXY) and npm's own settings (~/.npmrc), then "
            "start again."
        )
    if "Traceback (most recent call last)" in output:
        return "The traceback above names the line in the core's pages to repair."
    return "If a build was interrupted before, delete the folder .web and start again."
