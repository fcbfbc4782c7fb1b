from __future__ import annotations

import io
import json
import os
import random
import stat
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.packages import tar
from app.packages.limits import PackageLimits
from app.packages.pack import pack
from app.packages.unpack import unpack
from app.source.app_source import read_source
from app.source.limits import Limits
from app.source.problems import AppError, Problem
from tests.unit.packages.archives import (
    ENTRY,
    FILES,
    archive,
    block,
    bodies,
    entry,
    gzip,
    manifest,
    sound,
    values,
)
from tests.unit.packages.conftest import WriteApp

SMALL = PackageLimits(
    compressed_bytes=200_000,
    ratio=50,
    ratio_from_bytes=100_000,
    manifest_bytes=20_000,
    source=Limits(
        files=20,
        file_bytes=300_000,
        total_bytes=500_000,
        python_file_bytes=100_000,
        python_total_bytes=200_000,
    ),
)


def refused(data: bytes, workspace: Path, limits: PackageLimits = SMALL) -> tuple[Problem, ...]:
    """The problems of an archive that must be refused and leave nothing behind."""
    with pytest.raises(AppError) as caught:
        unpack(io.BytesIO(data), workspace, limits)
    assert list(workspace.iterdir()) == []
    for problem in caught.value.problems:
        assert problem.message
        assert problem.remedy
        assert problem.message.isprintable()
    return caught.value.problems


def with_files(**files: bytes) -> bytes:
    """A package whose manifest names more files than it should be able to."""
    return sound({**FILES, **files})


def renamed(path: str) -> bytes:
    """A package with one file more, whose manifest and archive agree on its name."""
    return sound({**FILES, path: b"x"})


def extra(name: str | bytes, content: bytes = b"", **changes: bytes) -> bytes:
    """A sound package with one entry more."""
    return archive(*bodies(), entry(name, content, **changes))


