"""Preparing Reflex's build folder, and what that assumes about Reflex."""

import json
from pathlib import Path

import pytest
from reflex.compiler import compiler
from reflex.utils import frontend_skeleton
from reflex_base.config import get_config
from reflex_base.constants import Endpoint, Templates

from app.frontend import compile as front_end


def test_reflex_writes_a_list_of_aliases_for_the_bundler(tmp_path: Path) -> None:
    config = tmp_path / "vite.config.js"
    config.write_text(frontend_skeleton._compile_vite_config(get_config()))
    front_end.use_generated_addresses(config)
    text = config.read_text()
    # An alias that comes first wins, and "$" alone would match "$/env.json" too.
    assert text.index('"$/env.json"') < text.index('find: "$"')


def test_reflex_puts_a_script_into_the_pages_head(tmp_path: Path) -> None:
    document = tmp_path / "_document.js"
    document.write_text(compiler.compile_document_root([])[1])
    front_end.allow_moved_scripts(document)
    assert 'jsx("script",{suppressHydrationWarning:true},"' in document.read_text()


def test_reflex_redirects_in_one_place(tmp_path: Path) -> None:
    state = tmp_path / "state.js"
    state.write_text((Path(Templates.Dirs.WEB_TEMPLATE) / "utils" / "state.js").read_text())
    front_end.use_own_addresses(state)
    text = state.read_text()
    assert text.startswith('import { withOwnAddresses } from "$/graft/modules/own_pages.js";\n')
    applied = text.index("event = withOwnAddresses(event)")
    assert applied < text.index('event.name == "_redirect"') < text.index("window.open(")
    assert applied < text.index('event.name == "_remove_cookie"')


def test_reflex_keeps_light_and_dark_in_one_place(tmp_path: Path) -> None:
    themes = tmp_path / "react-theme.js"
    themes.write_text((Path(Templates.Dirs.WEB_TEMPLATE) / "utils" / "react-theme.js").read_text())
    front_end.use_own_appearance(themes)
    text = themes.read_text()
    assert text.startswith("import { followAppearance, keepMode, modeOr } from ")
    assert text.count("modeOr(defaultTheme)") == 2
    assert "keepMode(theme);" in text


@pytest.mark.parametrize(
    "change",
    [
        front_end.use_own_appearance,
        front_end.use_generated_addresses,
        front_end.allow_moved_scripts,
        front_end.use_own_addresses,
    ],
)
def test_a_reflex_that_writes_something_else_is_refused(change, tmp_path: Path) -> None:
    file = tmp_path / "file.js"
    file.write_text("export default {}")
    with pytest.raises(RuntimeError, match="this Reflex version"):
        change(file)


def test_the_browser_is_told_every_endpoint_that_reflex_knows() -> None:
    for endpoint in Endpoint:
        assert f"{endpoint.name}: `${{origin" in front_end._ADDRESSES
        assert str(endpoint) in front_end._ADDRESSES


def test_reflex_reads_addresses_from_one_module_only() -> None:
    web = Path(Templates.Dirs.WEB_TEMPLATE)
    readers = [path for path in web.rglob("*.js") if "env.json" in path.read_text()]
    assert all('import env from "$/env.json"' in path.read_text() for path in readers)
    assert web / "utils" / "state.js" in readers


def test_our_own_javascript_and_the_registry_are_written_where_the_bundler_finds_them(
    tmp_path: Path,
) -> None:
    host = tmp_path / "host"
    host.mkdir()
    (host / "host.js").write_text("export const GraftHost = 1;")
    (host / "component.py").write_text("")
    (host / "screen").mkdir()
    (host / "screen" / "views.js").write_text("export {};")
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "chart.js").write_text("export const Chart = 1;")
    registry = {"libraries.js": "export {};"}
    front_end.write_generated(tmp_path / "web", [host, pages], registry)
    target = tmp_path / "web" / "graft"
    found = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    own = {"host.js", "screen/views.js", "chart.js"}
    assert found == own | {"libraries.js", "env.js", "of_the_core.js"}


def test_what_a_former_build_generated_is_gone(tmp_path: Path) -> None:
    old = tmp_path / "web" / "graft" / "old.js"
    old.parent.mkdir(parents=True)
    old.write_text("")
    front_end.write_generated(tmp_path / "web", [], {})
    assert not old.exists()


def test_a_folder_that_moved_is_missed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="moved"):
        front_end.write_generated(tmp_path / "web", [tmp_path / "moved"], {})


def test_nothing_of_one_machine_gets_into_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    front_end.prepare(tmp_path / ".web")
    note = json.loads((tmp_path / ".web" / "reflex.json").read_text())
    assert set(note) == {"version", "project_hash"}
    assert note["project_hash"] == 0
    assert not (tmp_path / ".web" / "bunfig.toml").exists()


def test_pages_are_written_when_all_of_them_is_there(tmp_path: Path) -> None:
    default = tmp_path / "node_modules/@react-router/dev/dist/config/defaults"
    default.mkdir(parents=True)
    (tmp_path / "app").mkdir()
    entry = default / "entry.server.node.jsx"
    entry.write_text('isSpaMode\n ? "onAllReady"\n : "onShellReady";')
    front_end.render_whole_pages(tmp_path)
    written = (tmp_path / "app" / "entry.server.jsx").read_text()
    assert "onShellReady" not in written
    entry.write_text("decides in another way")
    with pytest.raises(RuntimeError, match=r"entry\.server"):
        front_end.render_whole_pages(tmp_path)
