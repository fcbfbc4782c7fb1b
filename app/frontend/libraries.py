"""The JavaScript libraries that an app loaded at run time may import from the front end.

The list is read off the sources of the installed Reflex component packages, so that it follows
their versions: every versioned package they name, and the helper modules of Reflex's own front
end. A short table adds what is put together at run time only (sub-paths, style sheets).
"""

import functools
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reflex_base.config import get_config
from reflex_base.constants import PackageJson, Templates
from reflex_base.utils.format import format_library_name, to_kebab_case

from app.frontend.locales import MOMENT_LOCALES

COMPONENT_PACKAGES = "reflex_components_"

LUCIDE_ICONS = "lucide-react/dist/esm/icons/"
MOMENT_LOCALE = "moment/locale/"
PRISM_STYLES = "react-syntax-highlighter/dist/esm/styles/prism/"

FAMILIES: dict[str, str] = {MOMENT_LOCALE: "locales", PRISM_STYLES: "prism"}
"""Prefix of many small modules -> the table that lists them, fetched when one of them is needed.
Icons are too many even for that (`icons.py`).
"""

EAGER: tuple[str, ...] = (
    "react",
    "@emotion/react",
    "react-router",
    "@radix-ui/themes",
    "sonner",
    "$/env.json",
    "$/utils/context",
    "$/utils/context-registry",
    "$/utils/state",
    "$/utils/theme",
)
"""What the first load of any Reflex front end contains: making it available costs nothing."""

OF_THE_HOST: tuple[str, ...] = ("$/graft/in_pages.js",)
"""Modules of Graft's own that pages of apps import; app/browser/modules has them at hand."""

PARTS: dict[str, tuple[str, ...]] = {
    "react-router": (
        "Link",
        "Links",
        "Meta",
        "NavLink",
        "Navigate",
        "Outlet",
        "Scripts",
        "ScrollRestoration",
        "createSearchParams",
        "generatePath",
        "matchPath",
        "useBlocker",
        "useHref",
        "useLocation",
        "useMatch",
        "useNavigate",
        "useNavigation",
        "useNavigationType",
        "useParams",
        "useResolvedPath",
        "useSearchParams",
    ),
    "react-syntax-highlighter": ("PrismAsyncLight", "PrismAsync", "LightAsync", "createElement"),
}
"""Exports that apps get of a library whose whole is large, and mostly of no use to a page."""

OURS: dict[str, str] = {
    "@radix-ui/themes": "modules/own_themes.js",
    "lucide-react/dynamic.mjs": "modules/dynamic_icon.js",
    "react-router": "modules/own_router.js",
}
"""Libraries of which apps get what a file in app/browser exports in their place."""

_ADDITIONS: tuple[str, ...] = (
    "@glideapps/glide-data-grid/dist/index.css",
    "lucide-react/dynamic.mjs",
    "mergician",
    "moment/min/locales",
    "react-dom",
    "react-plotly.js/factory",
)
"""Imports that Reflex assembles while it compiles: no class and no source names them whole."""

_NOT_IMPORTED: frozenset[str] = frozenset(
    {
        "$/utils/components",  # written by the compiler
        "@radix-ui/themes/styles.css",  # part of the global style sheet
        "gridjs",  # the next three are only installed, for another library
        "lodash",
        "plotly.js",
        "lucide-react",  # every icon is imported from its own module
    }
)
"""Named by Reflex as libraries, never imported by a page as such."""

_VERSIONED = re.compile(r"""["']((?:@[\w.-]+/)?[a-z][\w.-]*@v?\d[\w.+-]*)["']""", re.IGNORECASE)
_STYLE_SHEET = re.compile(r"""["']((?:@?[\w-][\w.-]*)/[\w@./-]+\.css)["']""")
_FRONT_END_MODULE = re.compile(r"""["'](\$/utils/[\w./-]+)["']""")


@dataclass(frozen=True, order=True)
class Library:
    """One importable module.

    Attributes:
        specifier: as `reflex.compiler.utils.compile_imports` writes it, without version, e.g.
            "recharts".
        package: what the package manager installs for it, e.g. "recharts@3.10.1"; "" for
            Reflex's own modules.
    """

    specifier: str
    package: str


