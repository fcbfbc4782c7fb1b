"""Where signing in may lead."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.server.identity.redirects import login_url, safe_next

HERE = "https://graft.test/login"


def destination(location: str) -> str:
    """Return the host that a browser goes to; it takes \\ for / and drops tabs and line breaks."""
    as_read = re.sub(r"[\t\r\n]", "", location).strip("\x00\x1f ").replace("\\", "/")
    return urlsplit(urljoin(HERE, as_read)).netloc


@pytest.mark.parametrize(
    "wanted",
    ["/", "/apps/acme-counter", "/apps/a/projects/7?tab=1&x=%20#part", "/admin/apps", "/loginx"],
)
def test_pages_of_this_server_are_kept(wanted: str) -> None:
    assert safe_next(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        *("", None, "apps", "https://evil.test", "//evil.test", "///evil.test", "/\\evil.test"),
        *("\\\\evil.test", "/\t/evil.test", "/\n/evil.test", "/ /evil.test", "javascript:alert(1)"),
        *("/login", "/login/x", "/login?next=/", "/auth/logout", "/setup/x", "/invite/x"),
        "/" + "a" * 3_000,
    ],
)
def test_everything_else_leads_to_the_launcher(wanted: str | None) -> None:
    assert safe_next(wanted) == "/"


PARTS = ["/", "\\", ":", "@", "?", "#", "%", ".", "\t", "\n", "\r", " ", "evil.test", "https", "é"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PARTS), max_size=12).map("".join)))
@example("/%09/evil.test")
@example("/.//evil.test")
@example("/@evil.test")
def test_no_text_leads_to_another_server(wanted: str) -> None:
    location = safe_next(wanted)
    assert destination(location) == "graft.test"
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert location.isascii()
    assert location.isprintable()
    assert safe_next(location) == location


@given(st.text(alphabet=st.characters(max_codepoint=255)), st.text(max_size=50))
def test_the_login_page_is_told_where_to_go_back_to(path: str, query: str) -> None:
    url = login_url(f"/{path}", query)
    assert url.isascii()
    following = parse_qs(urlsplit(url).query, keep_blank_values=True).get("next", ["/"])
    assert following == [safe_next(f"/{path}?{query}" if query else f"/{path}")]
