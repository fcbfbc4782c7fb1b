"""One bundle for all tests of releases, made as `make bundle` makes it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.release.__main__ import CHECKOUT
from scripts.release.build import build_release
from scripts.release.bundle import add_wheels
from tests.release.installation import PATH, Installation, offline, usable


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle, unpacked."""
    folder = tmp_path_factory.mktemp("bundle") / "graft"
    build_release(CHECKOUT, folder)
    add_wheels(CHECKOUT, folder)
    return folder


@pytest.fixture(scope="session")
def _open() -> Iterator[Path]:
    """A folder to which other accounts get, too: servers do not run as root. Those of pytest are
    closed to them, again and again.
    """
    with tempfile.TemporaryDirectory(prefix="graft-tests-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def place(_open: Path) -> Path:
    """A folder that the account of a server can use."""
    return usable(Path(tempfile.mkdtemp(dir=_open)))


@pytest.fixture(scope="session")
def installed(bundle: Path, _open: Path) -> Installation:
    """The bundle installed without a network, with the Python of this machine."""
    prefix = _open / "opt"
    install(bundle, prefix)
    return Installation(prefix)


def install(bundle: Path, prefix: Path) -> None:
    """Install a bundle where nothing but this machine can be reached."""
    done = subprocess.run(
        [*offline(), "sh", str(bundle / "deploy" / "install.sh"), "--prefix", str(prefix)],
        env={"PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