def tarball(mode: str, build: Callable[[tarfile.TarFile], None]) -> bytes:
    """An archive as Python's own tar writes it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=getattr(tarfile, mode)) as made:
        build(made)
    return gzip(entry("manifest.json", manifest()) + b"".join(bodies()) + buffer.getvalue())


def pax_path(made: tarfile.TarFile) -> None:
    info = tarfile.TarInfo("files/entry.py")
    info.pax_headers = {"path": "../../evil.py"}
    made.addfile(info)


def pax_size(made: tarfile.TarFile) -> None:
    info = tarfile.TarInfo("files/entry.py")
    info.pax_headers = {"size": "0", "comment": "x" * 2000}
    made.addfile(info, io.BytesIO(b""))


def pax_sparse(made: tarfile.TarFile) -> None:
    """A sparse file of a terabyte, as GNU tar writes it with PAX headers."""
    info = tarfile.TarInfo("files/GNUSparseFile.0/data.bin")
    info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "files/data.bin",
        "GNU.sparse.realsize": str(2**40),
    }
    made.addfile(info)


def gnu_long_name(made: tarfile.TarFile) -> None:
    made.addfile(tarfile.TarInfo("files/" + "a" * 300))


def gnu_long_link(made: tarfile.TarFile) -> None:
    info = tarfile.TarInfo("files/link")
    info.type = tarfile.SYMTYPE
    info.linkname = "/" + "b" * 300
    made.addfile(info)


DIGEST = "0" * 64
TWICE = json.dumps(values() | {"files": [{"path": "a", "size": 0, "sha256": DIGEST}] * 2}).encode()
GOOD = sound()
TAR = zlib.decompress(GOOD, 31)
noise = random.Random(7).randbytes

HOSTILE: dict[str, tuple[bytes, str]] = {
    # Paths
    "absolute path": (extra("/etc/passwd", b"x"), "absolute path"),
    "absolute path below files": (extra("files//etc/passwd", b"x"), "absolute path"),
    "parent folder": (extra("files/../../evil.py", b"x"), "(..)"),
    "parent folder at the top": (extra("../evil.py", b"x"), "(..)"),
    "parent folder in the manifest": (renamed("../evil.py"), "(..)"),
    "absolute path in the manifest": (renamed("/evil.py"), "absolute path"),
    "dot part": (extra("files/./entry.py", b"x"), "empty part or a ."),
    "empty part": (extra("files/a//b", b"x"), "empty part or a ."),
    "empty name": (extra("files/", b"x"), "a form"),
    "outside of files": (extra("evil.py", b"x"), "lies outside files/"),
    "backslash": (renamed("a\\..\\b"), "has one of the characters"),
    "drive letter": (renamed("c:evil.py"), "has one of the characters"),
    "control character": (renamed("a\x07b"), "invisible character"),
    "line break": (renamed("a\nb"), "invisible character"),
    "right to left override": (renamed("a\u202ecod.py"), "invisible character"),
    "trailing dot": (renamed("a."), "ends with a dot"),
    "leading space": (renamed("a/ b"), "begins or ends with a space"),
    "not NFC": (renamed("cafe\u0301.txt"), "composed form"),
    "too deep": (renamed("/".join("abcdefghijklmnopqrst")), "deeper than"),
    "long name": (renamed("a" * 101), "longer than 100 bytes"),
    "long folders": (renamed("/".join(["a" * 30] * 5) + "/b"), "longer than 140 bytes"),
    "hidden file": (renamed(".env"), "hidden file"),
    "tests": (renamed("tests/test_a.py"), "never part of a package"),
    "bytecode": (renamed("__pycache__/entry.cpython-311.pyc"), "never part of a package"),
    "name that is not UTF-8": (extra(b"files/\xff\xfe", b"x"), "files"),
    # Kinds
    "symbolic link": (extra("files/a", kind=b"2", link=b"/etc/passwd"), "symbolic link"),
    "hard link": (extra("files/a", kind=b"1", link=b"files/entry.py"), "hard link"),
    "character device": (extra("files/a", kind=b"3", device=b"0000001\0"), "character device"),
    "block device": (extra("files/a", kind=b"4"), "block device"),
    "fifo": (extra("files/a", kind=b"6"), "named pipe"),
    "folder": (extra("files/a", kind=b"5"), "is a folder"),
    "contiguous file": (extra("files/a", kind=b"7"), "contiguous file"),
    "sparse file": (extra("files/a", b"x" * 512, kind=b"S"), "sparse file"),
    "continued file": (extra("files/a", kind=b"M"), "continued file"),
    "unknown kind": (extra("files/a", kind=b"Z"), "unknown kind"),
    "PAX path": (tarball("PAX_FORMAT", pax_path), "extended header"),
    "PAX size": (tarball("PAX_FORMAT", pax_size), "extended header"),
    "PAX sparse file": (tarball("PAX_FORMAT", pax_sparse), "extended header"),
    "PAX header without an entry": (extra("x", b"9 a=b\n", kind=b"x"), "extended header"),
    "Solaris header": (extra("x", b"9 a=b\n", kind=b"X"), "unknown kind"),
    "GNU folder listing": (extra("files/a", kind=b"D"), "GNU folder listing"),
    "GNU volume label": (extra("label", kind=b"V"), "GNU volume label"),
    "sparse file of a terabyte": (
        archive(*bodies(), block("files/a", 512, kind=b"S", device=b"1\0") + bytes(512)),
        "sparse file",
    ),
    "fifo with content": (extra("files/a", b"x" * 700, kind=b"6"), "named pipe"),
    "PAX global header": (extra("x", b"19 path=../evil.py\n", kind=b"g"), "global extended"),
    "GNU long name": (tarball("GNU_FORMAT", gnu_long_name), "GNU long name"),
    "GNU long link": (tarball("GNU_FORMAT", gnu_long_link), "GNU long link"),
    # Metadata
    "executable": (extra("files/a", mode=b"0000755\0"), "a mode"),
    "set user id": (extra("files/a", mode=b"0004755\0"), "a mode"),
    "owner": (extra("files/a", owner=b"root"), "an owner"),
    "user id": (extra("files/a", uid=b"0001750\0"), "an owner"),
    "time": (extra("files/a", mtime=b"14000000000\0"), "a time"),
    "old tar": (extra("files/a", magic=b""), "a form"),
    "name in two halves": (extra("a", b"x", prefix=b"files\0hidden"), "a form"),
    "base-256 size": (
        archive(*bodies(), block("files/a", size_field=b"\x80" + bytes(10) + b"\x05")),
        "size that is no number",
    ),
    "negative size": (
        archive(*bodies(), block("files/a", size_field=b"-0000000001\0")),
        "size that is no number",
    ),
    "size beyond the end": (archive(*bodies(), block("files/a", 8**6)), "is incomplete"),
    "wrong checksum": (
        archive(*bodies(), block("files/a", checksum=b"000001\0 ")),
        "a header is damaged",
    ),
    "hidden data behind a file": (
        archive(bodies()[0][:-100] + b"hidden".ljust(100, b"\0"), bodies()[1]),
        "hidden data",
    ),
    # Names that collide
    "same name twice": (archive(*bodies(), bodies()[1]), "is there twice"),
    "same name twice in the manifest": (
        gzip(entry("manifest.json", TWICE) + tar.END),
        "is there twice",
    ),
    "case": (with_files(**{"Readme.md": b"1", "README.md": b"2"}), "only in capitals"),
    "case of a folder": (with_files(**{"a/x": b"1", "A/y": b"2"}), "only in capitals"),
    "German sharp s": (with_files(**{"straße": b"1", "strasse": b"2"}), "only in capitals"),
    "Unicode form": (with_files(**{"ﬁle": b"1", "file": b"2"}), "Unicode form"),
    "full width": (with_files(**{"\uff41": b"1", "a": b"2"}), "Unicode form"),
    "file and folder": (with_files(**{"a": b"1", "a/b": b"2"}), "which is a file"),
    # Manifest and files
    "not in the manifest": (extra("files/more.py", b"x"), "not in the manifest"),
    "missing": (archive(bodies()[0]), "not in the archive"),
    "other digest": (
        archive(bodies()[0], entry("files/entry.py", ENTRY.replace(b"counter", b"cOunter"))),
        "other digest",
    ),
    "other size": (archive(bodies()[0], entry("files/entry.py", b"x")), "the manifest says"),
    "other order": (archive(*reversed(bodies())), "order of the manifest"),
    "no manifest": (gzip(b"".join(bodies()) + tar.END), "not the first file"),
    "manifest later": (
        gzip(b"".join([*bodies(), entry("manifest.json", manifest()), tar.END])),
        "not the first file",
    ),
    "empty archive": (gzip(tar.END), "manifest.json is missing"),
    "second manifest": (archive(entry("manifest.json", manifest()), *bodies()), "lies outside"),
    "signature in the wrong place": (
        archive(*bodies(), entry("manifest.sig", b"x")),
        "lies outside",
    ),
    "large signature": (archive(entry("manifest.sig", b"x" * 5000), *bodies()), "larger than"),
    "large manifest": (gzip(entry("manifest.json", noise(30_000)) + tar.END), "larger than"),
    "manifest that is a link": (
        gzip(block("manifest.json", kind=b"2", link=b"/etc/passwd") + tar.END),
        "symbolic link",
    ),
    "manifest that is not JSON": (gzip(entry("manifest.json", b"{") + tar.END), "is not JSON"),
    "deep JSON": (gzip(entry("manifest.json", b"[" * 19_000) + tar.END), "is not JSON"),
    "key twice": (
        gzip(entry("manifest.json", b'{"id": "a/b", "id": "c/d"}') + tar.END),
        "is there twice",
    ),
    "other source digest": (sound(source=DIGEST), "not the digest of the files"),
    # Sizes
    "too large": (extra("files/a", noise(250_000)), "archive is larger than"),
    "bomb": (extra("files/a", bytes(30_000_000)), "times its size"),
    "ratio": (extra("files/a", bytes(290_000)), "times its size"),
    "too much": (
        gzip(
            entry("manifest.json", manifest())
            + b"".join(entry(f"files/{n}", b"ab" * 140_000) for n in range(4)),
            level=0,
        ),
        "larger than",
    ),
    "large Python file": (
        gzip(entry("manifest.json", manifest()) + entry("files/a.py", noise(100_001)), level=0),
        "a.py is larger than 0.0953674 MB, too large for a Python file",
    ),
    "much Python": (
        gzip(
            entry("manifest.json", manifest())
            + b"".join(entry(f"files/{n}.py", b"x" * 90_000) for n in range(3)),
            level=0,
        ),
        "makes the app's Python files larger than 0.190735 MB together",
    ),
    "large file": (extra("files/a", noise(150_000) + bytes(150_001)), "is larger than"),
    "too many": (
        archive(*bodies(), *(entry(f"files/{number}") for number in range(30))),
        "more than 20 files",
    ),
    "too many in the manifest": (
        sound({str(number): b"" for number in range(30)}),
        "more than 20 files",
    ),
    # The stream
    "empty": (b"", "is empty"),
    "not gzip": (b"PK\x03\x04" + bytes(100), "not a gzip archive"),
    "only the magic": (GOOD[:3], "is incomplete"),
    "gzip header with a name": (
        gzip(TAR, header=b"\x1f\x8b\x08\x08\0\0\0\0\x02\xffname\0"),
        "gzip header has a name",
    ),
    "gzip header with a time": (
        gzip(TAR, header=b"\x1f\x8b\x08\0\x01\x02\x03\x04\x02\xff"),
        "gzip header has a name, a time",
    ),
    "not tar": (gzip(noise(2048)), "not a tar file"),
    "truncated gzip": (GOOD[: len(GOOD) // 2], "is incomplete"),
    "gzip without its end": (GOOD[:-4], "is incomplete"),
    "wrong CRC": (GOOD[:-8] + b"abcd" + GOOD[-4:], "is damaged"),
    "truncated tar": (gzip(TAR[:-1024]), "is incomplete"),
    "one zero block": (gzip(TAR[:-512]), "is incomplete"),
    "data behind the tar": (gzip(TAR + b"x"), "after its last file"),
    "data behind the gzip": (GOOD + b"x", "after the end of the archive"),
    "second gzip member": (GOOD + GOOD, "after the end of the archive"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_package_is_refused_and_named(kind: str, workspace: Path) -> None:
    data, message = HOSTILE[kind]
    problems = refused(data, workspace)
    assert any(message in problem.message for problem in problems), problems


def test_corpus_has_at_least_forty_kinds() -> None:
    assert len(HOSTILE) >= 40


def test_sound_package_becomes_the_source_that_was_packed(
    write_app: WriteApp, workspace: Path
) -> None:
    packed = read_source(write_app({**FILES, "assets/archive.tar.gz": GOOD, "sub/é.py": b"x = 1"}))
    unpacked = unpack(io.BytesIO(pack(packed)), workspace)
    assert unpacked.source.digest == packed.digest
    assert unpacked.source.root.parts[-2:] == ("acme", "counter")
    assert read_source(unpacked.source.root).digest == packed.digest
    contents = {file.path.as_posix(): data for file, data in unpacked.source.python_files()}
    assert contents == {"entry.py": ENTRY, "sub/é.py": b"x = 1"}


def test_nothing_that_was_unpacked_is_executable_or_for_others(workspace: Path) -> None:
    folder = unpack(io.BytesIO(GOOD), workspace).folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_all_problems_are_told_at_once(workspace: Path) -> None:
    data = archive(
        entry("files/../a", b"x"),
        entry("files/b", kind=b"2", link=b"/etc"),
        entry("files/assets/style.css", b"q {}\n"),
        entry("files/more.py", b""),
    )
    messages = " ".join(problem.message for problem in refused(data, workspace))
    for part in ("(..)", "symbolic link", "other digest", "not in the manifest", "entry.py is in"):
        assert part in messages


def test_a_flood_of_problems_is_cut(workspace: Path) -> None:
    limits = PackageLimits()
    data = archive(*bodies(), *(entry(f"files/../{number}") for number in range(500)))
    assert len(refused(data, workspace, limits)) == 100


def test_problems_name_the_app_once_the_manifest_is_read(workspace: Path) -> None:
    (problem,) = refused(extra("files/more.py"), workspace)
    assert (problem.app, problem.stage, problem.file) == ("acme/counter", "package", "more.py")


def test_reading_stops_at_the_limit_and_takes_no_more_of_the_stream(workspace: Path) -> None:
    stream = io.BytesIO(gzip(noise(20_000_000), level=0))
    with pytest.raises(AppError, match="is not a tar file"):
        unpack(stream, workspace, SMALL)
    assert stream.tell() < 1_000_000


def test_folder_that_cannot_be_written_leaves_nothing(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = os.open

    def full(path: str, flags: int, *args: int, **options: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(28, "No space left on device")
        return really_open(path, flags, *args, **options)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="No space left"):
        unpack(io.BytesIO(GOOD), workspace)
    monkeypatch.undo()
    assert list(workspace.iterdir()) == []


@settings(deadline=None)
@given(cut=st.integers(0, len(GOOD) - 1))
def test_every_truncation_is_refused(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    refused(GOOD[:cut], tmp_path_factory.mktemp("w"))


@settings(deadline=None)
@given(place=st.integers(0, len(TAR) - 1), value=st.integers(0, 255))
def test_every_changed_byte_is_refused_unless_it_is_the_manifest(
    place: int, value: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    changed = bytearray(TAR)
    if changed[place] == value:
        return
    changed[place] = value
    workspace = tmp_path_factory.mktemp("w")
    try:
        unpacked = unpack(io.BytesIO(gzip(bytes(changed))), workspace)
    except AppError:
        assert list(workspace.iterdir()) == []
    else:
        # A letter of a text in the manifest: that is what signatures are for.
        assert tar.BLOCK <= place < tar.BLOCK + len(manifest())
        assert {f.path.as_posix(): f.sha256 for f in unpacked.source.files} == {
            file.path: file.sha256 for file in unpacked.manifest.files
        }


@settings(deadline=None)
@given(name=st.text(max_size=60), content=st.binary(max_size=40))
def test_any_name_is_written_below_the_folder_or_refused(
    name: str, content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workspace = tmp_path_factory.mktemp("w")
    raw = f"files/{name}".encode("utf-8", "surrogatepass")
    files = {**FILES, name: content}
    data = gzip(
        b"".join(
            [
                entry("manifest.json", manifest(files).replace(b"\\ud", b"\\uD")),
                *sorted([entry(raw, content), *bodies()], key=lambda part: part[:100]),
                tar.END,
            ]
        )
    )
    try:
        unpacked = unpack(io.BytesIO(data), workspace)
    except AppError:
        assert list(workspace.iterdir()) == []
    else:
        written = [path for path in workspace.rglob("*") if path.is_file()]
        assert all(path.is_relative_to(unpacked.source.root) for path in written)
        assert len(written) == len(unpacked.manifest.files)
