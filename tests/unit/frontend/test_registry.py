"""The JavaScript that hands libraries to apps."""

import json
import re
from pathlib import Path

from app import browser
from app.frontend.libraries import EAGER, FAMILIES, LUCIDE_ICONS, OURS, PARTS, libraries
from app.frontend.registry import REGISTRY, generate_registry

KEY = re.compile(r'^  ("[^"]+"): ', re.MULTILINE)
IMPORTED = re.compile(r"""import\(["']([^"']+)["']\)""")


def keys(source: str) -> list[str]:
    return [json.loads(key) for key in KEY.findall(source)]


def test_every_library_is_in_exactly_one_place() -> None:
    files = generate_registry()
    tables = [
        name for name in files if name.partition("-")[0].removesuffix(".js") in FAMILIES.values()
    ]
    found = keys(files[REGISTRY]) + [key for name in tables for key in keys(files[name])]
    specifiers = [library.specifier for library in libraries()]
    assert sorted(found) == [name for name in specifiers if not name.startswith(LUCIDE_ICONS)]


def test_first_load_libraries_are_not_fetched_again() -> None:
    source = generate_registry()[REGISTRY]
    eager, _, lazy = source.partition("export const lazy")
    assert keys(eager) == list(EAGER)
    assert set(keys(lazy)).isdisjoint(EAGER)


def test_tables_of_small_modules_are_fetched_by_prefix() -> None:
    files = generate_registry()
    families = files["families.js"]
    assert {name.removeprefix("./") for name in IMPORTED.findall(families)} <= set(files)
    for prefix, table in zip(keys(families), IMPORTED.findall(families), strict=True):
        assert all(key.startswith(prefix) for key in keys(files[table.removeprefix("./")]))


def test_the_launchers_share_knows_nothing_of_other_libraries() -> None:
    assert "libraries.js" not in generate_registry()["families.js"]
    assert "recharts" not in generate_registry()["families.js"]


def test_a_library_of_ours_is_loaded_in_place_of_another() -> None:
    text = generate_registry()[REGISTRY]
    for name, file in OURS.items():
        early = name in EAGER and f'import * as eager{EAGER.index(name)} from "./{file}"'
        assert (early or f'"{name}": () => import("./{file}")') in text
        assert (Path(browser.__file__).parent / file).is_file()


def test_a_library_in_part_is_loaded_from_the_file_that_names_its_exports() -> None:
    files = generate_registry()
    for name, exports in PARTS.items():
        part = files[f"part-{name}.js"]
        assert part.endswith(f'from "{name}";\n')
        assert all(export in part for export in exports)
        ours = Path(browser.__file__).parent / OURS.get(name, "-")
        assert f"./part-{name}.js" in (ours.read_text() if name in OURS else files[REGISTRY])


def test_the_same_libraries_give_the_same_text() -> None:
    assert generate_registry() == generate_registry()
