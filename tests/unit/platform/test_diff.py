"""What differs between two packages."""

from __future__ import annotations

import io
import tarfile

from app.platform.diff import MAX_FILE, MAX_LINES, FileDiff, compare


def package(**files: bytes) -> bytes:
    """Return an archive; in names, "__" is a dot."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in {"manifest__json": b"{}", **files}.items():
            path = name.replace("__", ".")
            entry = tarfile.TarInfo(path if name == "manifest__json" else f"files/{path}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def lines(file: FileDiff) -> list[str]:
    return [line for block in file.blocks for line in block.text.split("\n")]


def test_a_changed_line_is_shown_with_what_is_around_it() -> None:
    found = compare(package(a__py=b"one\ntwo\nthree\n"), package(a__py=b"one\n2\nthree\n"))
    assert [(file.path, file.change) for file in found.files] == [("a.py", "changed")]
    assert lines(found.files[0]) == ["@@ -1,3 +1,3 @@", " one", "-two", "+2", " three"]
    assert [block.kind for block in found.files[0].blocks] == [
        *("place", "same", "removed", "added", "same")
    ]


def test_files_that_are_the_same_are_left_out() -> None:
    same = package(a__py=b"one\n", b__py=b"two\n")
    assert compare(same, same).files == ()


def test_added_and_removed_files_are_told() -> None:
    found = compare(package(old__py=b"a\n"), package(new__py=b"b\n"))
    assert {file.path: file.change for file in found.files} == {
        "new.py": "added",
        "old.py": "removed",
    }


def test_a_line_that_looks_like_a_header_is_kept() -> None:
    found = compare(package(a__py=b"-- x\n"), package(a__py=b"y\n"))
    assert lines(found.files[0]) == ["@@ -1 +1 @@", "--- x", "+y"]


def test_pictures_and_large_files_are_told_by_size() -> None:
    large = b"x" * (MAX_FILE + 1)
    before = package(a__png=b"\0\1", b__txt=large, c__txt=b"\xff\xfe")
    found = compare(before, package(a__png=b"\0\2\3", b__txt=b"", c__txt=b"c"))
    assert [(file.note, file.blocks) for file in found.files] == [
        ("2 bytes → 3 bytes", ()),
        (f"{len(large):,} bytes → 0 bytes", ()),
        ("2 bytes → 1 bytes", ()),
    ]


def test_long_differences_are_cut_and_say_so() -> None:
    long = b"".join(b"%d\n" % number for number in range(MAX_LINES * 2))
    found = compare(package(a__py=b""), package(a__py=long, b__py=b"b\n"))
    first, second = found.files
    assert len(lines(first)) == MAX_LINES
    assert first.note == f"{MAX_LINES + 1:,} more lines are not shown"
    assert (second.blocks, second.note) == ((), "2 more lines are not shown")
