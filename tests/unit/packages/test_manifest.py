from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.packages.manifest import Manifest, parse_manifest
from app.source.problems import AppError
from tests.unit.packages.archives import FILES, manifest, source_of, values

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def refusal(content: bytes) -> str:
    """The messages of a manifest that must be refused."""
    with pytest.raises(AppError) as caught:
        parse_manifest(content, "package.tar.gz")
    for problem in caught.value.problems:
        assert (problem.app, problem.file) == ("package.tar.gz", "manifest.json")
        assert problem.remedy
    return "\n".join(problem.message for problem in caught.value.problems)


def test_sound_manifest_is_read() -> None:
    read = parse_manifest(manifest(), "package")
    assert read.id == "acme/counter"
    assert [file.path for file in read.files] == sorted(FILES)
    assert read.source == source_of(FILES).digest


def test_bytes_of_a_manifest_are_read_back() -> None:
    read = parse_manifest(manifest(name="Böse / 日本"), "package")
    assert parse_manifest(read.to_bytes(), "package") == read
    assert read.to_bytes() == parse_manifest(read.to_bytes(), "package").to_bytes()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("id", "acme", "<client>/<app>"),
        ("id", "../../etc/passwd", "<client>/<app>"),
        ("id", "Acme/Counter", "cannot be the name"),
        ("id", "acme/class", "cannot be the name"),
        ("kind", "native", "dynamic"),
        ("name", "", "at least 1"),
        ("name", "a\nb", "line break"),
        ("name", "safe\u202egnp.exe", "invisible character"),
        ("name", "x" * 201, "at most 200"),
        ("name", 7, "valid string"),
        ("version", "../1", "match pattern"),
        ("version", "1.0\n", "match pattern"),
        ("version", 1.0, "valid string"),
        ("url", "a/b", "match pattern"),
        ("description", "x" * 4001, "at most 4000"),
        ("description", "\x1b[31m", "invisible character"),
        ("capabilities", "documents:read", "array"),
        ("capabilities", ["b", "a"], "not sorted"),
        ("pages", ["/", "/"], "duplicates"),
        ("graft", "latest", "range of versions"),
        ("source", "abc", "match pattern"),
        ("source", "0" * 64, "digest of the files"),
        ("files", [], "at least 1"),
        ("files", [{"path": "a", "size": -1, "sha256": "0" * 64}], "greater than"),
        ("files", [{"path": "a", "size": 10**30, "sha256": "0" * 64}], "less than"),
        ("files", [{"path": "a", "size": 1e30, "sha256": "0" * 64}], "valid integer"),
        ("files", [{"path": "a", "size": "1", "sha256": "0" * 64}], "valid integer"),
        ("files", [{"path": "a", "size": True, "sha256": "0" * 64}], "valid integer"),
        ("files", [{"path": "a", "size": 1, "sha256": "0" * 63 + "G"}], "match pattern"),
        ("files", [{"path": "a", "size": 1, "sha256": "0" * 64, "mode": 7}], "does not know"),
    ],
)
def test_a_wrong_value_is_named(field: str, value: object, message: str) -> None:
    text = refusal(manifest(**{field: value}))
    assert field in text
    assert message in text


def test_unknown_field_is_named() -> None:
    assert "does not know: post_install" in refusal(manifest(post_install="rm -rf /"))


def test_missing_field_is_named() -> None:
    assert "lacks the field version" in refusal(manifest(version=...))


def test_all_wrong_fields_are_told_at_once() -> None:
    text = refusal(manifest(id="x", url="A", kind=3, more=1))
    assert all(field in text for field in ("id", "url", "kind", "more"))


def test_another_format_is_told_alone() -> None:
    text = refusal(json.dumps({"format": 2, "whatever": True}).encode())
    assert text == "has format 2; this Graft reads format 1"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"size": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"files": [{"path": "a", "path": "b"}]}',
        b'{"size": 1e999}',
        b'{"size": ' + b"9" * 5_000 + b"}",
        b'{"files": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 100_000,
        b"1" * 10_000,
        b'"\\ud800"',
    ],
)
def test_what_is_not_json_is_refused(content: bytes) -> None:
    refusal(content)


@given(JSON)
@settings(deadline=None)
def test_no_other_json_is_a_manifest(value: Any) -> None:
    refusal(json.dumps(value).encode())


@given(st.sampled_from(sorted(values())), JSON)
@settings(deadline=None)
def test_one_field_of_any_value_is_read_or_refused(field: str, value: Any) -> None:
    content = manifest(**{field: value})
    with contextlib.suppress(AppError):
        read = parse_manifest(content, "package")
        assert isinstance(read, Manifest)
        assert parse_manifest(read.to_bytes(), "package") == read
