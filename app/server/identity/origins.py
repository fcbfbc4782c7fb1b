"""Where pages of the core and where apps are: on one origin, or each on one of their own.

With `GRAFT_APPS_ORIGIN` apps are on an origin of their own, which browsers keep apart from that of
the core: a script of an app has no cookie of the core, and reads nothing of its pages. The name
that a request asks for (its Host header) tells which of the two it is about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from app.core.accounts.signing_in.secret_values import new_secret
from app.kernel.errors import Invalid
from app.server.identity.cookies import APPS_COOKIE, cookie_value, header_of
from app.server.identity.own_hosts import name_in

log = structlog.get_logger("graft")

MAIN, APPS = "GRAFT_URL", "GRAFT_APPS_ORIGIN"
HAND_OVER = "/hand-over"
"""The way from one origin to the other, for whoever is signed in; see `login_handover.py`."""

ASKING = "graft_hand_over"
"""The cookie of a browser that is on its way to the core's origin and back."""

LEFT = "left"
"""In a query of `HAND_OVER`: who comes was signed in, and where they want to."""

FRESH = {"cache-control": "no-store", "referrer-policy": "no-referrer"}

_ASKS = 15 * 60  # seconds: somebody may have to sign in meanwhile

# What apps are made of, and pages ask for that show them. Everything else is on the core's origin.
_OF_APPS = ("apps", "_graft", "_event", "_upload", "files", "assets", HAND_OVER.strip("/"))
_OF_BOTH = ("healthz", "readyz", "ping", "_health")
_STYLE = "/auth/style.css"  # of the pages that say something, also of those on the way
# On the core's origin these would run there.
_OF_APPS_ONLY = tuple(
    f"/_graft/{kind}/" for kind in ("modules", "assets", "parts", "beside", "uploads")
)


@dataclass(frozen=True, slots=True)
class Origins:
    """Two addresses such as "https://graft.example.org"; both are "" where all is on one origin.

    Attributes:
        main: where the core's pages are.
        apps: where apps are.
    """

    main: str = ""
    apps: str = ""

    def advise(self) -> None:
        """Recommend an origin of apps' own in the log of a production server that has none."""
        if not self.apps:
            text = f"set {APPS}: apps act as their viewers on the origin of the core"
            log.info(text, see="docs/production.md")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Origins:
        """Read GRAFT_APPS_ORIGIN, and if it is set GRAFT_URL.

        Raises:
            Invalid: one of them is no origin, or they are not apart.
        """
        apps = environ.get(APPS, "").strip().rstrip("/")
        if not apps:
            return cls()
        main = environ.get(MAIN, "").strip().rstrip("/")
        if not main:
            raise Invalid(f"{APPS} needs {MAIN}, the address of the core's pages, too")
        hosts = {_host(MAIN, main), _host(APPS, apps)}
        if len(hosts) == 1:
            raise Invalid(
                f"{APPS} needs a host name that is not that of {MAIN}: browsers send"
                " cookies to every port of a host"
            )
        return cls(main.lower(), apps.lower())

    @property
    def _name(self) -> str:
        return _host(APPS, self.apps)

    def is_of_apps(self, host: str, forwarded: str = "") -> bool:
        """Tell whether a request is about the origin of apps, from its headers Host and
        X-Forwarded-Host. One is enough: a page of an app may set the other, but never Host.
        """
        return bool(self.apps) and self._name in (name_in(host), name_in(forwarded))

    def is_apps(self, scope: Scope) -> bool:
        """Tell whether a request is about the origin of apps."""
        return self.is_of_apps(header_of(scope, b"host"), header_of(scope, b"x-forwarded-host"))

    def elsewhere(self, scope: Scope) -> str | None:
        """Return the origin that has what a request asks for; None if it is this one."""
        if not self.apps:
            return None
        path: str = scope["path"]
        first = path.lstrip("/").partition("/")[0]
        if self.is_apps(scope):
            is_here = first in (*_OF_APPS, *_OF_BOTH) or path == _STYLE or _is_file(path)
            return None if is_here else self.main
        is_of_apps = first == "apps" or path.startswith(_OF_APPS_ONLY)
        return self.apps if is_of_apps else None


def ask(origins: Origins, request: Request, to: str) -> Response:
    """Return the answer that sends a browser to the core's origin, and then back to `to`.

    Who was signed in here before comes by a page that clears away what apps kept for them: the
    login page, which does that on the core's origin, reaches nothing of this one.
    """
    cookies = header_of(request.scope, b"cookie")
    if cookie_value(cookies, APPS_COOKIE) and "text/html" in header_of(request.scope, b"accept"):
        return RedirectResponse(f"{HAND_OVER}?{urlencode({LEFT: to})}", 303, headers=FRESH)
    asking = cookie_value(cookies, ASKING) or new_secret()
    query = urlencode({"to": to, "asker": asker_of(asking)})
    response = RedirectResponse(f"{origins.main}{HAND_OVER}?{query}", 303, headers=FRESH)
    secure = request.url.scheme == "https"
    response.set_cookie(
        ASKING, asking, max_age=_ASKS, path="/", httponly=True, samesite="lax", secure=secure
    )
    return response


def asker_of(asking: str) -> str:
    """Return what names a browser that asks, without telling its cookie."""
    return hashlib.sha256(asking.encode()).hexdigest()


def _is_file(path: str) -> bool:
    """Tell whether a path is that of a file of the front end beside its pages, such as a style."""
    name = path.lstrip("/")
    return "/" not in name and "." in name and not name.endswith(".html")


def _host(variable: str, origin: str) -> str:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise Invalid(
            f"{variable} must be an origin such as https://apps.example.org, not {origin!r}"
        )
    return parts.hostname.lower()
