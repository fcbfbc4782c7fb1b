"""Pages compiled with Reflex's page compiler, as pieces of JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import reflex as rx
from reflex.app import UnevaluatedPage
from reflex.compiler import compiler, utils
from reflex.compiler.plugins import default_page_plugins
from reflex.compiler.plugins.builtin import DefaultPagePlugin
from reflex_base.compiler import templates
from reflex_base.components import memo
from reflex_base.components.memo import MEMOS
from reflex_base.plugins import CompilerHooks, PageContext
from reflex_base.utils import memo_paths

from app.bridge.compiling import pieces
from app.bridge.compiling.in_pages import title_of
from app.bridge.compiling.pages import compile_pages, take_memos
from app.bridge.compiling.pieces import CompiledPage
from app.bridge.states import registration
from app.testing.isolated import own_registry
from tests.unit.apps.loading import WRAPS, Workshop


def compiled(build: Callable[[], Any], **options: Any) -> CompiledPage:
    given: Mapping[str, Any] = {"style": {}, "built_in_wraps": WRAPS, "memos": ()} | options
    with own_registry():
        context = registration.fork(registration.core_registration())
        with registration.active(context):
            (page,) = compile_pages({"/": build}, **given)
    return page


def libraries(page: CompiledPage) -> set[str]:
    return {used.library for piece in (page.page, *page.components) for used in piece.imports}


def test_the_parts_of_the_compiler_that_are_used_are_there() -> None:
    for owner, name in [
        (compiler, "_apply_common_imports"),
        (compiler, "_MEMO_BASE_IMPORTS"),
        (compiler, "into_component"),
        (utils, "compile_imports"),
        (utils, "merge_imports"),
        (utils, "compile_experimental_component_memo"),
        (utils, "compile_experimental_function_memo"),
        (memo_paths, "library_and_symbol"),
        (memo, "DEFAULT_MEMO_WRAPPER"),
        (templates._RenderUtils, "render"),
        (templates, "_render_hooks"),
        (templates, "_render_memo_component"),
        (PageContext, "merged_imports"),
        (PageContext, "custom_code_dict"),
        (CompilerHooks, "eval_page"),
        (CompilerHooks, "compile_component"),
        (CompilerHooks, "compile_page"),
    ]:
        assert hasattr(owner, name), name
    assert {"component", "route"} <= set(UnevaluatedPage.__dataclass_fields__)


def test_the_default_plugins_have_the_one_that_is_replaced() -> None:
    plugins = default_page_plugins(style={}, plugins=())
    assert [type(plugin) for plugin in plugins].count(DefaultPagePlugin) == 1


def test_a_page_is_an_element_without_title_and_meta() -> None:
    page = compiled(lambda: rx.text("hello"))
    assert '"hello"' in page.page.code
    assert "title" not in page.page.code
    assert "<meta" not in page.page.code
    assert page.page.name == "Page"
    assert "@radix-ui/themes" in libraries(page)


def test_what_depends_on_state_is_a_component_of_its_own() -> None:
    page = compiled(lambda: rx.vstack(rx.text("still"), rx.text(rx.State.is_hydrated)))
    assert page.components
    assert all(piece.code.startswith("const " + piece.name) for piece in page.components)
    assert all("useStateContext(" in piece.code for piece in page.components)
    assert "useStateContext(" not in page.page.code + page.page.hooks


def test_no_import_leads_to_files_of_a_compiled_in_front_end() -> None:
    page = compiled(lambda: rx.vstack(rx.text(rx.State.is_hydrated), rx.button("x")))
    assert not [library for library in libraries(page) if pieces.LOCAL_LIBRARY.match(library)]


def test_imports_are_sorted_so_that_the_text_is_always_the_same() -> None:
    page = compiled(lambda: rx.vstack(rx.icon("check"), rx.markdown("a"), rx.badge("b")))
    for piece in (page.page, *page.components):
        names = [used.library for used in piece.imports]
        assert names == sorted(names)
        assert all(used.names == tuple(sorted(used.names)) for used in piece.imports)


def test_styles_of_the_app_reach_its_pages() -> None:
    page = compiled(lambda: rx.text("x"), style={rx.text: {"color": "teal"}})
    assert "teal" in page.page.code


def test_styles_of_the_app_reach_what_is_inside_a_foreach() -> None:
    class Rows(rx.State):
        rows: list[str] = []

    page = compiled(lambda: rx.foreach(Rows.rows, rx.text), style={rx.text: {"color": "teal"}})
    assert [piece for piece in page.components if "teal" in piece.code]


def test_reflexs_app_is_there_again_after_compiling() -> None:
    with own_registry():
        context = registration.fork(registration.core_registration())
        before = context._app
        with registration.active(context):
            compile_pages({"/": lambda: rx.text("x")}, style={}, built_in_wraps=WRAPS, memos=())
        assert context._app is before


def test_a_component_takes_from_libraries_only_what_its_own_code_names() -> None:
    def form(*below: rx.Component) -> Any:
        return compiled(lambda: rx.box(rx.input(), *below, on_click=rx.console_log("x")))

    (small, *_), (large, *_) = form().components, form(rx.icon("check"), rx.badge("b")).components
    assert small == large
    assert "Badge" not in str(small.imports)


def test_a_library_that_is_imported_for_its_effect_stays() -> None:
    class Styled(rx.Component):
        library = "styled"
        tag = "Styled"

        def add_imports(self) -> Any:
            return {"": "styled/style.css"}

    assert "styled/style.css" in libraries(compiled(Styled.create))


def test_pieces_that_are_known_are_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(word: str) -> Callable[[], Any]:
        return lambda: rx.box(rx.text(word), rx.text(rx.State.is_hydrated))

    known: dict[str, Any] = {}
    first = compiled(build("one"), known=known)
    assert set(known) == {piece.name for piece in first.components}
    monkeypatch.setattr(pieces, "_component", None)
    second = compiled(build("two"), known=known)
    assert second.components == first.components
    assert second.page != first.page


def test_pieces_that_are_not_needed_any_more_are_dropped() -> None:
    known: dict[str, Any] = {}
    compiled(lambda: rx.text(rx.State.is_hydrated), known=known)
    compiled(lambda: rx.text("still"), known=known)
    assert known == {}


def test_providers_that_the_front_end_lacks_are_put_around_the_page() -> None:
    def build() -> rx.Component:
        return rx.upload(rx.text("drop"), id="files")

    around = compiled(build)
    known = compiled(build, built_in_wraps=WRAPS | {(5, "UploadFilesProvider")})
    assert (
        'jsx(UploadFilesProvider,{key:"~UploadFilesProvider 1"},jsx(Fragment,' in around.page.code
    )
    assert "UploadFilesProvider" not in known.page.code


class Provider(rx.Component):
    tag = "Provider"


class Provided(rx.Component):
    tag = "Provided"
    _provider = Provider.create()

    @classmethod
    def _get_app_wrap_components(cls) -> dict[tuple[int, str], Any]:
        return {(7, "Provider"): cls._provider}


def test_one_provider_is_put_around_each_page_that_needs_it() -> None:
    for text in ("one", "other"):
        page = compiled(lambda text=text: rx.box(Provided.create(), text))  # type: ignore[misc]
        assert f'"{text}"' in page.page.code.partition("jsx(Provider,")[2]


def test_an_error_says_which_page_was_built() -> None:
    def build() -> rx.Component:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as caught:
        compiled(build)
    assert caught.value.__notes__ == ["while building page '/'"]


MEMOS_OF_AN_APP = """
@rx.memo
def badge(label: rx.Var[str]) -> rx.Component:
    return rx.badge(label)

