"""Loading a version: everything that is wrong with it is told, and nothing is left behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reflex_base.components.memo import MEMOS

from app.cell.loading.assets import asset_base_of
from app.cell.loading.version import StaticVersion
from app.source.problems import AppError
from tests.unit.apps.helpers import APPS, COUNTER, KITCHEN
from tests.unit.apps.loading import ENTRY, Workshop, workshop

ENTRY_MODULE = "client_apps.acme.made.entry"
ROOT = Path(__file__).parents[4]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as running:
        yield running


def copied(tmp_path: Path, app_id: str) -> Path:
    return Path(shutil.copytree(APPS / app_id, tmp_path / "client_apps" / app_id))


def client_modules() -> dict[str, int]:
    return {n: id(module) for n, module in sys.modules.items() if n.startswith("client_apps")}


def refused(made: Workshop, text: str) -> Any:
    with pytest.raises(AppError) as caught:
        made.load(text)
    return caught.value.problems


# One source, one digest

DIGEST = """
import json, sys, tempfile
from pathlib import Path
from tests.unit.apps.loading import workshop
folder, *others = map(Path, sys.argv[1:])
with workshop(Path(tempfile.mkdtemp())) as made:
    for other in others:
        made.load_folder(other)
    version = made.load_folder(folder)
