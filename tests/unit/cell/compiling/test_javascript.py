"""JavaScript is parsed as browsers parse it, and never run."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.cell.compiling.javascript import JavaScriptParser


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


def test_what_was_parsed_before_changes_nothing(parser: JavaScriptParser) -> None:
    too_deep = "return " + "jsx(a,{}," * 50_000 + ")" * 50_000

    for before in ("let a = 1;", "const x = (((;", too_deep, "} {"):
        parser.mistake_in(before)

        assert parser.mistake_in("let a = 2;") is None
        assert parser.mistake_in("let a; let a;") is not None


def test_threads_share_a_parser_and_each_is_told_of_its_own_mistakes(
    parser: JavaScriptParser,
) -> None:
    start = threading.Barrier(4)
    padding = "f({a: `b${c}`});\n" * 500

    def mistakes(number: int) -> list[int | None]:
        start.wait()
        wrong = padding + "\n" * number + "const x = ;"
        found = [parser.mistake_in(text) for text in (padding, wrong) * 20]
        return [mistake.line if mistake else None for mistake in found]

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(mistakes, range(4)))

    assert found == [[None, 500 + number] * 20 for number in range(4)]
