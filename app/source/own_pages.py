"""Root-relative addresses in an app: `/projects` is its own page of that name, as in Reflex.

The author of an app does not know below which address it is hosted. So a path that one of the app's
url templates matches means that page; whatever else is written leads where it says. What begins
like an address of the core does, whichever pages the app has, a catch-all too.

The browser decides the same for links and for what a page does without the server
(app/browser/own_pages.js). The path of a cookie is no page: it is below the app, unless it is "/".
"""

from __future__ import annotations

import re

from app.source.url_templates import Routes

OF_THE_CORE = (
    r"^/(?:_|(?:account|admin|api|apps|assets|auth|auth-codespace|dev|hand-over|healthz|login|metrics|ping|readyz)(?:/|$)"
    r"|(?:files|invite|password|setup)/)"
)
"""What paths of the core's own pages and routes begin with: a regular expression that means the
same in JavaScript.
"""

_OF_THE_CORE = re.compile(OF_THE_CORE)
_AFTER_THE_PATH = re.compile(r"[?#].*", re.DOTALL)


def with_own_page(address: str, url: str, routes: Routes) -> str:
    """Return where an address leads that is written in an app: with `/apps/<url>` before it if it
    is one of the app's pages, else as it is.

    Args:
        address: as its author wrote it, with query and fragment.
        url: the app's.
        routes: its pages.
    """
    path = _AFTER_THE_PATH.sub("", address)
    if not is_root_relative(path) or is_of_the_core(path) or routes.resolve(path) is None:
        return address
    rest = address[len(path) :]
    return f"/apps/{url}{'' if path == '/' else path}{rest}"


def own_cookie_path(path: str, url: str) -> str:
    """Return the path of a cookie that an app keeps for a part of its pages; "/" is the site."""
    if path == "/" or not is_root_relative(path) or is_of_the_core(path):
        return path
    return f"/apps/{url}{path}"


def is_of_the_core(path: str) -> bool:
    """Tell whether a path leads to the core, whichever pages an app has."""
    return _OF_THE_CORE.match(path) is not None


def is_root_relative(path: str) -> bool:
    """Tell whether a path says by itself which page of a site it is: no other site, no way up."""
    return (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and not {".", ".."} & set(path.split("/"))
    )
