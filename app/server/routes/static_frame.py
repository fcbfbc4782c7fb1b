"""What is said above a static app: that it is a preview, and what is wrong with its last save.

Nothing is put into the app's own pages. Where there is something to say, whoever goes to an address
of the app gets a page of Graft's with a bar, and the app in a frame below it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Said:
    """What there is to say of a static app to whoever goes there.

    Attributes:
        name: the app's.
        url: the last part of its route.
        preview: number and author's version, of one that only some people get.
        leave: where a form leads back to the version that everybody gets, "" if there is none.
        problems: what is wrong with its newest source, for developers.
    """

    name: str
    url: str
    preview: tuple[int, str] | None = None
    leave: str = ""
    problems: Sequence[Mapping[str, Any]] = ()

    def __bool__(self) -> bool:
        """Whether it is anything."""
        return self.preview is not None or bool(self.problems)


def is_visit(request: Request) -> bool:
    """Tell whether a person goes to an address, in a tab and not in a frame. All browsers of the
    last years say so, where the connection can be trusted.
    """
    return request.method == "GET" and request.headers.get("sec-fetch-dest") == "document"


class Frames:
    """Draws the page around a static app; `home` is the address of the launcher."""

    def __init__(self, home: str = "/") -> None:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template("frame.html")
        self._style = (_TEMPLATES / "frame.css").read_text("utf-8")
        self._script = (_TEMPLATES / "frame.js").read_text("utf-8")
        self._home = home
        self._policy = (
            f"default-src 'none'; style-src {_hash(self._style)}; script-src {_hash(self._script)};"
            " img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none';"
            " frame-ancestors 'none'"
        )

    def around(self, request: Request, said: Said, without: str) -> Response:
        """Return the page for a request; `without` is a parameter that the app does not get."""
        query = [(k, v) for k, v in request.query_params.multi_items() if k != without]
        address = f"{request.url.path}{'?' + urlencode(query) if query else ''}"
        number, version = said.preview or (0, "")
        html = self._template.render(
            title=said.name,
            url=said.url,
            home=self._home,
            address=address,
            preview={"number": number, "version": version} if said.preview else None,
            leave=said.leave,
            problems=said.problems,
            style=self._style,
            script=self._script,
        )
        headers = {
            "cache-control": "no-store",
            "content-security-policy": self._policy,
            "vary": "sec-fetch-dest",
        }
        return HTMLResponse(html, headers=headers)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
