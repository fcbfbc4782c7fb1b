from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.packages.paths import Collisions, collisions, path_problem, shown

JOINERS = "\u200c\u200d"


@pytest.mark.parametrize(
    "path",
    [
        "entry.py",
        "assets/logo.svg",
        "a b/c-d_e.txt",
        "日本語/é.txt",
        "\u0645\u06cc\u200c\u062e.txt",
        "assets/Screenshot at 9.41\u202fAM.png",  # as a Mac names them
    ],
)
def test_ordinary_paths_may_be_used(path: str) -> None:
    assert path_problem(path) is None


@given(st.text(max_size=80))
@settings(deadline=None)
def test_a_path_that_may_be_used_stays_below_its_folder(path: str) -> None:
    if path_problem(path) is None:
        parts = path.split("/")
        assert not path.startswith("/")
        assert {"", ".", ".."}.isdisjoint(parts)
        assert all(c.isprintable() or c in JOINERS or category(c) == "Zs" for c in path)
        path.encode()


@given(st.text(max_size=400))
@settings(deadline=None)
def test_what_is_shown_can_be_printed_and_is_short(path: str) -> None:
    text = shown(path)
    text.encode()
    assert len(text) <= 300 * 10 + 1
    assert "\n" not in text
    assert "\x1b" not in text


def test_only_the_later_name_collides() -> None:
    assert dict(collisions(["a", "b", "A"])) == {
        "A": "differs from a only in capitals or in Unicode form"
    }


@given(st.lists(st.text("abAB/éE\u0301ßs", min_size=1, max_size=6), max_size=8))
@settings(deadline=None)
def test_names_that_do_not_collide_differ_in_every_folding(names: list[str]) -> None:
    seen = Collisions()
    kept = [name for name in names if path_problem(name) is None and seen.add(name) is None]
    assert len({name.casefold() for name in kept}) == len(kept)
    assert len({name.upper() for name in kept}) == len(kept)
    assert not any(other.startswith(f"{name}/") for name in kept for other in kept)
