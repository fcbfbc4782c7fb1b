"""One bundle for all tests of releases, made as `make bundle` makes it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.frontend.cache import locked
from scripts.release.__main__ import CHECKOUT
from scripts.release.build import build_release
from scripts.release.bundle import add_wheels
from tests.release.installation import PATH, Installation, offline, usable


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A bundle, unpacked; made once for all processes of a run of tests."""
    common = tmp_path_factory.getbasetemp()
    folder = (common if worker_id == "master" else common.parent) / "bundle" / "graft"
    folder.parent.mkdir(exist_ok=True)
    with locked(folder.with_name("lock"), lambda: None):
        if not folder.exists():
            aside = folder.with_name("aside")
            build_release(CHECKOUT, aside)
            add_wheels(CHECKOUT, aside)
            aside.rename(folder)
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
