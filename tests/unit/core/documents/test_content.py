from __future__ import annotations

import math
from collections import OrderedDict
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any

import pytest
import wrapt
from hypothesis import given
from hypothesis import strategies as st

from app.core.documents.content import MAX_DEPTH, decode, encode
from app.kernel.errors import Invalid, TooLarge
from tests.unit.core.strategies import json_objects

LIMIT = 10_000_000


def _round_trip(content: Any) -> dict[str, Any]:
    return decode(encode(content, LIMIT))


@given(json_objects)
def test_any_json_object_comes_back_as_it_was(content: dict[str, Any]) -> None:
    # repr as well: 1 == 1.0 == True, and key order matters to people.
    assert repr(_round_trip(content)) == repr(content)


def test_tuples_come_back_as_lists_and_enums_as_their_values() -> None:
    class Colour(StrEnum):
        RED = "red"

    class Level(IntEnum):
        TOP = 3

    content = {"t": (1, (2,)), Colour.RED: Colour.RED, "l": Level.TOP, "o": OrderedDict(a=1)}
    assert repr(_round_trip(content)) == repr({"t": [1, [2]], "red": "red", "l": 3, "o": {"a": 1}})


def test_proxies_of_dicts_and_lists_are_followed_as_in_a_reflex_state() -> None:
    proxied = wrapt.ObjectProxy({"rooms": wrapt.ObjectProxy([wrapt.ObjectProxy({"area": 1.5})])})
    assert _round_trip(proxied) == {"rooms": [{"area": 1.5}]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "must be a dict, not of type list"),
        (None, "must be a dict, not of type NoneType"),
        ({"rooms": [{"at": datetime(2026, 1, 1, tzinfo=UTC)}]}, r"\$\.rooms\[0\]\.at: of type dat"),
        ({"a b": {1, 2}}, r"\$\['a b'\]: of type set"),
        ({"a": b"bytes"}, r"\$\.a: of type bytes"),
        ({"a": {1: "x"}}, r"\$\.a: the key 1 is of type int; keys must be str"),
        ({"a": [math.nan]}, r"\$\.a\[0\]: nan is not JSON"),
        ({"a": -math.inf}, r"\$\.a: -inf is not JSON"),
        ({"a": "\ud800"}, r"\$\.a: the text has half of a surrogate pair"),
        ({"a": {"\udfff": 1}}, r"\$\.a: the text has half of a surrogate pair"),
        ({"a": 10**5000}, r"\$\.a: the integer has more than 4000 digits"),
    ],
)
def test_what_is_not_json_is_refused_with_its_path(content: Any, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        encode(content, LIMIT)


def _nested(levels: int) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for _ in range(levels - 1):
        content = {"in": content}
    return content


def test_content_may_be_nested_so_deep_and_not_deeper() -> None:
    assert _round_trip(_nested(MAX_DEPTH)) == _nested(MAX_DEPTH)
    with pytest.raises(Invalid, match=r"^\$\.in\.in.*deeper than 100"):
        encode(_nested(MAX_DEPTH + 1), LIMIT)


def test_content_that_contains_itself_is_refused() -> None:
    content: dict[str, Any] = {}
    content["self"] = content
    with pytest.raises(Invalid, match="deeper"):
        encode(content, LIMIT)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_the_limit_counts_bytes_exactly(text: str) -> None:
    content = {"text": text}
    size = len(encode(content, LIMIT).encode())
    assert encode(content, size)
    with pytest.raises(TooLarge) as caught:
        encode(content, size - 1)
    assert caught.value.limit == size - 1
    assert caught.value.size >= size - 1


def test_the_error_above_the_limit_says_how_large_and_how_large_it_may_be() -> None:
    with pytest.raises(TooLarge, match=r"the document is too large: 2,008 bytes, at most 1,000"):
        encode({"a": "x" * 2000}, 1000)


def test_what_comes_back_shares_nothing_with_what_was_given() -> None:
    content = {"rooms": [{"area": 1}]}
    text = encode(content, LIMIT)
    content["rooms"].append({"area": 2})
    assert decode(text) == {"rooms": [{"area": 1}]}
