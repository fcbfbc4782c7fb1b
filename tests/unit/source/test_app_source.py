from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.source.app_source import AppSource, SourceFile, is_ignored, read_source
from app.source.limits import Limits
from app.source.problems import AppError

if TYPE_CHECKING:
    from tests.unit.conftest import WriteApp

paths = st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5}){0,2}\.(py|css)", fullmatch=True)
trees = st.dictionaries(paths, st.binary(max_size=64), min_size=1, max_size=5)

DIGEST = "50679e8ca8134912bec9695746d021ab85341b3e222fe3c0f78748dbb89e3f9a"


def source_of(tree: dict[str, bytes], app_id: str = "acme/counter") -> AppSource:
    """The source that reading a folder with these files gives."""
    return AppSource(
        app_id,
        Path("/nowhere"),
        tuple(
            SourceFile(PurePosixPath(name), len(content), hashlib.sha256(content).hexdigest())
            for name, content in tree.items()
        ),
    )


@given(trees, st.randoms())
def test_the_digest_does_not_depend_on_the_order_of_files(
    tree: dict[str, bytes], chance: random.Random
) -> None:
    shuffled = list(tree.items())
    chance.shuffle(shuffled)
    assert source_of(tree).digest == source_of(dict(shuffled)).digest


@given(trees, st.data())
def test_any_changed_byte_changes_the_digest(tree: dict[str, bytes], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(tree)))
    changed = tree | {name: data.draw(st.binary(max_size=64).filter(lambda b: b != tree[name]))}
    assert source_of(tree).digest != source_of(changed).digest


@given(trees, paths)
def test_a_renamed_file_changes_the_digest(tree: dict[str, bytes], new: str) -> None:
    if new in tree:
        return
    name, *rest = sorted(tree)
    renamed = {key: tree[key] for key in rest} | {new: tree[name]}
    assert source_of(tree).digest != source_of(renamed).digest


def test_the_digest_is_the_same_for_a_copy_elsewhere(tmp_path: Path) -> None:
    digests = set()
    for place in ("one", "two"):
        folder = tmp_path / place / "acme" / "counter"
        (folder / "assets").mkdir(parents=True)
        (folder / "assets" / "a.css").write_text("a {}")
        (folder / "entry.py").write_text("x = 1\n")
        digests.add(read_source(folder).digest)
    # Written down: a change of it makes every stored version unfindable.
    assert digests == {DIGEST}


def test_python_files_are_held_with_the_bytes_that_were_digested(write_app: WriteApp) -> None:
    folder = write_app(files={"entry.py": b"\xef\xbb\xbfx = 1\r\n", "assets/a.css": "a {}"})
    source = read_source(folder)
    assert [(f.path.as_posix(), f.content) for f in source.files] == [
        ("assets/a.css", None),
        ("entry.py", b"\xef\xbb\xbfx = 1\r\n"),
    ]
    assert [file.path.name for file in source.assets()] == ["a.css"]
    assert source.package == "client_apps.acme.counter"


def test_tests_caches_and_leftovers_of_tools_are_no_part_of_an_app(write_app: WriteApp) -> None:
    write_app()
    plain = read_source(write_app())
    leftovers = [
        "tests/test_it.py",
        "__pycache__/entry.cpython-311.pyc",
        "sub/__pycache__/x.pyc",
        ".git/config",
        ".hidden.py",
        "entry.py~",
        ".entry.py.swp",
        "entry.py.swp",
        "#entry.py#",
        "4913",
        "web/node_modules/react/index.js",
        "entry.py___jb_tmp___",
        "entry.py.tmp.4711.99",
    ]
    folder = write_app(files=dict.fromkeys(leftovers, "x"))
    assert read_source(folder).digest == plain.digest
    assert len(read_source(write_app(files={"sub/tests/x.py": "x = 1"})).files) == 2


@pytest.mark.parametrize(
    "name", ["entry.py", "sub/x.py", "assets/logo.v2.svg", "data/4913.csv", "mail.tmpl"]
)
def test_ordinary_files_are_not_ignored(name: str) -> None:
    assert not is_ignored(name.split("/"))


