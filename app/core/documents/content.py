"""A document's content: checked to be JSON, and written as text.

The text is UTF-8 JSON in a plain text column, so that every database gives back exactly what was
saved (some JSON columns reorder keys, change numbers or refuse "\\u0000").
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from app.kernel.errors import Invalid, TooLarge

# Deeper than real documents, and far from the interpreter's recursion limit.
MAX_DEPTH = 100
# Python refuses to write longer integers, see sys.set_int_max_str_digits.
MAX_INTEGER = 10**4_000


def encode(content: Mapping[str, Any], limit: int) -> str:
    """Return `content` as JSON text of at most `limit` bytes.

    Tuples become lists. Proxies that stand for a dict or list, as in a Reflex state, are followed.

    Raises:
        Invalid: something in it is not JSON; the message has its path.
        TooLarge: the text would be above `limit`.
    """
    if not isinstance(content, dict):
        raise Invalid(f"the content must be a dict, not {_kind_of(content)}")
    text = json.dumps(_plain(content, "$", 1), ensure_ascii=False, separators=(",", ":"))
    # Characters are at most bytes: skip a second copy of the text when that decides.
    size = len(text) if len(text) > limit else len(text.encode())
    if size > limit:
        raise TooLarge("the document", size=size, limit=limit)
    return text


def decode(text: str) -> dict[str, Any]:
    """Return the content that `encode` wrote."""
    content: dict[str, Any] = json.loads(text)
    return content


def _plain(value: Any, path: str, depth: int) -> Any:
    """Return a copy of `value` of exactly the types that the json module reads."""
    if depth > MAX_DEPTH:
        raise Invalid(f"{path[:200]}: the content is nested deeper than {MAX_DEPTH} levels")
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, int):
        return _integer(value, path)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Invalid(f"{path}: {value} is not JSON; use null or leave it out")
        return float(value)
    if isinstance(value, dict):
        return {
            _key(key, path): _plain(item, _below(path, key), depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value)]
    raise Invalid(
        f"{path}: {_kind_of(value)} is not JSON; use dict, list, str, int, float, bool or None"
    )


def _text(value: str, path: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Invalid(f"{path}: the text has half of a surrogate pair, which is no text") from None
    # str.__str__ and not str(): an Enum of texts is stored as its value.
    return str.__str__(value)


def _integer(value: int, path: str) -> int:
    if not -MAX_INTEGER < value < MAX_INTEGER:
        raise Invalid(f"{path}: the integer has more than 4000 digits")
    return int(value)


def _key(key: Any, path: str) -> str:
    if not isinstance(key, str):
        raise Invalid(f"{path}: the key {key!r} is {_kind_of(key)}; keys must be str")
    return _text(key, path)


def _below(path: str, key: Any) -> str:
    plain = isinstance(key, str) and key.isidentifier()
    return f"{path}.{key}" if plain else f"{path}[{key!r}]"


def _kind_of(value: object) -> str:
    return f"of type {type(value).__name__}"
