"""The ES module of an app."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from app.cell.compiling.es_module import library_users, write_module


@dataclass(frozen=True)
class Import:
    library: str
    default: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    name: str
    code: str
    imports: tuple[Import, ...] = ()
    preamble: tuple[str, ...] = ()
    hooks: str = ""
    family: str = ""
    named: bool = False


@dataclass(frozen=True)
class Page:
    template: str
    page: Piece
    components: tuple[Piece, ...] = field(default=())


def page(code: str = 'jsx("p")', *components: Piece, template: str = "/", **more: object) -> Page:
    return Page(template, Piece("Page", code, **more), components)  # type: ignore[arg-type]


def declared(code: str) -> list[list[Any]]:
    """Return what a module tells the host about its components."""
    found = re.search(r"graft\.components\((.*)\);", code)
    assert found
    return json.loads(found[1])  # type: ignore[no-any-return]


def digest(code: str, name: str) -> str:
    """Return the digest under which a component is registered."""
    found = re.search(rf"const {name} = C\((\d+),", code)
    assert found
    return str(declared(code)[int(found[1])][0])


def test_a_module_takes_libraries_from_the_host_and_imports_nothing() -> None:
    used = (
        Import("react", "React", ("Fragment", "useState as useS", "* as all")),
        Import("style.css"),
    )
    module = write_module([page(imports=used)])
    assert "import " not in module.code
    assert 'const React = L["react"].default;' in module.code
    assert 'const {Fragment, useState: useS} = L["react"];' in module.code
    assert 'const all = L["react"];' in module.code
    assert module.libraries == ("react", "style.css")


def test_the_digest_is_that_of_the_text() -> None:
    one, same, other = (write_module([page(code)]) for code in ("a", "a", "b"))
    assert one.digest == same.digest != other.digest
    assert len(one.digest) == 64


def test_components_are_declared_in_the_order_of_the_pages_each_once() -> None:
    a = Piece("A", "const A = 1;", family="A 1", named=True)
    b, c = Piece("B", "const B = 2;", family="B 2"), Piece("C", "const C = 3;")
    code = write_module([page("x", b, a), page("y", c, b)]).code
    assert [entry[1:] for entry in declared(code)] == [["B 2", False], ["A 1", True], ["", False]]
    assert [code.index(f"const {name} = C({i},") for i, name in enumerate("BAC")]


def test_only_a_component_that_others_may_take_over_gets_its_hooks_from_the_host() -> None:
    react = Import("react", "", ("memo",))
    own = Piece("Own", "const Own = memo(1);", imports=(react,))
    shared = Piece("Shared", "const Shared = 1;", imports=(react,), family="Shared")
    code = write_module([page("x", own, shared)]).code
    assert 'const {memo} = L["react"];\nconst Own' in code
    assert "const {memo} = R;\nconst Shared" in code


def test_a_component_keeps_its_digest_while_it_and_what_it_refers_to_stay() -> None:
    inner, outer = Piece("Inner", "const Inner = 1;"), Piece("Outer", "const Outer = Inner;")
    lone = Piece("Lone", "const Lone = 3;")
    before = write_module([page("x", inner, outer, lone)]).code
    changed = Piece("Inner", "const Inner = 2;")
    after = write_module([page("y", changed, outer, lone)]).code
    assert digest(before, "Lone") == digest(after, "Lone")
    assert digest(before, "Inner") != digest(after, "Inner")
    assert digest(before, "Outer") != digest(after, "Outer")


def test_components_that_refer_to_each_other_have_digests() -> None:
    one, two = Piece("One", "const One = () => Two;"), Piece("Two", "const Two = () => One;")
    code = write_module([page("x", one, two)]).code
    assert digest(code, "One") != digest(code, "Two")


def test_a_page_says_what_must_stay_for_it_not_to_be_mounted_anew() -> None:
    def hooks(**more: str) -> str:
        return write_module([page(**more)]).code.split('hooks: "')[1].split('"')[0]  # type: ignore[arg-type]

    assert hooks(code="a", family="x") == hooks(code="b", family="x") == "x"


def test_what_is_loaded_on_demand_goes_through_the_host_and_stays_the_same() -> None:
    statement = "const Plot = ClientSide(() => import('react-plotly.js'));"
    module = write_module([page(preamble=(statement, 'const x = import("other")'))])
    assert 'graft.load("react-plotly.js")' in module.code
    assert "const Plot = graft.once(" in module.code
    assert "import(" not in module.code
    assert module.on_demand == ("other", "react-plotly.js")


def test_every_page_has_its_template() -> None:
    code = write_module([page(), page(template='/a"b/[id]')]).code
    assert '"/": {hooks:' in code
    assert '"/a\\"b/[id]": {hooks:' in code


def test_users_of_a_library_are_named() -> None:
    chart = Piece("Chart_comp_1", "", (Import("charts", "", ("Bar", "Line")),))
    plot = Piece("Page", "", preamble=("const P = ClientSide(() => import('plot'));",))
    users = library_users([Page("/", plot, (chart,))])
    assert users == {
        "charts": ("Bar, Line in Chart",),
        "plot": ("a component loaded on demand in page '/'",),
    }


def test_half_of_a_surrogate_pair_in_a_text_is_written_as_an_escape() -> None:
    """`rx.text(name)` of a file whose name is not UTF-8."""
    name = Piece("Name", 'jsx("b", {}, "caf\udce9")')
    module = write_module([page('jsx("p", {}, "caf\udce9 \U0001f600")', name)])
    assert module.code.encode().decode() == module.code
    assert module.code.count("caf\\udce9") == 2
    assert "\U0001f600" in module.code
