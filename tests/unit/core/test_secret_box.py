from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.secret_box import SecretBox, Unreadable, new_key, open_secret_box
from app.kernel.errors import Invalid

OLD, NEW = b"o" * 32, b"n" * 32


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(max_size=20))
def test_what_was_sealed_opens_with_the_same_place(text: str, place: str) -> None:
    place = place.encode("utf-8", "replace").decode()
    assert SecretBox([OLD]).open(SecretBox([OLD]).seal(text, place), place) == text


@given(st.binary(max_size=100), st.binary(min_size=1, max_size=3))
def test_bytes_open_as_they_were_sealed_and_not_when_they_were_changed(
    content: bytes, more: bytes
) -> None:
    box = SecretBox([OLD])
    sealed = box.seal_bytes(content, "here")
    assert SecretBox([NEW, OLD]).open_bytes(sealed, "here") == content
    for changed, place in ((sealed + more, "here"), (sealed[:-1], "here"), (sealed, "there")):
        with pytest.raises(Unreadable):
            box.open_bytes(changed, place)


def test_the_sealed_text_tells_nothing_and_is_another_one_each_time() -> None:
    box = SecretBox([OLD])
    one, other = box.seal("swordfish", "here"), box.seal("swordfish", "here")
    assert one != other
    assert "swordfish" not in one
    assert "swordfish" not in repr(box)
    assert "ooo" not in repr(box)


def test_a_secret_that_was_moved_or_changed_does_not_open() -> None:
    box = SecretBox([OLD])
    # With a text of this length every character of what is sealed stands for something.
    sealed = box.seal("sardines", "acme/one password")
    with pytest.raises(Unreadable):
        box.open(sealed, "acme/two password")
    for index in range(len(sealed)):
        changed = "A" if sealed[index] != "A" else "B"
        with pytest.raises(Unreadable):
            box.open(sealed[:index] + changed + sealed[index + 1 :], "acme/one password")


@pytest.mark.parametrize("sealed", ["", "v1", "v1..", "v2.x.y", "clear text", "v1.é.ü"])
def test_what_is_no_sealed_secret_does_not_open(sealed: str) -> None:
    with pytest.raises(Unreadable):
        SecretBox([OLD]).open(sealed, "")


def test_keys_are_changed_by_putting_a_new_one_in_front() -> None:
    sealed = SecretBox([OLD]).seal("swordfish", "")
    both = SecretBox([NEW, OLD])
    assert both.open(sealed, "") == "swordfish"
    assert not both.is_newest(sealed)
    again = both.seal("swordfish", "")
    assert both.is_newest(again)
    assert SecretBox([NEW]).open(again, "") == "swordfish"
    with pytest.raises(Unreadable, match="GRAFT_SECRET_KEY"):
        SecretBox([NEW]).open(sealed, "")


def test_the_first_start_makes_a_key_for_the_owner_only_and_later_ones_use_it(
    tmp_path: Path,
) -> None:
    sealed = open_secret_box(tmp_path, {}).seal("swordfish", "")
    (file,) = tmp_path.iterdir()
    assert file.name == "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert open_secret_box(tmp_path, {}).open(sealed, "") == "swordfish"


def test_nodes_that_start_at_once_end_up_with_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        boxes = list(pool.map(lambda _: open_secret_box(tmp_path, {}), range(8)))
    sealed = boxes[0].seal("swordfish", "")
    assert all(box.open(sealed, "") == "swordfish" for box in boxes)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_the_environment_comes_first_and_may_have_several_keys(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    sealed = open_secret_box(tmp_path, {"GRAFT_SECRET_KEY": old}).seal("swordfish", "")
    box = open_secret_box(tmp_path, {"GRAFT_SECRET_KEY": f"{new}, {old}"})
    assert box.open(sealed, "") == "swordfish"
    assert not box.is_newest(sealed)
    assert not (tmp_path / "secret.key").exists()


@pytest.mark.parametrize(
    "text",
    ["short", "a" * 40, "ü" * 44, pytest.param(f"{new_key()} short", id="good and short"), "?,?"],
)
def test_what_is_no_key_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid, match="GRAFT_SECRET_KEY must hold keys") as caught:
        open_secret_box(tmp_path, {"GRAFT_SECRET_KEY": text})
    assert text not in str(caught.value)


def test_a_key_may_be_in_either_alphabet_of_base64(tmp_path: Path) -> None:
    raw = bytes(range(224, 256))
    texts = [base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()]
    one, other = (open_secret_box(tmp_path, {"GRAFT_SECRET_KEY": text}) for text in texts)
    assert texts[0] != texts[1]
    assert one.open(other.seal("swordfish", ""), "") == "swordfish"


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    open_secret_box(tmp_path, {})
    (tmp_path / "secret.key").chmod(0o640)
    with pytest.raises(Invalid, match="chmod 600"):
        open_secret_box(tmp_path, {})


def test_a_file_that_holds_no_key_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.touch(0o600)
    with pytest.raises(Invalid, match=r"secret\.key"):
        open_secret_box(tmp_path, {})
    assert file.read_text() == ""


def test_a_new_key_is_what_the_setting_takes() -> None:
    assert len(base64.urlsafe_b64decode(new_key())) == 32
