"""Where to go after signing in: only ever to a page of this server."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

HOME = "/"
MAX_LENGTH = 2_000

# Pages that make no sense as a destination, and would send people round in circles.
_NOT_AFTERWARDS = ("/login", "/auth", "/setup", "/invite", "/password")
_KEPT = "/?&=%#+:@!$'()*,;~-._[]"


def safe_next(wanted: str | None) -> str:
    """Return `wanted` if it is a path of this server, else the launcher's; fit for a header.

    Browsers take a backslash for a slash, and leave out tabs and line breaks: what looks like a
    path could be the address of another server.
    """
    if not wanted or len(wanted) > MAX_LENGTH or not wanted.startswith("/"):
        return HOME
    if wanted.startswith("//") or "\\" in wanted or not wanted.isprintable() or " " in wanted:
        return HOME
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return HOME
    if parts.scheme or parts.netloc or _is_inside(parts.path, _NOT_AFTERWARDS):
        return HOME
    return quote(wanted, safe=_KEPT, errors="replace")


def login_url(path: str, query: str) -> str:
    """Return the address of the login page, which leads back to a path and its query."""
    here = safe_next(f"{path}?{query}" if query else path)
    return "/login" if here == HOME else f"/login?next={quote(here, safe='/')}"


def _is_inside(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
