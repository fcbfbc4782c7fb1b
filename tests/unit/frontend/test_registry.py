"""The JavaScript that hands libraries to apps."""

import json
import re

from app.frontend.libraries import EAGER, FAMILIES, PARTS, libraries
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
    assert sorted(found) == [library.specifier for library in libraries()]


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


def test_no_table_of_icons_is_large() -> None:
    sizes = {
        name: len(source)
        for name, source in generate_registry().items()
        if name.startswith("icons")
    }
    assert len(sizes) > 20
    assert max(sizes.values()) < 32_000


def test_a_library_in_part_is_loaded_from_the_file_that_names_its_exports() -> None:
    files = generate_registry()
    for name, exports in PARTS.items():
        part = files[f"part-{name}.js"]
        assert part.endswith(f'from "{name}";\n')
        assert all(export in part for export in exports)
        assert f"./part-{name}.js" in files[REGISTRY]


def test_the_same_libraries_give_the_same_text() -> None:
    assert generate_registry() == generate_registry()
