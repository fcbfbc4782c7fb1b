"""Reading cookies, and the cookie of a login."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from app.server.identity.cookies import (
    SESSION_COOKIE,
    clear_session,
    cookie_value,
    header_of,
    set_session,
)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("graft_session=abc", "abc"),
        ("a=1; graft_session=abc; b=2", "abc"),
        ('bad{cookie}="; graft_session=abc', "abc"),
        ("graft_session=abc; =; ;;", "abc"),
        ("xgraft_session=abc", ""),
        ("graft_session", ""),
        ("", ""),
        ("graft_session=" + "x" * 5_000, ""),
    ],
)
def test_a_cookie_is_found_among_others_however_badly_they_are_written(
    header: str, value: str
) -> None:
    assert cookie_value(header, SESSION_COOKIE) == value


@given(st.text())
def test_any_header_can_be_read(header: str) -> None:
    assert len(cookie_value(header, SESSION_COOKIE)) <= 200


@given(
    st.lists(st.text(st.characters(codec="ascii", exclude_characters=";")), max_size=4),
    st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True),
)
def test_a_login_is_found_behind_any_other_cookies(others: list[str], secret: str) -> None:
    header = ";".join([*others, f"{SESSION_COOKIE}={secret}"])
    assert cookie_value(header, SESSION_COOKIE) == secret


@pytest.mark.parametrize("secure", [True, False])
def test_no_script_and_no_other_site_gets_at_the_cookie(secure: bool) -> None:
    response = Response()
    set_session(response, "abc", secure=secure)
    [header] = response.headers.getlist("set-cookie")
    first, *rest = header.split("; ")
    attributes = {part.lower() for part in rest}
    assert first == "graft_session=abc"
    assert {"httponly", "samesite=lax", "path=/"} <= attributes
    assert ("secure" in attributes) is secure
    assert not any(part.startswith("domain") for part in attributes)


def test_the_cookie_can_be_taken_away() -> None:
    response = Response()
    clear_session(response)
    assert "Max-Age=0" in response.headers["set-cookie"]


def test_several_cookie_headers_are_one() -> None:
    scope = {"headers": [(b"cookie", b"a=1"), (b"host", b"x"), (b"cookie", b"b=2")]}
    assert header_of(scope, b"cookie") == "a=1; b=2"
    assert header_of(scope, b"origin") == ""
