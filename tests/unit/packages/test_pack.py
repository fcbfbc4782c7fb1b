from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

import app
from app.packages.limits import PackageLimits
from app.packages.manifest import parse_manifest
from app.packages.pack import Facts, compatible_range, make_manifest, pack, package_name
from app.packages.signing import SigningKey
from app.packages.unpack import unpack
from app.source.app_source import read_source
from app.source.problems import AppError
from tests.unit.packages.archives import ENTRY, FILES, source_of
from tests.unit.packages.conftest import WriteApp

ROOT = Path(__file__).parents[3]
SCRIPT = """
import hashlib, sys
from pathlib import Path
from app.packages.pack import pack
from app.source.app_source import read_source
print(hashlib.sha256(pack(read_source(Path(sys.argv[1])))).hexdigest())
"""


def messages(caught: pytest.ExceptionInfo[AppError]) -> str:
    """All messages of an error."""
    return "\n".join(problem.message for problem in caught.value.problems)


def test_same_source_is_the_same_bytes_in_another_folder_and_process(
    write_app: WriteApp, tmp_path: Path
) -> None:
    folder = write_app({**FILES, **{f"data/{n}.json": b"[]" * n for n in range(30)}})
    other = tmp_path / "elsewhere" / "acme" / "counter"
    shutil.copytree(folder, other)
    for path in other.rglob("*.json"):
        os.utime(path, (1, 1))
        path.chmod(0o777)
    (other / "__pycache__").mkdir()
    (other / "__pycache__" / "entry.pyc").write_bytes(b"x")
    here = hashlib.sha256(pack(read_source(folder))).hexdigest()
    for seed in ("0", "4242"):
        made = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(other)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert made.stdout.strip() == here


def test_order_in_which_files_were_read_makes_no_difference() -> None:
    source = source_of({**FILES, "b.py": b"", "a.py": b""})
    assert pack(source) == pack(replace(source, files=tuple(reversed(source.files))))


def test_package_is_an_ordinary_tar_with_the_manifest_first() -> None:
    data = pack(source_of(FILES))
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        assert archive.getnames() == ["manifest.json", "files/assets/style.css", "files/entry.py"]
        assert {member.mtime for member in archive.getmembers()} == {0}


def test_gzip_header_tells_neither_name_nor_time() -> None:
    data = pack(source_of(FILES))
    assert data[3:8] == bytes(5)
    assert gzip.decompress(data)


def test_tests_caches_and_hidden_files_are_left_out(write_app: WriteApp) -> None:
    more = {"tests/test_a.py": b"", ".env": b"", "__pycache__/a.pyc": b"", "a.py~": b""}
    assert pack(read_source(write_app({**FILES, **more}))) == pack(source_of(FILES))


def test_signature_changes_nothing_but_itself(workspace: Path) -> None:
    key = SigningKey.generate()
    signed = unpack(io.BytesIO(pack(source_of(FILES), key=key)), workspace)
    plain = unpack(io.BytesIO(pack(source_of(FILES))), workspace)
    assert signed.manifest_bytes == plain.manifest_bytes
    assert signed.signature == key.sign(plain.manifest_bytes)
    assert pack(source_of(FILES), key=key) == pack(source_of(FILES), key=key)


def test_manifest_says_what_entry_py_says() -> None:
    entry = ENTRY.replace(
        b"    pages",
        b'    url = "count"\n    icon = "plus"\n    capabilities = ("broadcast",)\n'
        b'    description = "Counts"\n    pages',
    )
    made = make_manifest(source_of({"entry.py": entry}))
    assert (made.name, made.version, made.url) == ("Acme / Counter", "1.0.0", "count")
    assert (made.icon, made.capabilities, made.description) == ("plus", ("broadcast",), "Counts")
    assert (made.kind, made.pages, made.distributions) == ("dynamic", ("/",), ("reflex",))
    assert package_name(made) == "acme-counter-1.0.0.tar.gz"
    assert parse_manifest(made.to_bytes(), "package") == made


def test_facts_of_the_loaded_app_replace_the_text() -> None:
    facts = Facts("dynamic", "Name", "2", "u", "", "box", ("b", "a"), ("/x", "/"), ("react",))
    made = make_manifest(source_of(FILES), facts)
    assert (made.capabilities, made.pages, made.libraries) == (("a", "b"), ("/", "/x"), ("react",))


def test_versions_of_graft_that_may_run_a_package() -> None:
    assert compatible_range("0.3.7") == ">=0.3,<0.4"
    assert compatible_range("2.1.0") == ">=2.1,<3"
    assert SpecifierSet(make_manifest(source_of(FILES)).graft).contains(app.__version__)


def test_version_of_graft_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == app.__version__


def test_version_that_is_no_file_name_is_refused() -> None:
    entry = ENTRY.replace(b'"1.0.0"', b'"../1"')
    with pytest.raises(AppError) as caught:
        pack(source_of({"entry.py": entry}))
    assert "cannot be part of a file name" in messages(caught)
    assert caught.value.problems[0].line == 12


def test_names_that_cannot_be_unpacked_everywhere_are_refused_together() -> None:
    with pytest.raises(AppError) as caught:
        pack(source_of({**FILES, "a:b": b"", "Readme": b"", "README": b""}))
    assert "has one of the characters" in messages(caught)
    assert "only in capitals" in messages(caught)


def test_link_is_refused(write_app: WriteApp) -> None:
    folder = write_app()
    (folder / "secrets.txt").symlink_to("/etc/passwd")
    with pytest.raises(AppError, match="symbolic link"):
        read_source(folder)


def test_package_that_is_too_large_is_refused() -> None:
    source = source_of({**FILES, "a.py": b"# " + os.urandom(3000).hex().encode()})
    with pytest.raises(AppError, match="2000 are allowed"):
        pack(source, limits=PackageLimits(compressed_bytes=2000))


@pytest.mark.parametrize("content", [b"q {}\n", b"", b"p {}\n" * 100, None])
def test_file_that_changes_while_it_is_packed_is_refused(
    content: bytes | None, write_app: WriteApp
) -> None:
    folder = write_app()
    source = read_source(folder)
    style = folder / "assets" / "style.css"
    if content is None:
        style.unlink()
    else:
        style.write_bytes(content)
    with pytest.raises(AppError, match="changed while the app was packaged"):
        pack(source)
