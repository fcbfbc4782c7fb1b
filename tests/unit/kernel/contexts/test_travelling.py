"""Calls of contexts arrive as they were made, with their types, errors and streams."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.kernel.actor import CapabilityNotGranted
from app.kernel.contexts import DECLARED
from app.kernel.contexts.documents import Conflict, Document, DocumentInfo
from app.kernel.contexts.exposing import Exposed
from app.kernel.contexts.files import FileInfo
from app.kernel.contexts.travelling import (
    arguments_in,
    arguments_out,
    error_in,
    error_out,
    result_in,
    result_out,
)
from app.kernel.errors import (
    CoreError,
    FolderFull,
    Forbidden,
    Invalid,
    NotFound,
    ReadOnlyFolder,
    TooLarge,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DOCUMENT = Document("d1", "note", "A note", {"text": "é"}, 2, NOW, NOW, "u1", "Ada")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def of(name: str) -> Exposed:
    return DECLARED[f"app.core.{name}"]


def no_stream(stream: AsyncIterator[bytes]) -> str:
    raise AssertionError("there is no stream")


def nothing(name: str) -> AsyncGenerator[bytes, None]:
    raise AssertionError("there is no stream")


def through(data: Any) -> Any:
    """As it is after its way over the wire."""
    return json.loads(json.dumps(data))


@given(st.text(max_size=9), st.text(max_size=9), st.dictionaries(st.text(max_size=5), JSON))
def test_arguments_arrive_as_they_were(kind: str, title: str, content: dict[str, Any]) -> None:
    given_ = {"kind": kind, "title": title, "content": content}
    data = through(arguments_out(of("documents.create"), given_, no_stream))
    assert arguments_in(of("documents.create"), data, nothing) == given_


@pytest.mark.parametrize(
    ("path", "result"),
    [
        ("documents.get", DOCUMENT),
        ("documents.list", [DocumentInfo("d1", "note", "A", 1, NOW, NOW, "u1", "Ada")]),
        ("documents.delete", None),
        ("files.info", FileInfo("f1", "a.txt", 3, "0" * 64, "text/plain", NOW)),
        ("files.url", "/files/f1"),
    ],
)
def test_results_arrive_with_their_types(path: str, result: Any) -> None:
    arrived = result_in(of(path), through(result_out(of(path), result, no_stream)), nothing)
    assert arrived == result
    assert type(arrived) is type(result)


@pytest.mark.parametrize(
    "error",
    [
        CoreError("no"),
        Forbidden("not you"),
        NotFound("there is none"),
        Invalid("too long"),
        TooLarge("the note", size=3, limit=2),
        FolderFull("acme/x", size=3, limit=2),
        ReadOnlyFolder("acme/x", "entry.py"),
        CapabilityNotGranted("acme/x", "files:read", "Ask."),
        Conflict(DOCUMENT, 1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_arrive_as_what_they_are(error: CoreError) -> None:
    name, attributes = error_out(error)
    arrived = error_in(name, str(error), through(attributes))
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    for attribute in attributes:
        assert getattr(arrived, attribute) == getattr(error, attribute)


def test_what_no_context_raises_on_purpose_is_a_core_error() -> None:
    name, attributes = error_out(ZeroDivisionError("a fault"))
    assert (name, attributes) == ("CoreError", {})
    assert type(error_in("Nobody knows", "what", {})) is CoreError


@pytest.mark.parametrize(
    ("path", "data"),
    [("documents.get", {"id": 7}), ("documents.list", {"limit": "many"})],
)
def test_arguments_of_other_types_are_refused(path: str, data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        arguments_in(of(path), data, nothing)


def test_what_is_no_argument_is_refused() -> None:
    with pytest.raises(KeyError):
        arguments_in(of("documents.get"), {"core": 1}, nothing)


@pytest.mark.parametrize("whole", [True, False])
async def test_bytes_travel_as_a_stream(whole: bool) -> None:
    given_streams: list[AsyncIterator[bytes]] = []

    def give(stream: AsyncIterator[bytes]) -> str:
        given_streams.append(stream)
        return "7"

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield b"one "
        yield b"two"

    content: Any = b"one two" if whole else pieces()
    data = arguments_out(of("files.save"), {"name": "a", "chunks": content}, give)
    assert through(data) == {"name": "a", "chunks": {"stream": "7"}}
    assert b"".join([piece async for piece in given_streams[0]]) == b"one two"
    read: list[str] = []

    def reading(name: str) -> AsyncGenerator[bytes, None]:
        read.append(name)
        return pieces()

    arrived = arguments_in(of("files.save"), through(data), reading)
    assert read == ["7"]
    assert [piece async for piece in arrived["chunks"]] == [b"one ", b"two"]