print(json.dumps([version.source.digest, version.module.digest, sorted(version.tree.classes)]))
"""


def digest_elsewhere(seed: str, folder: Path, *others: Path) -> Any:
    """Compile an app in another process, after some other apps."""
    run = subprocess.run(
        [sys.executable, "-c", DIGEST, str(folder), *map(str, others)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def test_the_same_source_gives_the_same_digest_on_every_machine(
    made: Workshop, tmp_path: Path
) -> None:
    """Another seed of hashes, another folder, other apps compiled before: the same text."""
    folder = copied(tmp_path / "a checkout", KITCHEN)
    other = copied(tmp_path / "a checkout", COUNTER)
    here = made.load_folder(folder)
    there = digest_elsewhere("1", APPS / KITCHEN)
    again = digest_elsewhere("2", folder, other, folder)
    assert there == again
    assert there == [here.source.digest, here.module.digest, sorted(here.tree.classes)]


def test_another_text_gives_another_digest(made: Workshop) -> None:
    one = made.states("X = 1\n", extra="    style = {rx.text: {'color': 'red'}}")
    two = made.states("X = 2\n", extra="    style = {rx.text: {'color': 'red'}}")
    assert one.source.digest != two.source.digest
    assert one.module.digest == two.module.digest


# What is wrong


def test_an_error_while_importing_names_file_line_and_remedy(made: Workshop) -> None:
    (problem,) = refused(made, ENTRY.format(body="1 / 0", version="1", extra=""))
    assert (problem.stage, problem.file, problem.line) == ("load", "entry.py", 5)
    assert problem.message == "ZeroDivisionError: division by zero"
    assert problem.remedy


def test_an_error_while_building_a_page_is_one_of_compiling(made: Workshop) -> None:
    text = ENTRY.format(body="", version="1", extra="").replace("rx.fragment()", "rx.text(1 / 0)")
    (problem,) = refused(made, text)
    assert problem.stage == "compile"
    assert "page '/'" in problem.detail


def test_exiting_while_importing_does_not_end_the_server(made: Workshop) -> None:
    (problem,) = refused(made, ENTRY.format(body="raise SystemExit(1)", version="1", extra=""))
    assert problem.message.startswith("SystemExit")


def test_an_entry_without_an_app_says_what_to_write(made: Workshop) -> None:
    problems = refused(made, "import reflex as rx\n")
    assert any("AppEntry" in problem.message for problem in problems)


def test_a_theme_is_around_each_page_and_says_how_the_app_begins(made: Workshop) -> None:
    plain = made.load(ENTRY.format(body="", version="1", extra=""))
    theme = '    theme = rx.theme(accent_color="teal", appearance="dark")'
    themed = made.load(ENTRY.format(body="", version="1", extra=theme))
    assert (plain.appearance, themed.appearance) == (None, "dark")
    assert 'accentColor:"teal"' in themed.module.code
    assert "accentColor" not in plain.module.code


def test_a_style_of_the_whole_page_is_around_each(made: Workshop) -> None:
    style = '    style = {"font_family": "monospace", ".big": {"color": "red"}, "::selection": {}}'
    code = made.load(ENTRY.format(body="", version="1", extra=style)).module.code
    assert '["fontFamily"] : "monospace"' in code
    assert '[".big"] : ({ ["color"] : "red" })' in code
    assert '["*::selection"]' in code
    assert '"calc(100vh - 37px)"' in code


def test_a_picture_at_the_top_of_the_site_is_one_of_the_assets(
    made: Workshop, tmp_path: Path
) -> None:
    folder = copied(tmp_path, COUNTER)
    (folder / "assets").mkdir()
    (folder / "assets" / "dot.png").write_bytes(b"dot")
    entry = folder / "entry.py"
    pictures = (
        'rx.cond(True, rx.image(src="/dot.png?a#b")), rx.video(src="/no.mp4"), '
        'rx.image(src="//x/dot.png")'
    )
    entry.write_text(entry.read_text().replace("rx.vstack(", f"rx.vstack({pictures}, ", 1))
    version = made.load_folder(folder)
    assert f'src:"{version.asset_base}/dot.png?a#b"' in version.module.code
    assert "/no.mp4" in version.module.code
    assert '"//x/dot.png"' in version.module.code


def test_a_theme_that_is_none_says_what_to_write(made: Workshop) -> None:
    text = ENTRY.format(body="", version="1", extra='    theme = "dark"')
    [problem] = refused(made, text)
    assert "theme is of type str: write rx.theme(" in problem.message


def test_a_library_that_is_not_in_the_build_is_named_with_its_user(made: Workshop) -> None:
    made.libraries = lambda library: library != "some-chart"
    body = "class Chart(rx.Component):\n    library = 'some-chart'\n    tag = 'Chart'\n"
    text = ENTRY.format(body=body, version="1", extra="").replace("rx.fragment()", "Chart.create()")
    (problem,) = refused(made, text)
    assert "some-chart" in problem.message
    assert "Chart in page '/'" in problem.message
    assert "some-chart" in problem.remedy


def test_a_version_that_cannot_be_loaded_leaves_nothing_behind(made: Workshop) -> None:
    good = made.states("class S(rx.State):\n    a: int = 1\n")
    good.package.make_newest()
    modules = client_modules()
    memos, core = dict(MEMOS), set(made.core.base_states)
    body = "class S(rx.State):\n    b: int = 1\n"
    body += "@rx.memo\ndef m() -> rx.Component:\n    return rx.text('')\n1 / 0\n"
    refused(made, ENTRY.format(body=body, version="1", extra=""))
    assert client_modules() == modules
    assert sys.modules[ENTRY_MODULE] is good.package.modules[ENTRY_MODULE]
    assert (dict(MEMOS), set(made.core.base_states)) == (memos, core)
    assert not [f for f in sys.meta_path if type(f).__module__ == "app.cell.loading.importer"]


# What a version is


def test_a_version_knows_its_pages_events_and_number(made: Workshop) -> None:
    version = made.load_folder(APPS / COUNTER)
    assert (version.info.id, version.info.url, version.info.number) == (COUNTER, "acme-counter", 1)
    assert version.pages["/"].title == "Acme / Counter"
    assert version.pages["/projects/[project_id]"].title == "Project"
    (on_load,) = version.pages["/projects/[project_id]"].on_load
    assert on_load.fn.__name__ == "loaded"
    assert made.load_folder(APPS / COUNTER).info.number == 2
    assert not version.has_storage
    assert made.load_folder(APPS / KITCHEN).has_storage


def test_the_address_of_assets_changes_with_their_bytes_only(
    made: Workshop, tmp_path: Path
) -> None:
    folder = copied(tmp_path, "globex/board")
    one = made.load_folder(folder)
    entry = folder / "entry.py"
    entry.write_text(entry.read_text() + "\n# more\n")
    two = made.load_folder(folder)
    assert one.asset_base == two.asset_base == asset_base_of(two.source)
    (folder / "assets" / "style.css").write_text("p{color:red}")
    assert made.load_folder(folder).asset_base != one.asset_base
    assert one.stylesheets == (f"{one.asset_base}/style.css",)


def test_a_static_app_has_a_folder_and_no_states(made: Workshop, tmp_path: Path) -> None:
    folder = tmp_path / "client_apps/acme/viewer"
    (folder / "dist").mkdir(parents=True)
    (folder / "dist/index.html").write_text("<html></html>")
    (folder / "entry.py").write_text(
        "from app.sdk import StaticApp\nclass AppEntry(StaticApp):\n    name = 'Viewer'\n"
    )
    version: Any = made.load_folder(folder)
    assert isinstance(version, StaticVersion)
    assert version.root == folder / "dist"
