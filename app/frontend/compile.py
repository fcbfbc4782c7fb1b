"""`python -m app.frontend.compile`: writes the core's pages as JavaScript into `.web`.

Runs in a process of its own, because compiling leaves Reflex's registries full. Installs the npm
packages too.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from reflex.utils import frontend_skeleton, prerequisites
from reflex_base import constants
from reflex_base.config import get_config
from reflex_base.constants import Bun, Node, Templates

from app.frontend.icons import generate_icons
from app.frontend.libraries import packages
from app.frontend.registry import generate_registry
from app.source.own_pages import GIVEN_TO_APPS, OF_THE_CORE

GENERATED = "graft"
"""Folder in `.web` that JavaScript imports from as `$/graft/…`."""

# Addresses come from where the page was loaded, so that one build serves every host and port.
# Reflex itself would write those of its configuration into the bundle. Prerendering has no
# window; nothing connects there.
_ADDRESSES = """
const origin = typeof window === "undefined" ? "http://localhost" : window.location.origin;
export default {
  PING: `${origin}/ping`,
  EVENT: `${origin.replace(/^http/, "ws")}/_event`,
  UPLOAD: `${origin}/_upload`,
  AUTH_CODESPACE: `${origin}/auth-codespace`,
  HEALTH: `${origin}/_health`,
  ALL_ROUTES: `${origin}/_all_routes`,
  TRANSPORT: "websocket",
  TEST_MODE: false,
};
"""

_ALIASES = "    alias: [\n"
_ADDRESSES_ALIAS = (
    '      { find: "$/env.json", '
    f'replacement: fileURLToPath(new URL("./{GENERATED}/env.js", import.meta.url)) }},\n'
)

_ENTRY = "node_modules/@react-router/dev/dist/config/defaults/entry.server.node.jsx"
_READY_EARLY = ': "onShellReady"'
_READY_LATE = ': "onAllReady"'

_OF_THE_CORE = "".join(
    f"export const {name} = new RegExp({json.dumps(expression)});\n"
    for name, expression in (("GIVEN_TO_APPS", GIVEN_TO_APPS), ("OF_THE_CORE", OF_THE_CORE))
)

_REDIRECT = '  if (event.name == "_redirect") {\n'
_OWN_ADDRESSES = "  event = withOwnAddresses(event);\n"
_IMPORTS_ADDRESSES = f'import {{ withOwnAddresses }} from "$/{GENERATED}/modules/own_pages.js";\n'

_FIRST_RENDER = "  const firstRender = useRef(true);\n"
_SAVED_MODE = 'localStorage.getItem("theme") || defaultTheme'
_SAVES_MODE = 'localStorage.setItem("theme", theme);'
_OWN_MODE = "modeOr(defaultTheme)"
_FOLLOWS_MODE = f"  useEffect(() => followAppearance(() => setColorMode({_OWN_MODE})), []);\n"
_IMPORTS_MODE = (
    f'import {{ followAppearance, keepMode, modeOr }} from "$/{GENERATED}/screen/appearance.js";\n'
)

_HEAD_SCRIPT = 'jsx("script",{},'
_TOLERANT_HEAD_SCRIPT = 'jsx("script",{suppressHydrationWarning:true},'


def prepare(web: Path) -> None:
    """Fill an empty or older build folder with Reflex's template files and the pinned packages."""
    shutil.copytree(Templates.Dirs.WEB_TEMPLATE, web, dirs_exist_ok=True)
    frontend_skeleton.sync_root_lockfiles_to_web()
    frontend_skeleton.initialize_package_json()  # type: ignore[no-untyped-call]
    (web / constants.Dirs.PUBLIC).mkdir(exist_ok=True)
    frontend_skeleton.update_react_router_config(prerender_routes=True)
    frontend_skeleton.initialize_vite_config()  # type: ignore[no-untyped-call]
    # Reflex would measure registries and pick one; the machine's own npm settings are to decide.
    for name in (Bun.CONFIG_PATH, Node.CONFIG_PATH):
        (web / name).unlink(missing_ok=True)
    # Reflex also notes a random id and the time here, and all of it would end up in the bundle.
    note = {"version": constants.Reflex.VERSION, "project_hash": 0}
    (web / constants.Reflex.JSON).write_text(json.dumps(note), "utf-8")


