from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.core.code_store import open_code_store
from app.kernel.errors import Invalid

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("", "FolderCodeStore('/data/code')"),
        ("/srv/code", "FolderCodeStore('/srv/code')"),
        ("file:///srv/my%20code", "FolderCodeStore('/srv/my code')"),
        ("s3://graft", "ObjectCodeStore('s3://graft')"),
        ("s3://graft/a/b/", "ObjectCodeStore('s3://graft/a/b')"),
    ],
)
def test_the_setting_names_a_folder_or_a_bucket(url: str, name: str) -> None:
    assert repr(open_code_store(Path("/data"), {"GRAFT_CODE_STORE": url})) == name


@pytest.mark.parametrize(
    "url", ["s3://", "s3:///prefix", "s3://-bad-", "gs://bucket", "memory://", "file://host/x"]
)
def test_what_cannot_be_one_is_refused_and_the_setting_named(url: str) -> None:
    with pytest.raises(Invalid, match="GRAFT_CODE_STORE"):
        open_code_store(Path("/data"), {"GRAFT_CODE_STORE": url})


def test_a_folder_needs_neither_obstore_nor_cryptography(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path; from app.core.opening import open_core;"
        "core = open_core(Path(sys.argv[1])); core.database.close();"
        "assert asyncio.run(core.code.get(asyncio.run(core.code.put(b'hello')))) == b'hello';"
        "print([name for name in ('obstore', 'cryptography') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.stdout.strip() == "[]"
