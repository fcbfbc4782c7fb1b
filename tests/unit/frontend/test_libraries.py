"""The list of JavaScript libraries that apps loaded at run time may import."""

import contextlib
import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
import reflex as rx
from reflex.compiler.utils import compile_imports
from reflex_base.components.component import Component
from reflex_base.utils.format import format_library_name
from reflex_base.utils.imports import merge_imports
from reflex_components_code.code import Theme
from reflex_components_lucide.icon import LUCIDE_ICON_LIST

from app.frontend.libraries import COMPONENT_PACKAGES, is_available, libraries, packages

DYNAMIC_IMPORT = re.compile(r"""import\(['"]([^'"]+)['"]\)""")

# Code that Reflex's compiler writes for each page, not a library.
WRITTEN_BY_THE_COMPILER = ("$/utils/components", "$/app_components")


def component_classes() -> Iterator[type[Component]]:
    """Every component class of the installed Reflex packages, none of an app."""
    for found in pkgutil.iter_modules():
        if found.name.startswith(COMPONENT_PACKAGES):
            package = importlib.import_module(found.name)
            for module in pkgutil.walk_packages(package.__path__, f"{found.name}."):
                importlib.import_module(module.name)
    pending, seen = [Component], set[type[Component]]()
    while pending:
        for cls in set(pending.pop().__subclasses__()) - seen:
            seen.add(cls)
            pending.append(cls)
            if cls.__module__.startswith(("reflex.", "reflex_")):
                yield cls


def imports_of(component: Component) -> set[str]:
    merged = merge_imports(component._get_all_imports())
    static = {module["lib"] for module in compile_imports(merged)}
    loaded = "\n".join(component._get_all_dynamic_imports())
    return {
        name
        for name in static | set(DYNAMIC_IMPORT.findall(loaded))
        if not name.startswith(WRITTEN_BY_THE_COMPILER)
    }


def missing(component: Component) -> set[str]:
    return {name for name in imports_of(component) if not is_available(name)}


def creatable() -> list[Component]:
    """One of each class that can be made without arguments; the others are tested by name."""
    found = []
    for cls in component_classes():
        with contextlib.suppress(Exception):
            component = cls.create()
            imports_of(component)
            found.append(component)
    return found


def test_every_component_of_the_installed_packages_finds_its_imports() -> None:
    components = creatable()
    assert len(components) > 300
    assert {type(c).__name__: missing(c) for c in components if missing(c)} == {}


def test_the_library_of_every_component_class_is_available() -> None:
    named = {cls.library for cls in component_classes() if isinstance(cls.library, str)}
    specifiers = merge_imports({format_library_name(name): [] for name in named})
    unavailable = {name for name in specifiers if not is_available(name)}
    # Icons are imported one by one, memo components (also those that other tests made) are part of
    # a page.
    in_pages = ("$/utils/components", "$/app_components/")
    assert {name for name in unavailable if not name.startswith(in_pages)} == {"lucide-react"}


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: rx.icon(rx.Var("name").to(str)), id="icon named by a var"),
        pytest.param(lambda: rx.markdown("$x$ `a`\n```python\n1\n```\n<b>x</b>"), id="markdown"),
        pytest.param(lambda: rx.code_block("x = 1", language="python"), id="code block"),
        pytest.param(
            lambda: rx._x.code_block("x", can_copy=True, use_transformers=True), id="shiki"
        ),
        pytest.param(
            lambda: rx.moment("2026-01-01", locale="de", tz="Europe/Berlin", duration="x"),
            id="moment with locale, zone and duration",
        ),
        pytest.param(lambda: rx.moment("x", locale=rx.Var("l").to(str)), id="moment, any locale"),
        pytest.param(lambda: rx.plotly(locale="de"), id="plotly with a locale"),
        pytest.param(lambda: rx.plotly.basic(), id="plotly basic"),
        pytest.param(lambda: rx.data_editor(columns=[], data=[]), id="data editor"),
        pytest.param(lambda: rx.data_table(data=[[1]], columns=["a"]), id="data table"),
        pytest.param(lambda: rx.recharts.line_chart(rx.recharts.line(data_key="a")), id="chart"),
        pytest.param(lambda: rx.upload(rx.text("x"), id="u"), id="upload"),
        pytest.param(lambda: rx.drawer.root(rx.drawer.trigger(rx.button("x"))), id="drawer"),
        pytest.param(
            lambda: rx.input(value=rx.State.router.url.to(str), on_change=rx.noop()),
            id="controlled input",
        ),
        pytest.param(lambda: rx.clipboard(on_paste=rx.noop()), id="clipboard"),
        pytest.param(lambda: rx.video(src="x.mp4"), id="video"),
    ],
)
def test_a_component_with_options_finds_its_imports(build) -> None:
    assert missing(build()) == set()


def test_every_lucide_icon_is_available() -> None:
    absent = {name for name in LUCIDE_ICON_LIST if missing(rx.icon(name))}
    assert len(LUCIDE_ICON_LIST) > 1500
    assert absent == set()


def test_every_theme_of_the_code_block_is_available() -> None:
    themes = [value for value in vars(Theme).values() if isinstance(value, rx.Var)]
    names = {name for theme in themes for name, _ in theme._get_all_var_data().imports}
    assert len(names) > 40
    assert {name for name in names if not is_available(name)} == set()


@pytest.mark.parametrize(
    "name", ["left-pad", "", "recharts@3.10.1", "lucide-react/dist/esm/icons/no.mjs"]
)
def test_other_names_are_not_available(name: str) -> None:
    assert not is_available(name)


def test_a_package_of_the_team_is_part_of_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    config = rx.config.get_config()
    monkeypatch.setattr(config, "frontend_packages", ["@acme/charts@2.1.0"])
    assert is_available("@acme/charts")
    assert "@acme/charts@2.1.0" in packages()
    assert ("@acme/charts", "@acme/charts@2.1.0") in {
        (library.specifier, library.package) for library in libraries()
    }


def test_packages_are_pinned_and_each_is_named_once() -> None:
    names = [package.rpartition("@")[0] for package in packages()]
    assert all(names)
    assert len(names) == len(set(names))