@pytest.mark.parametrize(
    ("app_id", "suggestion"),
    [
        ("Acme/counter", '"acme"'),
        ("acme/floor-plan", '"floor_plan"'),
        ("acme/class", '"class_app"'),
        ("acme/3d", '"app_3d"'),
        ("acme/floor__plan", '"floor_plan"'),
        ("acme/plan_", '"plan"'),
        ("a" * 61 + "/plan", '"' + "a" * 60 + '"'),
    ],
)
def test_a_name_that_is_no_package_is_refused_with_a_usable_one(
    write_app: WriteApp, app_id: str, suggestion: str
) -> None:
    with pytest.raises(AppError) as caught:
        read_source(write_app(app_id))
    (problem,) = caught.value.problems
    assert (problem.app, problem.stage) == (app_id, "discover")
    assert suggestion in problem.remedy


def test_all_that_cannot_be_read_is_reported_at_once(write_app: WriteApp) -> None:
    folder = write_app(files={"entry.py": "x = 1", "big.bin": b"0" * 200, "bad.txt": "x"})
    (folder / "link.py").symlink_to(folder / "entry.py")
    os.rename(folder / "bad.txt", os.fsencode(folder) + b"/bad\xff.txt")
    with pytest.raises(AppError) as caught:
        read_source(folder, limits=Limits(file_bytes=100))
    assert {problem.file for problem in caught.value.problems} == {
        "big.bin",
        "link.py",
        r"bad\udcff.txt",
    }
    assert len(caught.value.problems) == 3
    for problem in caught.value.problems:
        str(problem).encode()


def test_too_many_files_and_too_many_bytes_are_each_reported_once(write_app: WriteApp) -> None:
    folder = write_app(files={f"f{n}.txt": b"0" * 10 for n in range(20)})
    for limits in (Limits(files=3), Limits(total_bytes=35)):
        with pytest.raises(AppError) as caught:
            read_source(folder, limits=limits)
        assert len(caught.value.problems) == 1


def test_python_files_that_are_too_large_are_named_with_what_to_do(write_app: WriteApp) -> None:
    files = {"entry.py": "x = 1", "large.py": "#" * 101, "assets/large.json": "0" * 101}
    files |= {f"m{number}.py": "#" * 90 for number in range(5)}
    limits = Limits(python_file_bytes=100, python_total_bytes=300)
    with pytest.raises(AppError) as caught:
        read_source(write_app(files=files), limits=limits)
    found = {problem.file: problem for problem in caught.value.problems}
    assert set(found) == {"large.py", "m2.py"}
    assert "too large for a Python file" in found["large.py"].message
    assert "Python files larger than" in found["m2.py"].message
    assert all("assets/data.json" in problem.remedy for problem in found.values())


def test_a_settled_asset_is_not_read_again(
    write_app: WriteApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_app(files={"entry.py": "x = 1", "assets/a.css": "a {}"})
    clock = os.stat(folder / "assets/a.css").st_ctime_ns
    monkeypatch.setattr("app.source.app_source.time.time_ns", lambda: clock + 10**9)
    first = read_source(folder)
    again = read_source(folder, first)
    assert again.by_path["assets/a.css"] is first.by_path["assets/a.css"]
    (folder / "assets/a.css").write_text("b {}")
    assert read_source(folder, first).digest != first.digest


def test_an_asset_that_was_read_right_after_its_change_is_read_again(
    write_app: WriteApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_app(files={"entry.py": "x = 1", "assets/a.css": "a {}"})
    clock = os.stat(folder / "assets/a.css").st_ctime_ns
    monkeypatch.setattr("app.source.app_source.time.time_ns", lambda: clock + 10**6)
    first = read_source(folder)
    assert read_source(folder, first).by_path["assets/a.css"] is not first.by_path["assets/a.css"]


def test_a_folder_that_vanished_has_no_files(apps_root: Path) -> None:
    assert read_source(apps_root / "acme" / "gone").files == ()