def write_generated(web: Path, sources: Iterable[Path], registry: Mapping[str, str]) -> None:
    """Put the registry, the addresses and our own JavaScript where the bundler finds them.

    Args:
        web: the build folder.
        sources: folders with `*.js` and `*.css` of our own; no two have the same path.
        registry: file name -> JavaScript, from `generate_registry` and `generate_icons`.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    target = web / GENERATED
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for folder in sources:
        if not folder.is_dir():
            raise FileNotFoundError(folder)
        for source in folder.rglob("*"):
            if source.suffix in (".js", ".css"):
                path = target / source.relative_to(folder)
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, path)
    for name, text in {**registry, "env.js": _ADDRESSES, "of_the_core.js": _OF_THE_CORE}.items():
        (target / name).write_text(text, "utf-8")


def use_generated_addresses(vite_config: Path) -> None:
    """Let the bundler take `$/env.json` from the generated module.

    Raises:
        RuntimeError: Reflex's Vite configuration does not look as expected.
    """
    text = vite_config.read_text("utf-8")
    if text.count(_ALIASES) != 1:
        raise RuntimeError(f"{vite_config.name} of this Reflex version has no list of aliases")
    vite_config.write_text(text.replace(_ALIASES, _ALIASES + _ADDRESSES_ALIAS), "utf-8")


def allow_moved_scripts(document: Path) -> None:
    """Let React accept scripts in the page's head whose text `csp.externalise` will have moved.

    React compares the text of elements when it takes over a prerendered page, and would draw the
    whole page again.

    Raises:
        RuntimeError: Reflex's document does not look as expected.
    """
    text = document.read_text("utf-8")
    if _HEAD_SCRIPT not in text:
        raise RuntimeError(f"{document.name} of this Reflex version has no script to move")
    document.write_text(text.replace(_HEAD_SCRIPT, _TOLERANT_HEAD_SCRIPT), "utf-8")


def use_own_addresses(state: Path) -> None:
    """Let redirects that a page makes without the server lead to the pages of its app, and cookies
    be removed where the app has them.

    Raises:
        RuntimeError: Reflex's events of the browser do not look as expected.
    """
    text = state.read_text("utf-8")
    if text.count(_REDIRECT) != 1:
        raise RuntimeError(f"{state.name} of this Reflex version has no redirect")
    changed = text.replace(_REDIRECT, _OWN_ADDRESSES + _REDIRECT)
    state.write_text(_IMPORTS_ADDRESSES + changed, "utf-8")


def use_own_appearance(themes: Path) -> None:
    """Let an app whose theme says so begin light or dark, and what people choose there be kept
    apart.

    Raises:
        RuntimeError: Reflex's provider of light and dark does not look as expected.
    """
    text = themes.read_text("utf-8")
    for expected in (_FIRST_RENDER, _SAVED_MODE, _SAVES_MODE):
        if text.count(expected) != 1:
            raise RuntimeError(f"{themes.name} of this Reflex version does not keep the mode")
    changed = text.replace(_FIRST_RENDER, _FIRST_RENDER + _FOLLOWS_MODE)
    changed = changed.replace(_SAVED_MODE, _OWN_MODE).replace(_SAVES_MODE, "keepMode(theme);")
    themes.write_text(_IMPORTS_MODE + changed, "utf-8")


def render_whole_pages(web: Path) -> None:
    """Let prerendering wait for the parts of a page that are loaded late.

    Else what is in the HTML depends on what came first, and no two builds are alike.

    Raises:
        RuntimeError: React Router's way to render does not look as expected.
    """
    text = (web / _ENTRY).read_text("utf-8")
    if text.count(_READY_EARLY) != 1:
        raise RuntimeError(f"{_ENTRY} of this React Router does not choose when a page is ready")
    entry = web / constants.Dirs.PAGES / "entry.server.jsx"
    entry.write_text(text.replace(_READY_EARLY, _READY_LATE), "utf-8")


def main() -> None:
    """Compile; the current folder is the checkout."""
    web = prerequisites.get_web_dir().absolute()
    prepare(web)
    app, _ = prerequisites.get_and_validate_app()
    registry = generate_registry()
    # After the app exists, because making an app reads rxconfig.py again.
    get_config().frontend_packages = list(packages())
    app._compile(prerender_routes=True, use_rich=False)
    ours = Path(__file__).parents[1]
    # Lucide is there only now: compiling installs the packages.
    generated = {**registry, **generate_icons(web)}
    write_generated(web, (ours / "browser", ours / "web" / "admin"), generated)
    use_generated_addresses(web / constants.ReactRouter.VITE_CONFIG_FILE)
    allow_moved_scripts(web / constants.Dirs.PAGES / "_document.js")
    use_own_addresses(web / "utils" / "state.js")
    use_own_appearance(web / "utils" / "react-theme.js")
    render_whole_pages(web)


if __name__ == "__main__":
    main()
