"""Composes the ASGI application: Reflex's own endpoints, Graft's routes, the built front end."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import reflex as rx
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp

from app.bridge.serving import serve_what_is_built
from app.core.limits import whole_number
from app.frontend.build import ROOT
from app.server.health import healthz
from app.server.middleware.headers import (
    TLS_SECONDS,
    ReadableAddresses,
    SameOrigin,
    SecurityHeaders,
)
from app.server.middleware.leaving import ClientsLeave
from app.server.routes.static import FrontEnd
from app.server.routes.workers import Workers


def prepare_process(static: Path, data: Path) -> None:
    """Tell Reflex, before anything of the core's pages is imported, to serve what is built already.

    Sets environment variables and the current folder of this process.

    Args:
        static: what `ensure_built` returned.
        data: the data folder; uploads on their way to a handler are kept in it.
    """
    data = data.absolute()
    # Reflex finds rxconfig.py in the current folder.
    os.chdir(ROOT)
    serve_what_is_built(static.parent, data)


def create_asgi(
    app: rx.App,
    static: Path,
    extra_routes: Sequence[BaseRoute] = (),
    around: Callable[[ASGIApp], ASGIApp] = lambda inner: inner,
) -> ASGIApp:
    """The whole application, to be called once per `rx.App` after `prepare_process`.

    Args:
        app: the core's Reflex app with its pages added.
        static: folder of the built front end.
        extra_routes: asked before Reflex's endpoints and before the front end.
        around: wraps all of them.

    Returns:
        An ASGI application whose lifespan is that of `app`.
    """

    def compose(reflex_api: ASGIApp) -> ASGIApp:
        if not isinstance(reflex_api, Starlette):
            raise TypeError("Reflex's API is expected to be a Starlette application")
        front_end = FrontEnd(static, app.router)
        return Router(
            [
                Route("/healthz", healthz),
                *extra_routes,
                *reflex_api.routes,
                Mount("/", front_end, name="frontend"),
            ]
        )

    # Taking Reflex's routes into a router of our own leaves out its permissive CORS middleware.
    app.api_transformer = compose
    tls_seconds = whole_number(os.environ, "GRAFT_HSTS_SECONDS", TLS_SECONDS, least=0)
    inner = ReadableAddresses(SameOrigin(around(app())))
    return ClientsLeave(SecurityHeaders(Workers(inner), tls_seconds))
