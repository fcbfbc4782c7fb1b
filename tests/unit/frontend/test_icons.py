"""Lucide's icons in files of many."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from app.frontend import icons
from app.frontend.libraries import LUCIDE_ICONS, Library

ICON = """import createLucideIcon from '../createLucideIcon.mjs';

const __iconNode = [
  ["path", {{ d: "{name}", key: "a" }}],
  ["path", {{ d: "M3 10", key: "b" }}]
];
const Icon = createLucideIcon({name}, __iconNode);
"""
NAMES = [f"icon-{number:03}" for number in range(icons.SMALL * icons.LARGE + 1)]

Lucide = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def lucide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lucide:
    """Installs a Lucide with some icons; `others` are more names of them."""

    def install(others: Mapping[str, str]) -> Path:
        found = [*NAMES, *others]
        wanted = tuple(Library(f"{LUCIDE_ICONS}{name}.mjs", "") for name in found)
        monkeypatch.setattr(icons, "libraries", lambda: wanted)
        folder = tmp_path / "node_modules/lucide-react/dist/esm"
        (folder / "icons").mkdir(parents=True)
        for name in NAMES:
            text = ICON.format(name=json.dumps(name)).replace(f'"{json.dumps(name)}"', '"M1 1"')
            (folder / "icons" / f"{name}.mjs").write_text(text)
        for name, same in others.items():
            text = f"export {{ default }} from './{same}.mjs';\n"
            (folder / "icons" / f"{name}.mjs").write_text(text)
        files = {**{name: name for name in NAMES}, **others}
        lines = [
            f"""  "{name}": () => import('./icons/{file}.mjs'),""" for name, file in files.items()
        ]
        (folder / "dynamicIconImports.mjs").write_text("\n".join(["const all = {", *lines, "};"]))
        return tmp_path

    return install


def names_in(source: str) -> list[str]:
    return re.findall(r'^  "([^"]+)": icon\(', source, re.MULTILINE)


def test_every_icon_is_in_a_small_file_and_in_a_large_one(lucide: Lucide) -> None:
    files = icons.generate_icons(lucide({}))
    small = [names_in(text) for name, text in files.items() if name.startswith("icons-")]
    large = [names_in(text) for name, text in files.items() if name.startswith("many-icons-")]
    assert [name for part in small for name in part] == NAMES
    assert [name for part in large for name in part] == NAMES
    assert max(map(len, small)) == icons.SMALL
    # The small files of one large file are found by their numbers.
    assert large[0] == [name for part in small[: icons.LARGE] for name in part]


def test_the_index_names_the_first_icon_of_each_small_file(lucide: Lucide) -> None:
    files = icons.generate_icons(lucide({}))
    firsts = json.loads(files["icons.js"].partition("firsts = ")[2].partition(";")[0])
    assert firsts == NAMES[:: icons.SMALL]
    for name in files:
        if "-0" in name:
            assert f'import("./{name}")' in files["icons.js"]


def test_an_icon_of_another_name_is_the_same_icon(lucide: Lucide) -> None:
    files = icons.generate_icons(lucide({"older-name": "icon-007"}))
    [line] = [
        line
        for text in files.values()
        for line in text.split("\n  ")
        if '"older-name": icon' in line
    ][:1]
    assert line.startswith('"older-name": icon("icon-007", [')
    assert json.loads(files["icon-aliases.js"].partition("= ")[2].rstrip(";\n")) == {
        "older-name": "icon-007"
    }


def test_a_lucide_that_writes_icons_in_another_way_is_refused(lucide: Lucide) -> None:
    web = lucide({})
    folder = web / "node_modules/lucide-react/dist/esm"
    (folder / "icons/icon-003.mjs").write_text("export default anything;")
    with pytest.raises(RuntimeError, match="icon-003"):
        icons.generate_icons(web)
    (folder / "dynamicIconImports.mjs").write_text("export default {};")
    with pytest.raises(RuntimeError, match="lists its icons"):
        icons.generate_icons(web)