@rx.memo
def double(value: rx.Var[int]) -> rx.Var[int]:
    return value * 2
"""


def test_memos_of_an_app_are_pieces_and_leave_reflexs_table(made: Workshop) -> None:
    before = dict(MEMOS)
    text = MEMOS_OF_AN_APP + "def page():\n    return badge(label='x')\n"
    version = made.states(text)
    again = made.states(text)
    assert before == MEMOS
    assert version.module.digest == again.module.digest
    assert "Badge" in version.module.code
    assert "double" in version.module.code


def test_memos_are_taken_by_package() -> None:
    def put(module: str) -> tuple[Any, ...]:
        key = ("name", module)
        MEMOS[key] = module  # type: ignore[index,assignment]
        return key

    mine = put("client_apps.acme.counter.entry")
    other = put("client_apps.acme.other.entry")
    assert take_memos("client_apps.acme.counter") == (mine[1],)
    assert other in MEMOS
    del MEMOS[other]  # type: ignore[arg-type]


def test_memos_of_a_package_whose_name_begins_alike_stay() -> None:
    key = ("name", "client_apps.acme.counter_two.entry")
    MEMOS[key] = "two"  # type: ignore[index,assignment]
    assert take_memos("client_apps.acme.counter") == ()
    del MEMOS[key]  # type: ignore[arg-type]


def test_what_an_older_compile_cached_does_not_reach_the_next() -> None:
    class Version(rx.State):
        pass

    one = compiled(lambda: rx.text("one", on_click=rx.console_log("1")))
    two = compiled(lambda: rx.text("one", on_click=rx.console_log("2")))
    assert one.components != two.components or one.page != two.page


@pytest.mark.parametrize(
    "build",
    [
        lambda: rx.cond(rx.State.is_hydrated, rx.text("a"), rx.text("b")),
        lambda: rx.match(
            rx.State.is_hydrated, (True, rx.text("a")), (False, rx.text("b")), rx.text("c")
        ),
    ],
    ids=["cond", "match"],
)
def test_branches_have_no_keys_of_their_own(build: Callable[[], Any]) -> None:
    page = compiled(lambda: rx.box(build()))
    (chooser,) = [c for c in page.components if c.name.startswith(("Cond_", "Match_"))]
    _, found, branches = page.page.code.partition(f"jsx({chooser.name},")
    assert found
    assert '"a"' in branches
    assert "Fragment 2" not in branches
    assert "Text 2" not in branches


class TitledState(rx.State):
    unread: int = 0


@pytest.mark.parametrize("title", [None, "", "Inbox"])
def test_a_title_that_is_a_text_is_no_part_of_the_page(title: str | None) -> None:
    assert title_of(title, "Mail") is None


@pytest.mark.parametrize("title", [TitledState.unread, f"{TitledState.unread} new"])
def test_a_title_that_is_a_var_is_set_by_the_page(title: object) -> None:
    shown = title_of(title, "Mail")
    assert shown is not None
    page = compiled(lambda: rx.text("still"), titles={"/": shown})
    (piece,) = page.components
    assert "jsx(GraftPageTitle" in piece.code
    assert "unread" in piece.code
    assert "$/graft/in_pages.js" in libraries(page)


def test_the_code_of_a_script_is_taken_out_of_the_page() -> None:
    taken: dict[str, str] = {}
    with own_registry():
        context = registration.fork(registration.core_registration())
        with registration.active(context):
            (page,) = compile_pages(
                {"/": lambda: rx.box(rx.script("let count = 0"), rx.script("count += 1"))},
                style={},
                built_in_wraps=WRAPS,
                memos=(),
                script_base="/modules/",
                taken_scripts=taken,
            )
    text = page.page.code + "".join(piece.code for piece in page.components)
    assert list(taken.values()) == ["let count = 0", "count += 1"]
    assert all(f'"/modules/{name}.js"' in text for name in taken)
    assert "let count" not in text


class Written(rx.State):
    code: str = ""


@pytest.mark.parametrize(
    "script", [lambda: rx.el.script("alert(1)"), lambda: rx.script(Written.code)]
)
def test_a_script_that_could_not_run_is_refused(script: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match=r"rx\.call_script"):
        compiled(lambda: rx.box(script()))


def test_data_in_a_script_element_stays_in_the_page() -> None:
    page = compiled(lambda: rx.box(rx.script('{"a": 1}', type="application/json")))
    assert "application/json" in page.page.code
