"""Python that is made to trouble whoever reads it: refused with its place, before anything runs."""

from __future__ import annotations

import pytest

from app.packages.checks import Server, check_package
from app.packages.manifest import parse_manifest
from app.packages.signing import TrustedKeys
from app.source.problems import Problem
from tests.unit.packages.archives import ENTRY, manifest, source_of

DEEP = "nested too deeply"
UTF8 = "Python source in UTF-8"

HOSTILE: dict[str, tuple[bytes, str, int | None, str]] = {
    # Texts: content, message, line, remedy
    "null byte": (b"x = 1\ny = '\0'\n", "has a null byte", 2, UTF8),
    "not UTF-8": (b"x = 1\ny = 2\nz = '\xe9'\n", "is not utf-8", 3, UTF8),
    "not UTF-8 at its beginning": (b"# \xe9\n", "cannot be decoded", None, UTF8),
    "UTF-16": ("x = 1".encode("utf-16"), "has a null byte", 1, UTF8),
    "lying coding": (b"# coding: ascii\nx = '\xc3\xa9'\n", "is not ascii", 2, UTF8),
    "unknown coding": (b"# coding: klingon\nx = 1\n", "unknown encoding: klingon", None, UTF8),
    "coding that is no text": (b"# coding: rot13\nx = 1\n", "not name a text encoding", None, UTF8),
    "coding that inflates": (b"# coding: zlib\nx = 1\n", "not name a text encoding", None, UTF8),
    "two codings": (b"\xef\xbb\xbf# coding: latin-1\n", "encoding problem: utf-8", None, UTF8),
    # Trees
    "deep parentheses": (b"x = " + b"(" * 9_000 + b")" * 9_000, "too many nested", 1, "syntax"),
    "deep lists": (b"x = " + b"[" * 9_000 + b"]" * 9_000, "too many nested", 1, "syntax"),
    "deep dictionaries": (b"x = " + b"{1:" * 9_000 + b"1" + b"}" * 9_000, "nested", 1, "syntax"),
    "deep signs": (b"x = " + b"-" * 90_000 + b"1", DEEP, None, "Split what is nested"),
    "deep signs, fewer": (b"x = " + b"-" * 3_000 + b"1", DEEP, None, "Split what is nested"),
    "deep negations": (b"x = " + b"not " * 90_000 + b"1", DEEP, None, "Split what is nested"),
    "deep lambdas": (b"x = " + b"lambda: " * 9_000 + b"1", DEEP, None, "Split what is nested"),
    "deep conditions": (
        b"x = " + b"1 if 1 else " * 9_000 + b"1",
        DEEP,
        None,
        "Split what is nested",
    ),
    "deep powers": (b"x = 1" + b"**1" * 9_000, DEEP, None, "Split what is nested"),
    "long sum": (b"x = 1" + b"+1" * 90_000, DEEP, None, "Split what is nested"),
    "long attributes": (b"x = a" + b".a" * 90_000, DEEP, None, "Split what is nested"),
    "long calls": (b"x = a" + b"()" * 90_000, DEEP, None, "Split what is nested"),
    "many branches": (
        b"if a: pass\n" + b"elif a: pass\n" * 9_000,
        DEEP,
        None,
        "Split what is nested",
    ),
    "huge number": (b"x = " + b"9" * 90_000, "4300 digits", 1, "syntax"),
    "deep blocks": (
        b"".join(b" " * n + b"if 1:\n" for n in range(200)),
        "indent",
        101,
        "indentation",
    ),
}


def problems_of(name: str, content: bytes) -> tuple[Problem, ...]:
    files = {"entry.py": ENTRY, name: content if name != "entry.py" else content + b"\n" + ENTRY}
    server = Server(taken_urls={}, has_library=lambda _: True, allow_unsigned=True)
    signature = TrustedKeys().verify(b"", None)
    found = check_package(
        parse_manifest(manifest(files), "package"), source_of(files), signature, server
    )
    return found.problems


@pytest.mark.parametrize("name", ["part.py", "entry.py"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_python_is_refused_and_named(kind: str, name: str) -> None:
    content, message, line, remedy = HOSTILE[kind]
    found = [problem for problem in problems_of(name, content) if problem.file == name]
    assert message in found[0].message
    assert remedy in found[0].remedy
    assert found[0].line == line
    assert found[0].message.isprintable()


@pytest.mark.parametrize(
    "content",
    [
        b"x = 2 ** 10 ** 9 ** 9 if False else 0",
        b"x = lambda: 'x' * 10 ** 12",
        b"x = (" + b"1, " * 9_000 + b")",
        b"x = 1" + b" < 1" * 3_000,
        b"x = " + b"'a' " * 9_000,
        b"# coding: latin-1\nx = '\xe9'\n",
    ],
)
def test_what_only_looks_dangerous_is_read(content: bytes) -> None:
    assert problems_of("part.py", content) == ()
