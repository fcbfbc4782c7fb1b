"""HTML forms: reading what a browser posts, and drawing pages that work without any script."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.server.routes.zones import in_zone

MAX_BODY = 64 * 1024
MAX_FIELDS = 50
_TEMPLATES = Path(__file__).parent / "templates"
# Nothing of these pages runs: no script may, whoever gets one into a name; see `Pages.tidying`.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"))
_SYSTEMS = (
    *(("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad")),
    *(("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


async def read_form(request: Request) -> FormData:
    """Return the fields of a posted HTML form.

    Raises:
        HTTPException: 415 if it is none (only a form needs no permission of ours to be sent, so
            nothing else is taken), 413 if it is too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413)
    text = body.decode("utf-8", "replace")
    try:
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise HTTPException(413) from error
    return FormData([*fields])


def field(form: FormData, name: str) -> str:
    """Return a text field, "" if it was not sent."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def browser_name(user_agent: str) -> str:
    """Return what people call a browser, such as "Firefox on Linux"."""
    found = next((name for mark, name in _BROWSERS if f"{mark}/" in user_agent), None)
    if found is None and re.search(r"Version/\S+ .*Safari/", user_agent):
        found = "Safari"
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if found is None:
        return user_agent.partition("/")[0][:40] or "Unknown browser"
    return f"{found} on {system}" if system else found


class Pages:
    """Draws the pages around signing in.

    Args:
        leads_to: another origin that a form may lead to in the end, if any.
    """

    def __init__(self, leads_to: str = "") -> None:
        self._policy = POLICY
        if leads_to:
            self._policy = POLICY.replace("form-action 'self'", f"form-action 'self' {leads_to}")
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["browser"] = browser_name
        self._templates.filters["in_zone"] = in_zone
        self._tidy = (_TEMPLATES / "tidy.js").read_text("utf-8")
        self._style = (_TEMPLATES / "style.css").read_text("utf-8")

    def page(self, template: str, title: str, status: int = 200, /, **values: object) -> Response:
        """Return the page that a template makes of `values`."""
        known: dict[str, object] = {"error": "", "wide": False, "title": title, **values}
        html = self._templates.get_template(f"{template}.html").render(known)
        headers = {"cache-control": "no-store", "content-security-policy": self._policy}
        return HTMLResponse(html, status, headers=headers)

    def tidying(self, template: str, title: str, status: int, /, **values: object) -> Response:
        """Return a page that also ends what apps left in the browser of whoever was signed in
        before; its script, word for word, is the only one that runs.
        """
        page = self.page(template, title, status, **values, tidy=self._tidy)
        digest = base64.b64encode(hashlib.sha256(self._tidy.encode()).digest()).decode()
        page.headers["content-security-policy"] = f"{self._policy}; script-src 'sha256-{digest}'"
        return page

    def message(self, title: str, text: str, status: int) -> Response:
        """Return a page that says something."""
        return self.page("message", title, status, text=text)

    async def style(self, request: Request) -> Response:
        """Serve the style sheet."""
        headers = {"cache-control": "no-cache"}
        return Response(self._style, media_type="text/css; charset=utf-8", headers=headers)