@functools.cache
def _built_in() -> tuple[Library, ...]:
    versions = _versions()
    specifiers = {*EAGER, *_ADDITIONS, *versions, *_front_end_modules()}
    specifiers |= {sheet for text in _sources() for sheet in _STYLE_SHEET.findall(text)}
    specifiers |= {icon.specifier for icon in _icons(versions)}
    specifiers |= {MOMENT_LOCALE + name for name in MOMENT_LOCALES}
    specifiers |= set(_prism_styles())
    return tuple(
        sorted(Library(name, _package(name, versions)) for name in specifiers - _NOT_IMPORTED)
    )


def libraries() -> tuple[Library, ...]:
    """Everything an app loaded at run time may import, sorted by specifier.

    Packages listed as `frontend_packages` in rxconfig.py are part of it.
    """
    added = (Library(format_library_name(name), name) for name in get_config().frontend_packages)
    return tuple(sorted({*_built_in(), *added}))


def packages() -> tuple[str, ...]:
    """What to install for `libraries()`, as "name@version", less what Reflex always installs."""
    always = {*PackageJson.DEPENDENCIES, *PackageJson.DEV_DEPENDENCIES}
    named = {f"{name}@{version}" for name, version in _versions().items() if name not in always}
    # A package without a version (katex) comes with the library that depends on it, in the
    # version that fits it.
    return tuple(sorted(named | set(get_config().frontend_packages)))


def is_available(specifier: str) -> bool:
    """Whether an app may import `specifier` (without version) from the front end."""
    return (
        specifier in OF_THE_HOST
        or specifier in _specifiers()
        or specifier in {format_library_name(name) for name in get_config().frontend_packages}
    )


@functools.cache
def _specifiers() -> frozenset[str]:
    return frozenset(library.specifier for library in _built_in())


def _component_roots() -> list[Path]:
    return [
        Path(module.module_finder.path, module.name)  # type: ignore[union-attr]
        for module in pkgutil.iter_modules()
        if module.name.startswith(COMPONENT_PACKAGES)
    ]


@functools.cache
def _sources() -> tuple[str, ...]:
    base = Path(Templates.Dirs.BASE).parent
    folders: Iterable[Path] = (*_component_roots(), base / "vars", base / "components")
    return tuple(path.read_text("utf-8") for folder in folders for path in folder.rglob("*.py"))


def _versions() -> dict[str, str]:
    named = (found for text in _sources() for found in _VERSIONED.findall(text))
    return {format_library_name(name): name.rpartition("@")[2] for name in named}


def _front_end_modules() -> set[str]:
    web = Path(Templates.Dirs.WEB_TEMPLATE)
    files = [*(web / "utils").rglob("*.js"), *(web / "components").rglob("*.js")]
    stems = {f"$/{path.relative_to(web).with_suffix('').as_posix()}" for path in files}
    # Some of Reflex's components write the file's extension, others do not.
    return stems | {name for text in _sources() for name in _FRONT_END_MODULE.findall(text)}


def _icons(versions: dict[str, str]) -> Iterator[Library]:
    lucide = importlib.import_module("reflex_components_lucide.icon")
    for name in lucide.LUCIDE_ICON_LIST:
        file = lucide.LUCIDE_ICON_FILENAME_OVERRIDE.get(name, to_kebab_case(name))
        specifier = f"{LUCIDE_ICONS}{file}.mjs"
        yield Library(specifier, _package(specifier, versions))


def _prism_styles() -> Iterator[str]:
    theme = importlib.import_module("reflex_components_code.code").Theme
    for value in vars(theme).values():
        data = value._get_all_var_data() if hasattr(value, "_get_all_var_data") else None
        if data is not None:
            yield from (library for library, _ in data.imports)


def _package(specifier: str, versions: dict[str, str]) -> str:
    """The package a specifier lies in, with the version that Reflex names."""
    if specifier.startswith("$"):
        return ""
    parts = specifier.split("/")
    name = "/".join(parts[: 2 if specifier.startswith("@") else 1])
    version = versions.get(name) or PackageJson.DEPENDENCIES.get(name, "")
    return f"{name}@{version}" if version else name
