from __future__ import annotations

import pytest
from reflex_components_lucide.icon import LUCIDE_ICON_LIST

from app.rules.entry.icons import DATA, close_names, icon_names, lucide_name, render


def test_the_data_file_is_current() -> None:
    assert DATA.read_text(encoding="utf-8") == render(LUCIDE_ICON_LIST), (
        "write it anew with: python -m app.rules.entry.icons"
    )


def test_all_icons_of_reflex_are_known() -> None:
    assert icon_names() == set(LUCIDE_ICON_LIST)


@pytest.mark.parametrize("name", ["calculator", "app-window", "app_window", "App-Window"])
def test_a_name_is_known_in_each_way_of_writing(name: str) -> None:
    assert lucide_name(name) == name.lower().replace("-", "_")


def test_an_unknown_name_is_not_an_icon() -> None:
    assert lucide_name("calculater") is None


@pytest.mark.parametrize(("wrong", "right"), [("calculater", "calculator"), ("plane-x", "plane")])
def test_close_names_are_suggested(wrong: str, right: str) -> None:
    assert right in close_names(wrong)


def test_nothing_is_suggested_for_nonsense() -> None:
    assert close_names("qqqqqqqq") == ()
