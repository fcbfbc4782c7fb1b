"""Secrets in log lines."""

from __future__ import annotations

from typing import Any

import pytest

from app.node.redact import REDACTED, Redactor


def clean(line: dict[str, Any], *secrets: str) -> dict[str, Any]:
    redactor = Redactor()
    redactor.know("acme/counter", secrets)
    return redactor(None, "info", line)


@pytest.mark.parametrize(
    "key",
    ["password", "db_passwd", "Token", "client_secret", "Authorization", "cookie", "apiKey"],
)
def test_fields_that_are_named_like_secrets_are_hidden_at_any_depth(key: str) -> None:
    assert clean({key: "abc"}) == {key: REDACTED}
    assert clean({"sent": {"headers": [{key: "abc"}]}}) == {"sent": {"headers": [{key: REDACTED}]}}
    assert clean({key: {"inner": 1}}) == {key: REDACTED}


def test_counts_and_flags_are_no_secrets() -> None:
    line = {"tokens": 7, "has_password": True, "cookie": None}
    assert clean(line) == line


def test_known_values_are_hidden_wherever_they_are() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "Odd(hunter22)"

    line = {
        "event": "logged in with hunter22",
        "values": ["hunter22", ("x-hunter22-y",)],
        "hunter22": 1,
        "object": Odd(),
    }
    assert "hunter22" not in str(clean({"line": line}, "hunter22"))


def test_a_secret_that_begins_with_another_is_hidden_as_a_whole() -> None:
    assert clean({"event": "abcd1234 abcd"}, "abcd", "abcd1234") == {
        "event": f"{REDACTED} {REDACTED}"
    }


def test_short_values_are_not_looked_for() -> None:
    assert clean({"event": "a cat"}, "a") == {"event": "a cat"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://graft:s3cret@db/graft", f"postgresql://graft:{REDACTED}@db/graft"),
        ("Authorization: Bearer abcdefgh12345678", f"Authorization: Bearer {REDACTED}"),
        ("basic knowledge", "basic knowledge"),
        ("https://example.com/a:b@c", "https://example.com/a:b@c"),
    ],
)
def test_credentials_in_texts_are_hidden(text: str, shown: str) -> None:
    assert clean({"event": text}) == {"event": shown}


def test_values_of_an_owner_replace_those_before() -> None:
    redactor = Redactor()
    redactor.know("a/b", ["first-secret"])
    redactor.know("a/c", ["other-secret"])
    redactor.know("a/b", ["second-secret"])
    shown = redactor.clean("first-secret second-secret other-secret")
    assert shown == f"first-secret {REDACTED} {REDACTED}"


def test_an_object_whose_repr_fails_does_not_lose_the_line() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ValueError("no")

    assert clean({"x": Broken()}) == {"x": "<Broken, whose repr fails with ValueError>"}


def test_values_that_contain_themselves_end() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "[...]" in str(clean({"x": loop}))


def test_keys_of_structlog_itself_stay() -> None:
    marker = object()
    assert clean({"_record": marker})["_record"] is marker
