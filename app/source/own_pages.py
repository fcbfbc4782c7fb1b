"""Root-relative addresses in an app: `/projects` is its own page of that name, as in Reflex.

The author of an app does not know below which address it is hosted. So a path means a page of the
app, also one that the app does not have: then it says so itself. Two kinds of paths lead out. What
Graft gives to apps as an address, such as that of a file or of an app, always does. What begins
like another page of the core does unless the app has written that page itself: `/login` is the
app's own if it has one, and a catch-all does not swallow the core's.

The browser decides the same for links and for what a page does without the server
(app/browser/modules/own_pages.js). The path of a cookie is no page: it is below the app, unless it
is "/".
"""

from __future__ import annotations

import re

from app.source.url_templates import Kind, Routes

GIVEN_TO_APPS = r"^/(?:_|apps(?:/|$)|files/[^/]+/.)"
"""What addresses begin with that apps get from Graft: links, assets, files of the core. A regular
expression that means the same in JavaScript.
"""

OF_THE_CORE = (
    r"^/(?:_|(?:account|admin|api|apps|assets|auth|auth-codespace|dev|hand-over|healthz|login|metrics|ping|readyz)(?:/|$)"
    r"|(?:files|invite|password|setup)/)"
)
"""What paths of the core's own pages and routes begin with, those given to apps among them: another
such expression.
"""

_GIVEN_TO_APPS = re.compile(GIVEN_TO_APPS)
_OF_THE_CORE = re.compile(OF_THE_CORE)
_AFTER_THE_PATH = re.compile(r"[?#].*", re.DOTALL)


def with_own_page(address: str, url: str, routes: Routes) -> str:
    """Return where an address leads that is written in an app: with `/apps/<url>` before it if it
    is the app's, else as it is.

    Args:
        address: as its author wrote it, with query and fragment.
        url: the app's.
        routes: its pages.
    """
    path = _AFTER_THE_PATH.sub("", address)
    if not is_root_relative(path) or is_given_to_apps(path):
        return address
    if is_of_the_core(path) and not _is_written_out(path, routes):
        return address
    rest = address[len(path) :]
    return f"/apps/{url}{'' if path == '/' else path}{rest}"


def own_cookie_path(path: str, url: str) -> str:
    """Return the path of a cookie that an app keeps for a part of its pages; "/" is the site."""
    if path == "/" or not is_root_relative(path) or is_given_to_apps(path):
        return path
    return f"/apps/{url}{path}"


def is_given_to_apps(path: str) -> bool:
    """Tell whether a path leads to what Graft gives an address of, whichever pages an app has."""
    return _GIVEN_TO_APPS.match(path) is not None


def is_of_the_core(path: str) -> bool:
    """Tell whether a path leads to the core, unless an app has written that page itself."""
    return _OF_THE_CORE.match(path) is not None


def _is_written_out(path: str, routes: Routes) -> bool:
    """Tell whether a page has the path whose template does not begin with a parameter."""
    return any(
        template.segments[0].kind is Kind.STATIC and template.match(path) is not None
        for template in routes.templates
        if template.segments
    )


def is_root_relative(path: str) -> bool:
    """Tell whether a path says by itself which page of a site it is: no other site, no way up."""
    return (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and not {".", ".."} & set(path.split("/"))
    )
