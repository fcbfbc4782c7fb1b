"""Pages of static apps: what is read off them, and how much work that is."""

from __future__ import annotations

import re

import pytest

from app.server.routes import static_apps

PATTERNS = ("_HEAD", "_BASE", "_SCRIPT", "_SCRIPT_END", "_SRC")


@pytest.mark.parametrize(
    ("html", "scripts"),
    [
        (b"<script>a</script>", [b"a"]),
        (b"<SCRIPT type=module>a < b\n</SCRIPT ><p><script>c</script>", [b"a < b\n", b"c"]),
        (b"<script src='a.js'></script><script>b</script>", [b"b"]),
        (b"<script\nsrc = a.js></script>", []),
        (b"<script data-src=x>a</script>", [b"a"]),
        (b"<scripture>a</scripture>", []),
        (b"<script>a", []),
        (b"<script", []),
        (b"<p>", []),
    ],
)
def test_scripts_that_stand_in_a_page_are_found(html: bytes, scripts: list[bytes]) -> None:
    assert list(static_apps._inline_scripts(html)) == scripts


@pytest.mark.parametrize(
    ("html", "place"),
    [
        (b"<html><head><title>", 12),
        (b"<HEAD lang=en><p>", 14),
        (b"<header><head>", 14),
        (b"<header>", 0),
        (b"<head ", 0),
        (b"", 0),
    ],
)
def test_the_base_goes_behind_the_head(html: bytes, place: int) -> None:
    assert static_apps._after_head(html) == place


class _Measured:
    """A pattern that tells how many bytes were looked at."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern
        self.looked_at = 0

    def search(self, html: bytes, begin: int = 0, end: int | None = None) -> re.Match[bytes] | None:
        found = self._pattern.search(html, begin, len(html) if end is None else end)
        self.looked_at += (found.end() if found else len(html) if end is None else end) - begin
        return found


@pytest.mark.parametrize(
    "part",
    [
        b"<script",
        b"<script ",
        b"<script>",
        b"<script></script>",
        b"<script src",
        b"<script src=",
        b" src",
        b"<head",
        b"<head ",
        b"<base",
        b"</script",
    ],
)
def test_a_hostile_page_is_no_more_work_than_any_other_of_its_length(
    part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = [_Measured(getattr(static_apps, name)) for name in PATTERNS]
    for name, pattern in zip(PATTERNS, measured, strict=True):
        # What repeats nothing looks at each byte once for every place where it is found.
        assert not set(b"*+?{") & set(pattern._pattern.pattern)
        monkeypatch.setattr(static_apps, name, pattern)
    html = part * (1_000_000 // len(part))
    static_apps._after_head(html)
    assert len(list(static_apps._inline_scripts(html))) <= len(html) / len(part)
    assert all(pattern.looked_at <= 2 * len(html) for pattern in measured)
