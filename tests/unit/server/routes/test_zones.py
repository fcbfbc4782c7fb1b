"""Times on pages without scripts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from starlette.requests import Request

from app.server.routes.zones import in_zone, zone_of

AT = datetime(2026, 11, 30, 23, 40, tzinfo=UTC)


def asking(cookie: str) -> Request:
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return Request({"type": "http", "headers": headers})


def test_a_time_is_shown_in_the_zone_of_the_browser() -> None:
    zone = zone_of(asking("graft_zone=Europe%2FZurich"))
    assert in_zone(AT, zone) == "01 Dec 2026, 00:40 CET"


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "graft_zone=",
        "graft_zone=Nowhere%2FAt%20all",
        "graft_zone=..%2F..%2Fetc%2Fpasswd",
        "graft_zone=%2Fetc%2Fpasswd",
        "graft_zone=%00",
        f"graft_zone={'a' * 5000}",
        "graft_zone=Europe",
    ],
)
def test_a_browser_that_tells_no_zone_gets_utc(cookie: str) -> None:
    assert in_zone(AT, zone_of(asking(cookie))) == "30 Nov 2026, 23:40 UTC"
