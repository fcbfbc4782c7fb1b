"""One bundle for all tests of releases, made as `make bundle` makes it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import __version__
from app.core.migrations import HEAD
from scripts.release.__main__ import CHECKOUT
from scripts.release.checksums import write_checksums
from tests.release.installation import PATH, Installation, offline, usable
from tests.release.making import make

_making = pytest.StashKey[subprocess.Popen[bytes]]()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the bundle be made beside the tests that come first; one of the processes sees to it."""
    wanted = any("bundle" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
        folder = _folder(session.config._tmp_path_factory.getbasetemp().parent)  # type: ignore[attr-defined]  # as the fixture has it
        command = [sys.executable, "-m", "tests.release.making", str(folder)]
        session.config.stash[_making] = subprocess.Popen(
            command, cwd=CHECKOUT, start_new_session=True
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    """Nobody waits for the bundle any more."""
    if (process := config.stash.get(_making, None)) is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _folder(common: Path) -> Path:
    return common / "bundle" / "graft"


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A bundle, unpacked; made once for all processes of a run of tests."""
    common = tmp_path_factory.getbasetemp()
    folder = _folder(common if worker_id == "master" else common.parent)
    make(folder)
    return folder


@dataclass(frozen=True)
class Newer:
    """The bundle of a next release, which has one table more."""

    bundle: Path
    version: str


NEXT = f"{int(HEAD) + 1:0{len(HEAD)}}"
MIGRATION = '''"""A table more."""

import sqlalchemy as sa
from alembic import op

revision = "{next}"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("of_the_next_release", sa.Column("id", sa.Integer, primary_key=True))
'''


@pytest.fixture(scope="session")
def newer(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Newer:
    """A next release."""
    copy = tmp_path_factory.mktemp("next") / "newer"
    subprocess.run(["cp", "-al", bundle, copy], check=True)
    migrations = copy / "app" / "core" / "migrations"
    for path, old, new in (
        (copy / "app" / "__init__.py", '__version__ = "', '__version__ = "9.'),
        (copy / "release.json", '"version": "', '"version": "9.'),
        (migrations / "__init__.py", f'HEAD = "{HEAD}"', f'HEAD = "{NEXT}"'),
    ):
        text = path.read_text()
        assert old in text, path
        path.unlink()  # the file is the other bundle's as well
        path.write_text(text.replace(old, new))
    text = MIGRATION.format(next=NEXT, head=HEAD)
    (migrations / "versions" / f"{NEXT}_one_more.py").write_text(text)
    (copy / "SHA256SUMS").unlink()
    write_checksums(copy)
    return Newer(copy, f"9.{__version__}")


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
