"""Which texts name another server that an app's pages may load from, and what that means."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from app.kernel.capabilities import friendly, risk
from app.kernel.origins import (
    GRANTABLE,
    KINDS,
    LONGEST,
    NotAnOrigin,
    is_origin,
    parse_origin,
    sources,
)


@pytest.mark.parametrize(
    "text",
    [
        "img https://tile.example.org",
        "img https://*.tile.example.org",
        "frame https://example.org:8443",
        "connect wss://live.example.org",
        "media https://192.0.2.7",
        f"img https://{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 50}.org",
    ],
)
def test_a_server_is_named_with_what_is_loaded_from_it(text: str) -> None:
    origin = parse_origin(text)
    assert f"{origin.kind} {origin.address}" == text
    assert origin.is_secure
    assert is_origin(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "img",
        "img ",
        "https://tile.example.org",
        "images https://tile.example.org",
        "img tile.example.org",
        "img https://",
        "img *",
        "img https://*",
        "img https:",
        "img data:",
        "img https://*.org",
        "img https://*.0.2.7",
        "img https://a.*.example.org",
        "img https://tile.example.org/",
        "img https://tile.example.org/14",
        "img https://tile.example.org?x",
        "img https://tile.example.org#x",
        "img https://me@tile.example.org",
        "img https://tile.example.org:0",
        "img https://tile.example.org:65536",
        "img https://tile.example.org:*",
        "img https://tile.example.org; script-src *",
        "img https://tile.example.org, https://other.example.org",
        "img https://tile.example.org https://other.example.org",
        "img https://tile.example.org\n",
        "img https://Tile.example.org",
        "img https://tile_1.example.org",
        "img https://-tile.example.org",
        "img https://bücher.example",
        "img  https://tile.example.org",
        "img http://tile.example.org",
        "connect ws://live.example.org",
        "img wss://live.example.org",
        "img ftp://tile.example.org",
        "script 'unsafe-inline'",
        "script 'unsafe-eval'",
        "script 'self'",
        "script blob:",
        "object https://tile.example.org",
        "img https://" + "a." * LONGEST + "org",
    ],
)
def test_what_is_no_server_or_stands_for_too_many_is_refused(text: str) -> None:
    with pytest.raises(NotAnOrigin) as refused:
        parse_origin(text)
    assert refused.value.remedy.endswith(".")
    assert sources([text]) == {}


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("img https://tile.example.org/14/8800.png", "img https://tile.example.org"),
        ("img https://Tile.Example.org", "img https://tile.example.org"),
        ("img tile.example.org", "img https://tile.example.org"),
        ("img http://tile.example.org", "img https://tile.example.org"),
        ("connect ws://live.example.org", "connect wss://live.example.org"),
        ("img https://tile.example.org; script-src *", "img https://tile.example.org"),
    ],
)
def test_the_remedy_is_what_to_write(text: str, corrected: str) -> None:
    with pytest.raises(NotAnOrigin) as refused:
        parse_origin(text)
    assert f'"{corrected}"' in refused.value.remedy
    parse_origin(corrected)


@pytest.mark.parametrize(
    "text", ["img http://localhost:8080", "connect ws://127.0.0.1:9", "frame http://a.localhost"]
)
def test_without_tls_there_is_only_the_machine_of_whoever_looks(text: str) -> None:
    assert not parse_origin(text).is_secure


def test_sources_are_those_of_a_policy_in_order() -> None:
    found = sources(
        ["script https://b.org", "img https://b.org", "img https://a.org", "connect wss://b.org"]
    )
    assert found == {
        "connect-src": ("wss://b.org",),
        "img-src": ("https://a.org", "https://b.org"),
        "script-src": ("https://b.org",),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_grants_is_told_what_and_with_which_risk_in_whole_sentences(kind: str) -> None:
    asked = f"{kind} https://x.example.org"
    assert "https://x.example.org" in friendly(asked)
    assert risk(asked).startswith("Whoever runs https://x.example.org learns who opens the app")
    assert risk(asked).endswith(".")
    assert "{" not in friendly(asked) + risk(asked)


def test_scripts_have_a_warning_of_their_own() -> None:
    assert "act in their names" in risk("script https://x.example.org")
    assert risk("documents:read") == ""


@given(strategies.from_regex(GRANTABLE, fullmatch=True).filter(lambda text: len(text) <= LONGEST))
def test_what_can_be_granted_by_its_pattern_is_an_origin(text: str) -> None:
    assert parse_origin(text).is_secure
