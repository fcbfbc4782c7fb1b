"""JavaScript is parsed as browsers parse it, and never run."""

from __future__ import annotations

import pytest

from app.runtime.javascript import JavaScriptParser


@pytest.fixture
def parser() -> JavaScriptParser:
    return JavaScriptParser()


@pytest.mark.parametrize(
    "code",
    [
        "const x = a?.b ?? c; x ||= 1;",
        "class A { #p = 1; static {} get q() { return this.#p } }",
        "const r = /(?<=a)(?i:b)\\p{L}/v;",
        "return `a${`b`}`;",
        'import("a", {with: {type: "json"}});',
        "async () => { for await (const x of y) await x; }",
        'const 名 = "ü😀";',
        "a = b\n/c/g",
        "const big = 1n ** 2n;",
        "import.meta.url;",
        'const s = "half of a pair \ud800, a NUL \0";',
        "return " + "jsx(a,{}," * 500 + ")" * 500,
        "return " + "jsx(a,{}," * 50_000 + ")" * 50_000,  # too deep to be told
    ],
)
def test_what_browsers_can_read_is_right(parser: JavaScriptParser, code: str) -> None:
    assert parser.mistake_in(code) is None


@pytest.mark.parametrize(
    "code",
    [
        "const x = (((;",
        "let a; let a;",
        "const {a.b} = c;",
        "x = <div/>;",
        "const s = 'a\nb';",
        "with (a) {}",
        "const await = 1;",
        "const x;",
        "f() = 1;",
        "break;",
        "/(/",
        "/[\\p{Foo}]/u",
        "a \0 b",
        "} {",
        "{",
    ],
)
def test_what_no_browser_can_read_is_a_mistake(parser: JavaScriptParser, code: str) -> None:
    assert parser.mistake_in(code) is not None


def test_a_mistake_has_its_place(parser: JavaScriptParser) -> None:
    mistake = parser.mistake_in("const a = 1;\nconst b = ;")

    assert mistake is not None
    assert (mistake.line, mistake.column) == (1, 10)
    assert "';'" in mistake.why


def test_nothing_is_run(parser: JavaScriptParser) -> None:
    assert parser.mistake_in('}; throw new SyntaxError("it ran"); {') is None


def test_two_expressions_are_none(parser: JavaScriptParser) -> None:
    assert parser.is_expression("a, b")
    assert not parser.is_expression("a; b")
    assert not parser.is_expression("")
