from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.packages import tar
from app.packages.paths import path_problem

PATHS = st.text(min_size=1, max_size=60).filter(lambda path: path_problem(path) is None)


@given(PATHS, st.binary(max_size=1200))
@settings(deadline=None)
def test_any_tar_reads_what_is_written(path: str, content: bytes) -> None:
    data = tar.header(path, len(content)) + content + bytes(tar.padding(len(content))) + tar.END
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        (member,) = archive.getmembers()
        assert member.name == path
        assert (member.mode, member.uid, member.gid, member.mtime) == (0o644, 0, 0, 0)
        file = archive.extractfile(member)
        assert file is not None
        assert file.read() == content


@given(PATHS, st.integers(0, 8**11 - 1))
@settings(deadline=None)
def test_a_header_reads_as_what_it_was_written_from(path: str, size: int) -> None:
    assert tar.read_header(tar.header(path, size)) == tar.Header(path, "file", size, True)


@given(st.binary(min_size=tar.BLOCK, max_size=tar.BLOCK))
@settings(deadline=None)
def test_noise_is_no_header(block: bytes) -> None:
    with pytest.raises(tar.NotTar):
        tar.read_header(block)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        tar.header("a" * 101, 0)
    with pytest.raises(ValueError, match="does not fit"):
        tar.header("a", 8**11)
